"""Pages of statements: hand one in, and see what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.payments.models import BankPull, LineOutcome, Statement
from storefront.payments.statement_files import Problem
from storefront.payments.statements import LineView, StatementView

_OUTCOMES: dict[LineOutcome, tuple[Text, str]] = {
    LineOutcome.BOOKED: (_("Mới, đã ghi sổ"), "good"),
    LineOutcome.KNOWN: (_("Đã biết từ trước"), "plain"),
    LineOutcome.OUTGOING: (_("Tiền ra"), "plain"),
    LineOutcome.DOUBTFUL: (_("Cần bạn xem"), "wait"),
}
_PROVIDERS = {"sepay": "SePay", "casso": "Casso"}
_PROBLEMS: dict[Problem, Text] = {
    Problem.NO_DAY: _("không thấy ngày"),
    Problem.NO_AMOUNT: _("không thấy số tiền"),
    Problem.BAD_AMOUNT: _("số tiền không đọc được"),
    Problem.TWO_AMOUNTS: _("vừa có tiền vào vừa có tiền ra"),
    Problem.OTHER_ACCOUNT: _("của tài khoản khác"),
    Problem.BAD_LINE: _("dòng này hỏng, thường vì dấu nháy kép"),
}


@dataclass(frozen=True, kw_only=True)
class StatementRow:
    """One statement in the list."""

    statement_id: UUID
    file_name: str
    uploaded_at: datetime
    row_count: int
    waiting_count: int


@dataclass(frozen=True, kw_only=True)
class MovementRow:
    """One line of a statement; `may_be` tells of receipts that it may be: when, and with which memo."""

    line_id: UUID
    line: int
    amount_minor: int
    is_out: bool
    memo: str
    reference: str
    happened_at: datetime
    has_time: bool
    """Whether the statement told the time; else the day alone is shown."""
    label: Text
    kind: str
    is_open: bool
    may_be: list[tuple[datetime, str]]


@dataclass(frozen=True, kw_only=True)
class PullLine:
    """How far a provider's own list was read."""

    provider: str
    read_until: datetime | None
    tried_at: datetime
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class StatementsPage(Page):
    """The form for a statement, and those that were handed in."""

    template: ClassVar[str] = "storefront/payments/statements.html"
    area: ClassVar[str] = "office"
    form: Form
    rows: list[StatementRow]
    bank_name: str
    account: str
    pulls: list[PullLine]


@dataclass(frozen=True, kw_only=True)
class StatementPage(Page):
    """What came of one statement: sums in đồng, doubts first, then what could not be read, then every line."""

    template: ClassVar[str] = "storefront/payments/statement.html"
    area: ClassVar[str] = "office"
    file_name: str
    uploaded_at: datetime
    booked_count: int
    booked_minor: int
    known_count: int
    out_count: int
    out_minor: int
    repeat_count: int
    open_rows: list[MovementRow]
    rows: list[MovementRow]
    problems: list[tuple[int, Text]]


def describe_statement(statement: Statement, waiting_count: int) -> StatementRow:
    """Put a statement into a line of the list."""
    return StatementRow(
        statement_id=statement.id,
        file_name=statement.file_name,
        uploaded_at=statement.created_at,
        row_count=statement.row_count,
        waiting_count=waiting_count,
    )


def describe_pull(pull: BankPull) -> PullLine:
    """Put into a line how far a list was read."""
    return PullLine(
        provider=_PROVIDERS.get(pull.provider, pull.provider),
        read_until=pull.read_until,
        tried_at=pull.tried_at,
        is_whole=not pull.problem,
    )


def make_statement_page(view: StatementView) -> StatementPage:
    """Put into words what came of a statement."""
    rows = [_describe_line(line) for line in view.lines]
    booked = _amounts(view, LineOutcome.BOOKED)
    outgoing = _amounts(view, LineOutcome.OUTGOING)
    return StatementPage(
        file_name=view.statement.file_name,
        uploaded_at=view.statement.created_at,
        booked_count=len(booked),
        booked_minor=sum(booked),
        known_count=len(_amounts(view, LineOutcome.KNOWN)),
        out_count=len(outgoing),
        out_minor=-sum(outgoing),
        repeat_count=view.statement.repeat_count,
        open_rows=[row for row in rows if row.is_open],
        rows=[row for row in rows if not row.is_open],
        problems=sorted(
            (int(line), _PROBLEMS[Problem(problem)]) for line, problem in view.statement.problems.items()
        ),
    )


def _amounts(view: StatementView, outcome: LineOutcome) -> list[int]:
    return [found.line.amount_minor for found in view.lines if found.line.outcome is outcome]


def _describe_line(view: LineView) -> MovementRow:
    label, kind = _OUTCOMES[view.line.outcome]
    return MovementRow(
        line_id=view.line.id,
        line=view.line.line,
        amount_minor=abs(view.line.amount_minor),
        is_out=view.line.amount_minor < 0,
        memo=view.line.memo,
        reference=view.line.reference,
        happened_at=view.line.happened_at,
        has_time=view.line.has_time,
        label=label,
        kind=kind,
        is_open=view.line.outcome is LineOutcome.DOUBTFUL,
        may_be=[(receipt.arrived_at, receipt.memo) for receipt in view.may_be],
    )
