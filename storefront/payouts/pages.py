"""The accountant's pages of payouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.payouts.models import PayoutState
from storefront.payouts.service import Hindrance

HINDRANCES: Mapping[Hindrance, Text] = {
    Hindrance.OWES_US: _("Đang nợ lại chợ, sẽ trừ vào tiền bán sau"),
    Hindrance.PRACTICE: _("Vườn tập, không có tiền thật"),
    Hindrance.UNVERIFIED: _("Chưa xác minh"),
    Hindrance.NO_ACCOUNT: _("Chưa có tài khoản nhận tiền"),
    Hindrance.WRONG_ACCOUNT: _("Số tài khoản chưa đúng"),
    Hindrance.TOO_LITTLE: _("Còn ít, để dồn lại"),
    Hindrance.NOT_ARRIVED: _("Hàng chưa tới, khách chưa đến"),
}
STATES: Mapping[PayoutState, tuple[Text, str]] = {
    PayoutState.IN_TRANSIT: (_("Đang chuyển"), "wait"),
    PayoutState.SETTLED: (_("Đã tới"), "good"),
    PayoutState.RETURNED: (_("Bị trả về"), "bad"),
}
"""How a payout stands, in words and as a chip is drawn."""


@dataclass(frozen=True)
class OwedRow:
    """What may go to one producer now, and what later; `hindrance` says why not now, `can_verify` that a look is missing."""

    producer_id: UUID
    name: str
    amount_minor: int
    held_minor: int
    hindrance: Text | None
    can_verify: bool


@dataclass(frozen=True)
class BatchRow:
    """One batch in the list."""

    id: UUID
    opened_at: datetime
    total_minor: int
    count: int
    in_transit: int
    returned: int


@dataclass(frozen=True, kw_only=True)
class PayoutsPage(Page):
    """Who is owed what, and the batches before."""

    template: ClassVar[str] = "storefront/payouts/desk.html"
    area: ClassVar[str] = "office"
    ready: list[OwedRow]
    waiting: list[OwedRow]
    total_minor: int
    minimum_minor: int
    batches: list[BatchRow]
    refused: UUID | None
    form: Form


@dataclass(frozen=True)
class PayoutRow:
    """One transfer: whom, how much, and the code to scan (None once it is done)."""

    id: UUID
    name: str
    bank_name: str
    bank_account: str
    account_name: str
    amount_minor: int
    code: str
    state: str
    words: Text
    kind: str
    qr_svg: str | None
    settled_at: datetime | None
    reference: str | None
    returned_at: datetime | None
    return_reason: str | None


@dataclass(frozen=True, kw_only=True)
class BatchPage(Page):
    """A batch: scan, transfer, write the bank's reference down."""

    template: ClassVar[str] = "storefront/payouts/batch.html"
    area: ClassVar[str] = "office"
    id: UUID
    opened_at: datetime
    rows: list[PayoutRow]
    total_minor: int
    in_transit: int
    refused: UUID | None
    form: Form


@dataclass(frozen=True)
class MoneyLine:
    """One line of a statement: above zero the producer is owed more."""

    at: datetime
    words: Text
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class MoneyPage(Page):
    """What a producer is owed and why; `query` names the days shown for the files, empty when the form is wrong."""

    template: ClassVar[str] = "storefront/payouts/money.html"
    area: ClassVar[str] = "farmer"
    producer_name: str
    form: Form
    periods: list[tuple[Text, str]]
    query: str
    opening_minor: int
    closing_minor: int
    totals: list[tuple[Text, int]]
    sold: list[Text]
    lines: list[MoneyLine]
    held_minor: int
    has_account: bool
    is_verified: bool
    year: int
    year_minor: int
    """What was sold in the year, less what went back."""
    year_words: list[Text]
    """What the lines of revenue mean for a household; empty for others."""
