"""Who came in: every scan is kept, also the second of a ticket that two gates without signal let in (BOOKINGS.md, 50-56)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import _
from storefront.tours import booking_repository, gate_repository, house_repository, settlement, sights
from storefront.tours.errors import UnknownTicketError
from storefront.tours.gate_models import GateScan, ScanMeans, ScanTrouble
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, UnitItem
from storefront.tours.states import booking_state_at, move_booking

WAITING = frozenset({BookingState.ON_HOLD, BookingState.PENDING, BookingState.EXPIRED})
ENDED = frozenset({BookingState.CANCELLED, BookingState.REJECTED})


@dataclass(frozen=True, kw_only=True)
class NewScan:
    """People who were let in: `id` and `scanned_at` are the phone's, `places` which of the booking's tickets it let in.

    Without `places`, those that the code opens and that nobody let in before.
    """

    id: UUID
    means: ScanMeans
    person_id: UUID
    scanned_at: datetime
    device_id: UUID | None = None
    places: frozenset[int] | None = None


async def list_tickets(session: AsyncSession, booking_id: UUID) -> list[UnitItem]:
    """List a booking's tickets by their place, however prices are ordered today."""
    items = await booking_repository.list_items(session, [booking_id])
    return sorted((item for item, _unit in items), key=lambda item: item.place)


async def code_at(session: AsyncSession, booking_id: UUID, place: int) -> str:
    """The code of the ticket at a place; raises `UnknownTicketError` when there is none."""
    tickets = await list_tickets(session, booking_id)
    code = next((item.ticket_code for item in tickets if item.place == place), None)
    if code is None:
        raise UnknownTicketError(_("Nhà mình không có vé nào mang mã này."))
    return code


async def record(
    session: AsyncSession,
    booking_id: UUID,
    code: str,
    *,
    scan: NewScan,
    now: datetime,
    trouble: ScanTrouble | None = None,
) -> date:
    """Write down that a phone let people in, whatever became of the booking meanwhile; the same id again changes nothing.

    Answers the day to which the booking leads. They are inside: nothing is refused here, and what should not have been is marked for the host,
    by `trouble` where the caller knows it.
    """
    booking = await settlement.lock_booking(session, booking_id)
    tickets = await list_tickets(session, booking.id)
    opened = [item for item in tickets if code in {booking.code, item.ticket_code}]
    if scan.places is None:
        chosen = [item for item in opened if item.redeemed_at is None or item.redeemed_at > scan.scanned_at]
    else:
        chosen = [item for item in opened if item.place in scan.places]
    departure, _tour = await booking_repository.get_departure(session, booking)
    trouble = trouble or _find_trouble(booking, departure, scan.scanned_at)
    await write(session, booking, chosen or opened, scan=scan, trouble=trouble, now=now)
    return departure.local_on


def _find_trouble(booking: Booking, departure: Departure, at: datetime) -> ScanTrouble | None:
    state = booking_state_at(booking, at)
    if state in ENDED or departure.state is DepartureState.CANCELLED:
        return ScanTrouble.CANCELLED
    if state in WAITING:
        return ScanTrouble.UNPAID
    return None if departure.local_on == today(at) else ScanTrouble.WRONG_DAY


async def write(
    session: AsyncSession,
    booking: Booking,
    items: Sequence[UnitItem],
    *,
    scan: NewScan,
    now: datetime,
    trouble: ScanTrouble | None = None,
) -> None:
    """Keep a scan of a locked booking's tickets. Of a ticket's scans the first by the phones' hours is its entry."""
    values = {
        "id": scan.id,
        "booking_id": booking.id,
        "departure_id": booking.departure_id,
        "person_id": scan.person_id,
        "device_id": scan.device_id,
        "scanned_at": scan.scanned_at,
        "means": scan.means,
        "heads": sum(item.heads for item in items),
        "trouble": trouble,
        "created_at": now,
    }
    if not await gate_repository.insert_scan(session, values):
        return
    new = [item for item in items if item.redeemed_at is None]
    await gate_repository.insert_entries(session, scan.id, [item.id for item in items])
    await house_repository.note_entries(session, scan.id, booking.departure_id)
    for first, ids in await gate_repository.mark_firsts(session, [item.id for item in items]):
        await gate_repository.redeem(session, ids, first)
    await _close(session, booking)
    if new and trouble is None:
        departure, tour = await booking_repository.get_departure(session, booking)
        await sights.note_visit(
            session,
            departure,
            producer_id=tour.producer_id,
            tickets=[item.id for item in new],
            heads=sum(item.heads for item in new),
            visited_at=scan.scanned_at,
            now=now,
        )


async def _close(session: AsyncSession, booking: Booking) -> None:
    """A booking whose last ticket came in is redeemed, at the hour of the last that came first."""
    hours = [item.redeemed_at for item in await list_tickets(session, booking.id)]
    inside = [hour for hour in hours if hour is not None]
    if booking.state is BookingState.CONFIRMED and len(inside) == len(hours):
        move_booking(booking, BookingState.REDEEMED)
    if booking.state is BookingState.REDEEMED:
        booking.redeemed_at = max(inside)
    await session.flush()


@dataclass(frozen=True)
class OddScan:
    """A scan that a host should ask about: `first` let the same tickets in before, `heads` are those that came twice.

    Without `first` the scan is in trouble, and `heads` are all of it.
    """

    scan: GateScan
    booking: Booking
    first: GateScan | None
    heads: int


async def list_odd(session: AsyncSession, departure_ids: Collection[UUID]) -> list[OddScan]:
    """List what is odd about who came to some departures, in the order of the phones' hours."""
    flagged = await gate_repository.list_flagged(session, departure_ids)
    every = await gate_repository.list_entries(session, {booking.id for _scan, booking in flagged})
    firsts = {entry.item.id: entry.scan for entry in every if not entry.is_repeat}
    odd = []
    for scan, booking in flagged:
        own = [entry.item for entry in every if entry.scan.id == scan.id and entry.is_repeat]
        first = (
            None if scan.trouble else min((firsts[item.id] for item in own), key=lambda one: one.scanned_at)
        )
        odd.append(OddScan(scan, booking, first, sum(item.heads for item in own)))
    return odd
