"""The accountant's page of the close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.closing.questions import Question

QUESTIONS: Mapping[Question, Text] = {
    Question.JOURNALS: _("Bút toán nào cũng cộng bằng không"),
    Question.SALES: _("Đơn đã trả tiền đều vào sổ bán hàng"),
    Question.MONEY: _("Tiền vào, tiền ra khớp với sổ ngân hàng"),
    Question.SUSPENSE: _("Tiền chưa rõ của ai khớp với danh sách chờ"),
    Question.REFUNDS: _("Tiền phải trả lại khách khớp với danh sách"),
    Question.RECEIVABLES: _("Tiền giữ hộ khách khớp với danh sách chờ"),
    Question.FINISHED: _("Đơn đã xong thì khách không còn nợ"),
    Question.TRANSIT: _("Tiền đang chuyển cho nhà vườn khớp với các đợt trả"),
    Question.SHELVES: _("Số hàng giữ chỗ trong kho khớp với từng đơn"),
    Question.HOLDS: _("Chỉ đơn còn dở mới giữ hàng"),
}


@dataclass(frozen=True)
class FindingLine:
    """One thing that does not fit; amounts as they are shown, None where there is nothing."""

    label: str
    href: str | None
    must_be: str
    is_now: str


@dataclass(frozen=True)
class CheckLine:
    """One question with what does not fit; `count` may be more than the findings shown."""

    words: Text
    findings: list[FindingLine]
    count: int


@dataclass(frozen=True)
class SumLine:
    """One account in the period."""

    name: Text
    account: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True)
class AfterLine:
    """A journal that was dated inside closed days and booked later."""

    memo: str
    occurred_at: datetime
    booked_at: datetime


@dataclass(frozen=True)
class CloseLine:
    """One close in the list."""

    since: date
    until: date
    href: str
    closed_at: datetime
    by: str | None


@dataclass(frozen=True, kw_only=True)
class ClosePage(Page):
    """Some days of the books: what does not fit, the sums, and whether they are closed."""

    template: ClassVar[str] = "storefront/closing/close.html"
    area: ClassVar[str] = "office"
    form: Form
    since: date
    until: date
    checks: list[CheckLine]
    sums: list[SumLine]
    journal_count: int
    is_whole: bool
    is_over: bool
    closed_at: datetime | None
    closed_by: str | None
    after: list[AfterLine]
    moved: list[tuple[str, int]]
    closes: list[CloseLine]
    refusal: Text | None
