"""Statements: what an operator bought, gave back and paid in a month, and what is owed (ledger/BOOKS.md, BX8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import qr
from app.core.i18n import Text, _
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.models import Journal
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.operators.models import Operator
from storefront.payments import banks, vietqr
from storefront.payments.service import CollectingAccount
from storefront.portal import repository
from storefront.tours.words import say_when

MOST_LINES = 5_000
KINDS: dict[str, Text] = {
    "sale": _("Đã đặt"),
    "sale_reversed": _("Trả lại chỗ"),
    "account_paid": _("Đã chuyển tiền"),
}
"""A kind that has no words of its own is told by its memo."""


@dataclass(frozen=True)
class Line:
    """One movement: when it was booked, what it was, for whom and where, in đồng; below zero it lowers what is owed."""

    booked_at: datetime
    kind: Text | str
    code: str
    guest: str
    visit: str
    when: Text | None
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A month: opening and lines make the closing; `owed_minor` is what is owed today, whatever the month."""

    operator: Operator
    period: Period
    opening_minor: int
    lines: list[Line]
    owed_minor: int

    @property
    def sold_minor(self) -> int:
        """What was bought."""
        return sum(line.amount_minor for line in self.lines if line.kind == KINDS["sale"])

    @property
    def back_minor(self) -> int:
        """What was given back, as a figure above zero."""
        return -sum(line.amount_minor for line in self.lines if line.kind == KINDS["sale_reversed"])

    @property
    def paid_minor(self) -> int:
        """What was paid, as a figure above zero."""
        return -sum(line.amount_minor for line in self.lines if line.kind == KINDS["account_paid"])

    @property
    def closing_minor(self) -> int:
        """What was owed at the end of the month."""
        return self.opening_minor + sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True)
class Transfer:
    """The one transfer that pays what is owed."""

    qr_svg: str
    bank_name: str
    account: str
    account_name: str
    memo: str
    amount_minor: int
    is_demo: bool


async def make_statement(session: AsyncSession, operator: Operator, period: Period) -> Statement:
    """The statement of a month."""
    account = accounts.operator_receivable(operator.id)
    since, until = period.instants
    booked = await ledger.list_booked(session, [account], since=since, until=until, limit=MOST_LINES)
    return Statement(
        operator=operator,
        period=period,
        opening_minor=await ledger.balance_before(session, [account], since),
        lines=await _lines(session, [(journal, amount) for journal, _account, amount in booked]),
        owed_minor=(await operators.get_account(session, operator)).owed_minor,
    )


async def _lines(session: AsyncSession, booked: list[tuple[Journal, int]]) -> list[Line]:
    sales = await operators.get_sales(session, [journal.source for journal, _amount in booked])
    guests = await repository.list_guests(session, {sale.booking_id for sale in sales.values()})
    lines = []
    for journal, amount in booked:
        sale = sales.get(journal.source)
        found = guests.get(sale.booking_id) if sale else None
        lines.append(
            Line(
                booked_at=journal.created_at,
                kind=KINDS.get(journal.kind, journal.memo),
                code=sale.code if sale else "",
                guest=found[0].contact_name if found else "",
                visit=found[2].title if found else "",
                when=say_when(found[2], found[1]) if found else None,
                amount_minor=amount,
            )
        )
    return lines


async def find_transfer(
    session: AsyncSession, operator: Operator, collecting: CollectingAccount, owed_minor: int
) -> Transfer | None:
    """How to pay all that is owed by one transfer; None while nothing is."""
    if owed_minor <= 0:
        return None
    memo = await operators.give_code(session, operator)
    text = vietqr.build(
        vietqr.VietQr(
            bank_bin=collecting.bank_bin, account=collecting.account, amount=owed_minor, purpose=memo
        )
    )
    return Transfer(
        qr_svg=qr.svg(text, label=f"VietQR {memo}"),
        bank_name=banks.name_of(collecting.bank_bin),
        account=collecting.account,
        account_name=collecting.account_name,
        memo=memo,
        amount_minor=owed_minor,
        is_demo=collecting.is_demo,
    )
