"""Paper tickets: a batch is signed and printed in advance, and lies at a sales point in the village (BOOKINGS.md, 58, 59, 120 to 126)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import _
from app.core.ids import hash_token, new_code, new_token, uuid7, with_check
from storefront.tours import batch_repository, bookings, departures, symbols
from storefront.tours import service as tours
from storefront.tours.batch_models import BatchSettlement, BatchTicket, TicketBatch, TicketState
from storefront.tours.batch_repository import Line
from storefront.tours.bookings import CODE_BODY
from storefront.tours.errors import (
    BatchNotFoundError,
    DepartureNotFoundError,
    NotBookableError,
    PartyError,
    PlanError,
)
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, Tour, TourUnit
from storefront.tours.schemas import BatchFields
from storefront.tours.service import Offer
from storefront.tours.settlement import TICKET_BODY
from storefront.tours.states import is_bookable, move_booking


def _new_code() -> str:
    return with_check(new_code(CODE_BODY))


@dataclass(frozen=True)
class Sheet:
    """A batch with all that became of it. Amounts are đồng."""

    batch: TicketBatch
    tour: Tour
    unit: TourUnit
    departure: Departure | None
    lines: Sequence[Line]
    settlements: Sequence[BatchSettlement]

    def count(self, state: TicketState) -> int:
        """How many of its tickets are in a state."""
        return sum(line.ticket.state is state for line in self.lines)

    @property
    def came(self) -> int:
        """With how many somebody came in."""
        return sum(line.came_at is not None for line in self.lines)

    @property
    def due_minor(self) -> int:
        """What the sales point owes at least: a ticket that came in was sold, whatever was settled."""
        each = self.batch.price_minor - self.batch.keep_minor
        return each * sum(
            line.came_at is not None and line.ticket.state is TicketState.OUT for line in self.lines
        )

    @property
    def paid_minor(self) -> int:
        """What it paid."""
        return sum(one.amount_minor - one.keep_minor for one in self.settlements)

    @property
    def is_off(self) -> bool:
        """Whether its departure was called off: its tickets open nothing."""
        return self.departure is not None and self.departure.state is DepartureState.CANCELLED

    @property
    def to_return(self) -> list[BatchTicket]:
        """The sold tickets of a departure that was called off, whose guests have not their money back yet."""
        sold = (line.ticket for line in self.lines if line.ticket.state is TicketState.SOLD)
        return [ticket for ticket in sold if self.is_off and ticket.returned_at is None]


async def make_batch(
    session: AsyncSession,
    *,
    tour: Tour,
    fields: BatchFields,
    person_id: UUID,
    now: datetime,
    make_code: Callable[[], str] = _new_code,
) -> TicketBatch:
    """Make a batch with all its tickets; those for one departure take their seats now, all of them or none.

    The same id again answers the first batch. Raises `PartyError`, `PlanError`, `DepartureNotFoundError`,
    `NotBookableError`, `SoldOutError`; after one of them the caller rolls back.
    """
    known = await batch_repository.find_batch(session, fields.id)
    if known is not None:
        return _own(known, tour.producer_id)
    values = await _read(session, tour, fields, now=now)
    values |= {"id": fields.id, "made_by_id": person_id, "created_at": now}
    while not await batch_repository.insert_batch(session, {**values, "code": make_code()}):
        known = await batch_repository.find_batch(session, fields.id)
        if known is not None:
            return _own(known, tour.producer_id)
    batch = await get_batch(session, batch_id=fields.id, producer_id=tour.producer_id)
    led = await _take(session, batch, now=now, make_code=make_code)
    rows = [
        {
            "id": uuid7(),
            "batch_id": batch.id,
            "number": number,
            "code": led[number - 1].code if led else with_check(new_code(TICKET_BODY)),
            "state": TicketState.OUT,
            "booking_id": led[number - 1].id if led else None,
            "created_at": now,
        }
        for number in range(1, batch.count + 1)
    ]
    await batch_repository.insert_tickets(session, rows)
    return batch


async def _read(session: AsyncSession, tour: Tour, fields: BatchFields, *, now: datetime) -> dict[str, Any]:
    """What a batch is, from what was typed, with the price of its day; raises as `make_batch` does."""
    offer, unit = await _find_unit(session, tour, fields.unit_id)
    departure = None
    if fields.departure_id is not None:
        departure = await departures.get_departure(session, fields.departure_id)
        if departure.tour_id != tour.id:
            raise DepartureNotFoundError
        if not is_bookable(tour, departure, now):
            raise NotBookableError
    first, last = _read_days(fields, departure, now=now)
    usual = offer.price_minor(unit, departure.local_on) if departure else unit.price_minor
    price = fields.price_minor or usual
    if fields.keep_minor >= price:
        raise PlanError("keep_minor", _("Phần để lại phải ít hơn giá vé."))
    return {
        "producer_id": tour.producer_id,
        "tour_id": tour.id,
        "option_id": offer.option.id,
        "unit_id": unit.id,
        "departure_id": fields.departure_id,
        "valid_from": first,
        "valid_until": last,
        "point_name": fields.point_name,
        "point_phone": fields.point_phone,
        "count": fields.count,
        "heads": unit.pax_count,
        "price_minor": price,
        "keep_minor": fields.keep_minor,
    }


async def _take(
    session: AsyncSession, batch: TicketBatch, *, now: datetime, make_code: Callable[[], str]
) -> list[Booking]:
    """Take the seats of a batch for one departure, and make its bookings; none for any day."""
    if batch.departure_id is None:
        return []
    heads = batch.heads * batch.count
    # Before their rows, unlike a party: all that waits behind the counter then is two inserts.
    if not await bookings.take_seats(
        session, batch.departure_id, heads, booking_id=batch.id, has_extras=False, now=now
    ):
        full = await departures.sold_out(session, batch.departure_id, now=now)
        raise full if full.left < heads else NotBookableError
    numbers = range(1, batch.count + 1)
    made = await lead(session, batch, numbers, departure_id=batch.departure_id, now=now, make_code=make_code)
    await tours.refresh(session, batch.tour_id)
    return made


async def lead(
    session: AsyncSession,
    batch: TicketBatch,
    numbers: Sequence[int],
    *,
    departure_id: UUID,
    now: datetime,
    state: BookingState = BookingState.CONFIRMED,
    ticket_codes: Sequence[str | None] = (),
    make_code: Callable[[], str] = _new_code,
) -> list[Booking]:
    """Make the bookings of some tickets of a batch on a departure, one for each; their seats are the caller's.

    `ticket_codes`: of tickets for any day their own.
    """
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(),
            # Nobody is given its link: whoever holds the paper is the guest.
            "token_hash": hash_token(new_token()),
            "tour_id": batch.tour_id,
            "option_id": batch.option_id,
            "departure_id": departure_id,
            "batch_id": batch.id,
            "state": state,
            "heads": batch.heads,
            "tickets_made": 1,
            "total_minor": batch.price_minor,
            "contact_name": f"{batch.point_name}, {number}/{batch.count}",
            "contact_phone": batch.point_phone,
            "expires_at": now,
            "confirmed_at": now if state is BookingState.CONFIRMED else None,
            "created_at": now,
        }
        for number in numbers
    ]
    left = rows
    while left:
        done = await batch_repository.insert_bookings(session, [{**row, "code": make_code()} for row in left])
        left = [row for row in left if row["id"] not in done]
    own = ticket_codes or [with_check(new_code(TICKET_BODY)) for _row in rows]
    unit = await session.get_one(TourUnit, batch.unit_id)
    await batch_repository.insert_items(
        session,
        [
            {
                "id": uuid7(),
                "booking_id": row["id"],
                "place": 0,
                "unit_id": unit.id,
                "unit_name": unit.name,
                "heads": batch.heads,
                "price_minor": batch.price_minor,
                "ticket_code": code,
                "created_at": now,
            }
            for row, code in zip(rows, own, strict=True)
        ],
    )
    return await batch_repository.list_bookings(session, [row["id"] for row in rows])


def _read_days(fields: BatchFields, departure: Departure | None, *, now: datetime) -> tuple[date, date]:
    """From which day until which the tickets are good; raises `PlanError`."""
    if departure is not None:
        return departure.local_on, departure.local_on
    if fields.valid_until is None:
        raise PlanError("valid_until", _("Bạn ghi vé dùng được đến hết ngày nào."))
    first, last = fields.valid_from or today(now), fields.valid_until
    if first < today(now):
        raise PlanError("valid_from", _("Ngày này đã qua rồi."))
    if last < first:
        raise PlanError("valid_until", _("Ngày cuối phải sau ngày đầu."))
    if (last - first).days > symbols.MOST_DAYS:
        raise PlanError("valid_until", _("Vé dùng được dài nhất một năm."))
    return first, last


async def _find_unit(session: AsyncSession, tour: Tour, unit_id: UUID) -> tuple[Offer, TourUnit]:
    for offer in (await tours.list_offers(session, [tour.id]))[tour.id]:
        for unit in offer.units:
            if unit.id == unit_id:
                return offer, unit
    raise PartyError(_("Bạn chọn một loại vé đang bán nhé."), field="unit_id")


def _own(batch: TicketBatch, producer_id: UUID) -> TicketBatch:
    """An id is no key to somebody else's tickets."""
    if batch.producer_id != producer_id:
        raise BatchNotFoundError
    return batch


async def get_batch(session: AsyncSession, *, batch_id: UUID, producer_id: UUID) -> TicketBatch:
    """Get a producer's batch; another's raises `BatchNotFoundError` too."""
    batch = await batch_repository.find_batch(session, batch_id)
    if batch is None:
        raise BatchNotFoundError
    return _own(batch, producer_id)


async def get_sheet(session: AsyncSession, batch: TicketBatch) -> Sheet:
    """Get a batch with its tickets and what was settled."""
    departure = await departures.get_departure(session, batch.departure_id) if batch.departure_id else None
    return Sheet(
        batch,
        await tours.get_tour(session, batch.tour_id),
        await session.get_one(TourUnit, batch.unit_id),
        departure,
        await batch_repository.list_lines(session, batch.id),
        await batch_repository.list_settlements(session, batch.id),
    )


async def list_batches(
    session: AsyncSession, producer_id: UUID
) -> list[tuple[TicketBatch, Tour, Departure | None, dict[TicketState, int]]]:
    """List a producer's batches, each with its departure if it is for one and how many tickets are in which state, the newest first."""
    found = await batch_repository.list_batches(session, producer_id)
    by_id = await tours.get_tours(session, {batch.tour_id for batch, _departure in found})
    counts = await batch_repository.count_states(session, [batch.id for batch, _departure in found])
    return [(batch, by_id[batch.tour_id], departure, counts[batch.id]) for batch, departure in found]


async def get_batches(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, TicketBatch]:
    """Get several batches by id."""
    return await batch_repository.get_batches(session, ids)


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None = None, *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """List (settlement, producer) of paper tickets that are sold and whose visit is not over."""
    return await batch_repository.list_to_come(session, producer_id, on=today(now), now=now)


async def count_unsold(session: AsyncSession, found: Collection[Booking]) -> int:
    """Count the heads among these bookings that nobody is known to have bought: paper that still lies at a sales point."""
    unsold = await batch_repository.list_unsold(session, [one.id for one in found if one.batch_id])
    return sum(one.heads for one in found if one.id in unsold)


async def end_locked(session: AsyncSession, found: Sequence[Booking], *, now: datetime) -> None:
    """End locked bookings of paper tickets; their seats are the caller's.

    Of a ticket for any day only this day ends; one for a departure is void, and sold already its guest has money to get.
    """
    for booking in found:
        move_booking(booking, BookingState.CANCELLED)
        booking.cancelled_at = now
    await session.flush()
    by_id = await get_batches(session, {one.batch_id for one in found if one.batch_id})
    fixed = [one.id for one in found if one.batch_id and by_id[one.batch_id].departure_id is not None]
    await batch_repository.hand_back(session, fixed)
    await batch_repository.unseat(session, {one.id for one in found} - set(fixed))
