"""Deposits: a part at booking holds the seats, the rest comes later; what was paid waits until the visit is earned (BOOKINGS.md, 83 and 84)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import deposit_repository, sales, terms
from storefront.tours.deposit_models import VisitDeposit
from storefront.tours.errors import BookingNotFoundError
from storefront.tours.models import BalanceRule, Booking, Departure, Tour

LEAST = timedelta(days=2)
"""With less time than this until the balance is due, all is paid at booking."""
GRACE = timedelta(hours=12)
"""So long before the end everybody must have been reminded."""


@dataclass(frozen=True)
class Split:
    """What a party pays at booking and what later, in đồng, and until when."""

    deposit_minor: int
    balance_minor: int
    rule: BalanceRule
    due_at: datetime


def split(
    tour: Tour, departure: Departure, total_minor: int, *, now: datetime, percent: int | None = None
) -> Split | None:
    """Divide a price as the tour asks for it, or by `percent`; None when all of it is paid at booking."""
    deposit = terms.share(total_minor, tour.deposit_percent if percent is None else percent)
    if not 0 < deposit < total_minor:
        return None
    due_at = due_of(tour.balance_rule, tour.balance_hours, departure)
    if due_at < now + LEAST and tour.balance_rule is BalanceRule.CANCEL:
        return None
    return Split(deposit, total_minor - deposit, tour.balance_rule, due_at)


def due_of(rule: BalanceRule, hours: int, departure: Departure) -> datetime:
    """When the balance must be here: so many hours before the start, or when the visit is over."""
    return departure.ends_at if rule is BalanceRule.GATE else departure.starts_at - timedelta(hours=hours)


async def find(session: AsyncSession, booking_id: UUID) -> VisitDeposit | None:
    """Find what was agreed about the deposit of a booking; None when all was to be paid at once."""
    return await deposit_repository.find(session, booking_id)


async def agree(session: AsyncSession, booking: Booking, tour: Tour, parts: Split, *, now: datetime) -> None:
    """Keep what was agreed when it was booked."""
    session.add(
        VisitDeposit(
            booking_id=booking.id,
            rule=parts.rule,
            hours=tour.balance_hours,
            deposit_minor=parts.deposit_minor,
            balance_minor=parts.balance_minor,
            due_at=parts.due_at,
            created_at=now,
        )
    )
    await session.flush()


async def receive(session: AsyncSession, booking: Booking, *, now: datetime) -> None:
    """Take in the deposit of a locked booking, as a debt to it until it is earned, and ask for the rest."""
    row = await _get(session, booking)
    await ledger.record(
        session,
        kind="deposit",
        source=f"booking:{booking.id}",
        memo=booking.code,
        entries=[
            (accounts.buyer_receivable(PayableKind.BOOKING, booking.id), row.deposit_minor),
            (accounts.deposits(booking.id), -row.deposit_minor),
        ],
        occurred_at=now,
        now=now,
    )
    await payments.open_payment(
        session,
        payable_kind=PayableKind.BALANCE,
        payable_id=booking.id,
        payable_code=booking.code,
        amount_minor=row.balance_minor,
        expires_at=row.due_at,
        now=now,
    )


async def complete(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> bool:
    """The rest of a locked booking is here: all of it is sold now; False when it was settled before."""
    row = await _get(session, booking)
    if not await deposit_repository.settle(
        session, booking.id, sold_minor=booking.total_minor, paid=True, now=now
    ):
        return False
    booking.owed_minor = 0
    await session.flush()
    debits = [
        (accounts.deposits(booking.id), row.deposit_minor),
        (accounts.buyer_receivable(PayableKind.BALANCE, booking.id), row.balance_minor),
    ]
    await sales.book(session, booking, tour, debits, now=now)
    return True


async def earn(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> bool:
    """Nothing more comes for a locked booking: its deposit is sold, the rest is not waited for; False when it was settled."""
    row = await _get(session, booking)
    if not await deposit_repository.settle(
        session, booking.id, sold_minor=row.deposit_minor, paid=False, now=now
    ):
        return False
    await payments.expire_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id, now=now)
    await sales.book(session, booking, tour, [(accounts.deposits(booking.id), row.deposit_minor)], now=now)
    return True


async def follow(session: AsyncSession, booking: Booking, departure: Departure, *, now: datetime) -> None:
    """A locked party goes on another day: what it still owes is due by that day, and never at once, but before the start."""
    row = await find(session, booking.id)
    if row is None or not booking.owed_minor:
        return
    row.due_at = due_of(row.rule, row.hours, departure)
    if row.rule is BalanceRule.CANCEL:
        row.due_at = min(max(row.due_at, now + LEAST), departure.starts_at)
    row.reminded_at = None
    await session.flush()
    await payments.extend_payment(
        session, payable_kind=PayableKind.BALANCE, payable_id=booking.id, until=row.due_at, now=now
    )


async def _get(session: AsyncSession, booking: Booking) -> VisitDeposit:
    row = await find(session, booking.id)
    if row is None:
        raise BookingNotFoundError
    return row
