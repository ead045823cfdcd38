"""Seats of paper tickets for any day: a ticket takes its seats when its day is known, at the telephone or at the gate (BOOKINGS.md, 59, 122, 123)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.signing import Signer
from storefront.tours import (
    batch_repository,
    batches,
    booking_repository,
    bookings,
    departure_repository,
    departures,
    seats,
    symbols,
    tickets,
)
from storefront.tours import service as tours
from storefront.tours.batch_models import BatchTicket, TicketBatch, TicketState
from storefront.tours.errors import (
    BatchNotFoundError,
    BatchTicketError,
    CheckInRefusedError,
    NotBookableError,
    SoldOutError,
    UnknownTicketError,
)
from storefront.tours.gate_models import ScanTrouble
from storefront.tours.models import Booking, BookingState, Departure
from storefront.tours.states import RECEIVING
from storefront.tours.tickets import SAY_BACK
from storefront.tours.words import say_date, say_when


@dataclass(frozen=True)
class Paper:
    """A paper ticket with its batch, and where it leads to."""

    ticket: BatchTicket
    batch: TicketBatch
    booking: Booking | None

    @property
    def is_open(self) -> bool:
        """Whether its day is still to be chosen."""
        is_for_any_day = self.batch.departure_id is None
        return is_for_any_day and self.booking is None and self.ticket.state is not TicketState.BACK


@dataclass(frozen=True)
class Kept:
    """What somebody came in with, to hang the scan on: `trouble` where the market could not seat them rightly."""

    booking: Booking
    trouble: ScanTrouble | None


async def get_paper(session: AsyncSession, *, code: str, producer_id: UUID) -> Paper:
    """Get a producer's paper ticket by its code, however it was typed; raises `BatchNotFoundError`."""
    found = await batch_repository.find_ticket(session, tickets.normalise(code), producer_id)
    if found is None:
        raise BatchNotFoundError
    ticket, batch = found
    booking = await bookings.get_booking(session, ticket.booking_id) if ticket.booking_id else None
    return Paper(ticket, batch, booking)


async def list_dates(session: AsyncSession, paper: Paper, *, now: datetime) -> list[tuple[Departure, int]]:
    """List the departures to which a ticket for any day may go, with the seats left; the next first."""
    rows = await departure_repository.list_departures(
        session, [paper.batch.tour_id], now=now, ending_after=now
    )
    return [
        (departure, left)
        for departure, left in rows
        if departure.state in RECEIVING
        and paper.batch.valid_from <= departure.local_on <= paper.batch.valid_until
    ]


async def seat(
    session: AsyncSession, *, code: str, producer_id: UUID, departure_id: UUID, now: datetime
) -> Booking:
    """Give a ticket for any day its seats on a departure, all of them or none; there already, nothing changes.

    Also past the time for booking: the ticket is sold. Raises `BatchNotFoundError`, `BatchTicketError`,
    `NotBookableError`, `SoldOutError`; after one of them the caller rolls back.
    """
    found = await get_paper(session, code=code, producer_id=producer_id)
    # Behind its lock: who hands the ticket back or seats it elsewhere comes before or after.
    await batch_repository.lock_batch(session, found.batch.id)
    paper = await get_paper(session, code=code, producer_id=producer_id)
    if paper.booking is not None and paper.booking.departure_id == departure_id:
        return paper.booking
    await _check(session, paper)
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=producer_id
    )
    batch = paper.batch
    if departure.tour_id != batch.tour_id or not batch.valid_from <= departure.local_on <= batch.valid_until:
        raise BatchTicketError(_say_days(batch), field="departure_id")
    [booking] = await batches.lead(
        session,
        batch,
        [paper.ticket.number],
        departure_id=departure.id,
        now=now,
        ticket_codes=[paper.ticket.code],
    )
    paper.ticket.booking_id = booking.id
    await session.flush()
    if not await bookings.take_seats(
        session,
        departure.id,
        batch.heads,
        booking_id=booking.id,
        has_extras=False,
        now=now,
        is_sold=True,
    ):
        full = await departures.sold_out(session, departure.id, now=now)
        raise full if full.left < batch.heads else NotBookableError
    await tours.refresh(session, batch.tour_id)
    return booking


async def unseat(session: AsyncSession, *, code: str, producer_id: UUID, now: datetime) -> None:
    """Let a ticket for any day lead nowhere again: its seats are free, its day is still to be chosen. Twice changes nothing.

    Raises `BatchNotFoundError`, `BatchTicketError` once somebody came in with it.
    """
    found = await get_paper(session, code=code, producer_id=producer_id)
    await batch_repository.lock_batch(session, found.batch.id)
    paper = await get_paper(session, code=code, producer_id=producer_id)
    if paper.booking is None:
        return
    if paper.batch.departure_id is not None:
        raise BatchTicketError(_("Vé này đi đúng một chuyến, không đổi ngày được."))
    [booking] = await batch_repository.lock_bookings(session, [paper.booking.id])
    if await booking_repository.list_entered(session, [booking.id]):
        raise BatchTicketError(_("Đã có người vào cổng bằng vé này."))
    await batches.end_locked(session, [booking], now=now)
    await seats.give_back(session, booking.departure_id, booking.heads)
    await tours.refresh(session, booking.tour_id)


async def find_open(
    session: AsyncSession, *, text: str, producer_id: UUID, keys: Sequence[Signer]
) -> Paper | None:
    """Find a ticket for any day that leads nowhere, by what was scanned or typed; None for any other (`tickets.find`)."""
    letters = symbols.find_letters(text)
    code = tickets.normalise(text)
    if letters is not None:
        symbol = symbols.read(letters, producer_id=producer_id, keys=keys)
        if symbol is None or symbol.days is None:
            return None
        code = symbol.code
    try:
        paper = await get_paper(session, code=code, producer_id=producer_id)
    except BatchNotFoundError:
        return None
    return paper if paper.batch.departure_id is None and paper.booking is None else None


async def find_shown(session: AsyncSession, letters: str, *, keys: Sequence[Signer]) -> Paper | None:
    """Find the ticket for any day that somebody shows around, whoever's visit it is; None for any other (`tickets.find_party`).

    Raises `UnknownTicketError` for one that we did not sign.
    """
    said = symbols.peek(letters)
    if said is None or said.days is None:
        return None
    found = await batch_repository.find_any_ticket(session, said.code)
    if found is None or symbols.read(letters, producer_id=found[1].producer_id, keys=keys) is None:
        raise UnknownTicketError(tickets.SAY_FORGED)
    ticket, batch = found
    return Paper(ticket, batch, None)


async def walk_in(
    session: AsyncSession, *, text: str, producer_id: UUID, keys: Sequence[Signer], now: datetime
) -> None:
    """Seat a ticket for any day whose guest stands at the gate on today's departure; of any other nothing happens.

    Raises `CheckInRefusedError` in words: handed back, not good today, or no seats.
    """
    paper = await find_open(session, text=text, producer_id=producer_id, keys=keys)
    if paper is None:
        return
    if paper.ticket.state is TicketState.BACK:
        raise CheckInRefusedError(SAY_BACK)
    if not paper.batch.valid_from <= today(now) <= paper.batch.valid_until:
        raise CheckInRefusedError(_say_days(paper.batch))
    if not await _seat_today(session, paper, now=now):
        raise CheckInRefusedError(
            _("Hôm nay hết chỗ cho vé này. Bạn xếp cho khách ngày khác, hoặc thêm chỗ.")
        )


async def keep_walk_in(
    session: AsyncSession, *, text: str, producer_id: UUID, keys: Sequence[Signer], at: datetime
) -> Kept | None:
    """Seat whoever a phone without signal let in with a ticket for any day; None for any other ticket.

    They are inside: whoever cannot be seated any more is kept on a booking that holds no seats, and marked for the
    host. Raises `CheckInRefusedError` where no departure of that day is left to keep them on.
    """
    paper = await find_open(session, text=text, producer_id=producer_id, keys=keys)
    if paper is None:
        return None
    rows = await departure_repository.list_departures(session, [paper.batch.tour_id], now=at, on=today(at))
    received = [departure for departure, _left in rows if departure.state in RECEIVING]
    if not received:
        raise CheckInRefusedError(_("Hôm đó nhà mình không có chuyến nào nhận vé này."))
    is_good = paper.batch.valid_from <= today(at) <= paper.batch.valid_until
    if paper.is_open and is_good:
        booking = await _seat_today(session, paper, now=at)
        if booking is not None:
            return Kept(booking, None)
    trouble = ScanTrouble.FULL if is_good else ScanTrouble.WRONG_DAY
    if paper.ticket.state is TicketState.BACK:
        trouble = ScanTrouble.CANCELLED
    [kept] = await batches.lead(
        session,
        paper.batch,
        [paper.ticket.number],
        departure_id=received[0].id,
        now=at,
        state=BookingState.EXPIRED,
        ticket_codes=[None],
    )
    return Kept(kept, trouble)


async def _seat_today(session: AsyncSession, paper: Paper, *, now: datetime) -> Booking | None:
    """Seat a ticket on the first departure of today that takes it whole and is not over; None when there is none.

    Where somebody else seated it a moment ago, it stays there.
    """
    # Behind its lock, as in `seat`: what another tap does to this paper is seen before its seats are missed.
    await batch_repository.lock_batch(session, paper.batch.id)
    there = await get_paper(session, code=paper.ticket.code, producer_id=paper.batch.producer_id)
    if there.booking is not None:
        return there.booking
    for departure, left in await list_dates(session, paper, now=now):
        if departure.local_on != today(now) or left < paper.batch.heads:
            continue
        try:
            async with session.begin_nested():
                return await seat(
                    session,
                    code=paper.ticket.code,
                    producer_id=paper.batch.producer_id,
                    departure_id=departure.id,
                    now=now,
                )
        except (SoldOutError, NotBookableError):
            continue  # the last seats went a moment ago
    return None


async def _check(session: AsyncSession, paper: Paper) -> None:
    if paper.ticket.state is TicketState.BACK:
        raise BatchTicketError(SAY_BACK)
    if paper.batch.departure_id is not None:
        raise BatchTicketError(_("Vé này đi đúng một chuyến, không đổi ngày được."))
    if paper.booking is not None:
        departure, tour = await booking_repository.get_departure(session, paper.booking)
        raise BatchTicketError(
            _(
                "Vé này đã xếp đi %(when)s. Muốn đổi thì bạn bỏ chỗ cũ trước.",
                when=say_when(tour, departure),
            )
        )


def _say_days(batch: TicketBatch) -> Text:
    return _(
        "Vé này dùng được từ %(first)s đến hết %(last)s.",
        first=say_date(batch.valid_from),
        last=say_date(batch.valid_until),
    )
