"""Visits among the acts of the market's machine: guests, an operator, the host's phone, the gate and the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select, text

from app.core.clock import today
from app.core.errors import AppError
from app.core.ids import uuid7
from storefront.operators import service as operators
from storefront.payments.models import PayableKind, Payment
from storefront.tours import (
    allotments,
    batch_repository,
    batch_seats,
    batch_settling,
    batches,
    booking_repository,
    bookings,
    calling_off,
    cancelling,
    changing,
    choices,
    departures,
    entries,
    holding,
    moving,
    offering,
    settlement,
    tickets,
    waiting,
    waiting_repository,
)
from storefront.tours import jobs as tours_jobs
from storefront.tours.batch_models import BatchTicket
from storefront.tours.batch_repository import Line
from storefront.tours.entries import NewScan
from storefront.tours.errors import SoldOutError
from storefront.tours.gate_models import ScanMeans
from storefront.tours.models import Booking, BookingState, CallOffReason, UnitType
from storefront.tours.schemas import NewBooking, SettleFields
from storefront.tours.states import booking_state_at
from tests.factories.batches import any_day
from tests.factories.visits import SECRET, SITE, Visit, make_departure, make_visit
from tests.journeys.market_stage import PICK
from tests.journeys.paid_out import PaidMarket

SEATS = 6
DAYS = (1, 2, 4, 9)
"""How far ahead the tour goes, in days."""
SECRETS = {"secret": SECRET}


# From the rows of the rooms, where the house reads it from the books.
_TO_COME: LiteralString = """
    SELECT t.producer_id, sum(CASE WHEN v.id IS NULL THEN b.total_minor ELSE COALESCE(v.sold_minor, 0) END
        - COALESCE((SELECT sum(c.amount_minor) FROM receipts c JOIN payments p ON p.id = c.payment_id
            WHERE p.payable_kind IN ('booking', 'balance') AND p.payable_id = b.id AND c.provider = 'producer'), 0)
        - COALESCE((SELECT sum(r.amount_minor) FROM refunds r
            WHERE r.payable_id = b.id AND r.payable_kind = 'booking' AND r.withdrawn_at IS NULL), 0)
        - COALESCE((SELECT sum(f.amount_minor - f.given_minor) FROM fees_taken f
            WHERE f.sale IN ('booking:' || b.id, 'operator_sale:' || s.id)), 0)
        - COALESCE((SELECT sum(x.vat_minor + x.pit_minor) FROM tax_entries x
            WHERE x.sale IN ('booking:' || b.id, 'operator_sale:' || s.id)), 0))
    FROM bookings b JOIN tours t ON t.id = b.tour_id JOIN departures d ON d.id = b.departure_id
    LEFT JOIN operator_sales s ON s.booking_id = b.id AND s.reversed_at IS NULL
    LEFT JOIN visit_deposits v ON v.booking_id = b.id
    WHERE b.batch_id IS NULL AND b.state IN ('confirmed', 'redeemed') AND (d.ends_at > :now OR d.state = 'cancelled') GROUP BY 1"""


# Of paper tickets nothing is owed for what the host has in hand: what waits is fee and tax of what did not go back.
_PAPER_TO_COME: LiteralString = """
    SELECT h.producer_id, sum(-COALESCE((SELECT sum(f.amount_minor - f.given_minor) FROM fees_taken f WHERE f.sale = 'batch:' || s.id), 0)
        - COALESCE((SELECT sum(x.vat_minor + x.pit_minor) FROM tax_entries x WHERE x.sale = 'batch:' || s.id), 0))
    FROM batch_settlements s JOIN ticket_batches h ON h.id = s.batch_id LEFT JOIN departures d ON d.id = h.departure_id
    WHERE s.sold > 0 AND CASE WHEN d.id IS NULL THEN h.valid_until >= :today WHEN d.state <> 'cancelled' THEN d.ends_at > :now
        ELSE EXISTS (SELECT 1 FROM batch_tickets t WHERE t.batch_id = h.id AND t.state = 'sold' AND t.returned_at IS NULL) END
    GROUP BY 1"""


class Visited(PaidMarket):
    """The same market, with a tour of four days and six seats each, and an operator who books on account."""

    visit: Visit | None = None

    # ------------------------------------------------------------ in short

    def _host(self) -> Visit:
        """The tour, made with the first act that asks for it."""
        if self.visit is None:
            self.parties: list[UUID] = []
            self.named: list[UUID] = []
            self.batches: list[UUID] = []
            self.visit = self.run(self._make)
        return self.visit

    async def _make(self, session: Any) -> Visit:
        visit = await make_visit(
            session, capacity=SEATS, starts_at=self.clock.now() + timedelta(days=DAYS[0], hours=1)
        )
        self.days = [visit.departure.id]
        for day in DAYS[1:]:
            starts_at = self.clock.now() + timedelta(days=day, hours=1)
            one = await make_departure(session, visit.tour.id, capacity=SEATS, starts_at=starts_at)
            self.days.append(one.id)
        operator = await operators.get_or_create_operator(
            session, name="Du lịch Sông Cầu", discount_basis_points=1_000, now=self.clock.now()
        )
        self.terms = operators.terms_of(operator)
        return visit

    def _booking(self, pick: int) -> Booking:
        chosen = self._choose(self.parties, pick)
        return self.run(lambda session: bookings.get_booking(session, chosen))

    def _wish(self, adults: int, families: int, day: int) -> NewBooking:
        visit = self._host()
        counts = {UnitType.ADULT: adults, UnitType.FAMILY: families}
        return NewBooking(
            id=uuid7(),
            departure_id=self.days[day],
            units={visit.units[kind].id: count for kind, count in counts.items() if count},
            contact_name="Chị Mai",
            contact_phone=f"+8491{len(self.parties) + len(self.named):07}",
        )

    def _try(self, act: Callable[[Any], Any]) -> Any:
        """Do it, or be refused in words; whatever else happens is a fault."""
        try:
            return self.run(act)
        except AppError:
            return None

    def _left(self, departure_id: UUID, operator_id: UUID | None) -> int:
        return int(
            self.run(
                lambda session: departures.count_left(
                    session, departure_id, now=self.clock.now(), operator_id=operator_id
                )
            )
        )

    # ------------------------------------------------------------ guests

    @rule(adults=st.integers(0, 3), families=st.integers(0, 1), day=st.integers(0, 3), is_own=st.booleans())
    def visit_farm(self, adults: int, families: int, day: int, is_own: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A party holds its seats, by itself or by an operator: all of it when there is room, else nobody."""
        if not adults + families:
            return
        wish = self._wish(adults, families, day)
        brought_by = None if is_own else self.terms.operator_id
        left, heads = self._left(wish.departure_id, brought_by), adults + 4 * families
        try:
            self.run(
                lambda session: bookings.create_booking(
                    session,
                    booking=wish,
                    person_id=None,
                    language="vi",
                    now=self.clock.now(),
                    terms=None if is_own else self.terms,
                    **SECRETS,
                )
            )
        except SoldOutError:
            assert left < heads
        except AppError:
            return
        else:
            assert left >= heads
            self.parties.append(wish.id)

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, share=st.sampled_from([1.0, 1.0, 1.0, 0.4, 1.3]), times=st.integers(0, 2))
    def pay_visit(self, pick: int, share: float, times: int) -> None:
        """Money for a visit: at once, twice, or later by `report`; an operator's is confirmed on its account."""
        booking = self._booking(pick)
        if booking.operator_id is not None:
            self._try(
                lambda session: settlement.confirm_on_account(
                    session, booking_id=booking.id, now=self.clock.now()
                )
            )
            return
        payment = self.run(lambda session: self._find_payment(session, booking.id))
        report = self._send_to(payment, share)
        if times:
            self._tell(report, times=times)

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK)
    def give_up_visit(self, pick: int) -> None:
        """A party cancels: its seats are free, its money goes back, or it is told why not."""
        booking_id = self._booking(pick).id
        self._try(
            lambda session: cancelling.cancel_booking(session, booking_id=booking_id, now=self.clock.now())
        )

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, day=st.integers(0, 3))
    def move_visit(self, pick: int, day: int) -> None:
        """A party takes another day, whole."""
        booking_id, departure_id = self._booking(pick).id, self.days[day]
        self._try(
            lambda session: moving.move(
                session, booking_id=booking_id, departure_id=departure_id, now=self.clock.now()
            )
        )

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, adults=st.integers(1, 4), day=st.integers(0, 3))
    def change_visit(self, pick: int, adults: int, day: int) -> None:
        """An operator changes its party."""
        booking = self._booking(pick)
        if booking.operator_id is None:
            return
        wish = self._wish(adults, 0, day)
        kept = self.run(lambda session: self._list_kept(session, booking.id, adults))
        self._try(
            lambda session: changing.change_party(
                session,
                booking_id=booking.id,
                departure_id=wish.departure_id,
                units=wish.units,
                kept=kept,
                terms=self.terms,
                now=self.clock.now(),
            )
        )

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK)
    def hold_longer(self, pick: int) -> None:
        """A tap that keeps the seats."""
        booking_id = self._booking(pick).id
        self._try(lambda session: holding.extend_hold(session, booking_id=booking_id, now=self.clock.now()))

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, day=st.integers(0, 4))
    def choose(self, pick: int, day: int) -> None:
        """A party whose day was called off takes another, or its money."""
        booking_id = self._booking(pick).id
        named: dict[str, Any] = {"booking_id": booking_id, "now": self.clock.now()}
        if day == len(DAYS):
            self._try(lambda session: choices.choose_money(session, **named))
        else:
            self._try(lambda session: choices.choose_day(session, departure_id=self.days[day], **named))

    @rule(adults=st.integers(1, 4), day=st.integers(0, 3))
    def wait_for_seats(self, adults: int, day: int) -> None:
        """A party that does not fit leaves its name."""
        wish = self._wish(adults, 0, day)
        made = self._try(
            lambda session: waiting.join(
                session, wish=wish, person_id=None, language="vi", now=self.clock.now(), **SECRETS
            )
        )
        if made is not None:
            self.named.append(made.id)

    @precondition(lambda self: self.visit and self.named)
    @rule(pick=PICK)
    def leave_list(self, pick: int) -> None:
        """It leaves the list, or the offer that it was made."""
        party_id = self._choose(self.named, pick)
        self._try(lambda session: waiting.leave(session, party_id=party_id, now=self.clock.now()))

    # ------------------------------------------------------------ the host

    @precondition(lambda self: self.visit)
    @rule(day=st.integers(0, 3), pick=PICK)
    def call_day_off(self, day: int, pick: int) -> None:
        """Rain; seldom, for little can be booked afterwards."""
        if pick % 4:
            return
        self._try(
            lambda session: calling_off.call_off(
                session,
                departure_id=self.days[day],
                reason=CallOffReason.WEATHER,
                now=self.clock.now(),
                **SITE,
            )
        )

    @precondition(lambda self: self.visit)
    @rule(day=st.integers(0, 3), seats=st.integers(1, 9))
    def change_seats(self, day: int, seats: int) -> None:
        """More seats or fewer, never fewer than are taken."""
        self._try(
            lambda session: departures.change_capacity(
                session, departure_id=self.days[day], capacity=seats, now=self.clock.now()
            )
        )

    @precondition(lambda self: self.visit)
    @rule(day=st.integers(0, 3), heads=st.integers(0, 6), release_days=st.integers(0, 3))
    def hold_for_operator(self, day: int, heads: int, release_days: int) -> None:
        """Seats for the operator until some days before, or none any more."""
        departure_id, operator_id = self.days[day], self.terms.operator_id
        if not heads:
            self.run(
                lambda session: allotments.end(session, departure_id=departure_id, operator_id=operator_id)
            )
            return
        promise = allotments.Promise(operator_id=operator_id, heads=heads, release_days=release_days)
        self._try(
            lambda session: allotments.grant(
                session, departure_id=departure_id, promise=promise, now=self.clock.now()
            )
        )

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, is_whole=st.booleans())
    def let_in(self, pick: int, is_whole: bool) -> None:  # noqa: FBT001 - a drawn fact
        """The gate lets a party in, or one of it, whatever its state: who is inside is kept."""
        booking = self._booking(pick)
        scan = NewScan(
            id=uuid7(),
            means=ScanMeans.CODE,
            person_id=self._host().host.id,
            scanned_at=self.clock.now(),
            places=None if is_whole else frozenset({0}),
        )
        self.run(
            lambda session: entries.record(session, booking.id, booking.code, scan=scan, now=self.clock.now())
        )

    @precondition(lambda self: self.visit)
    @rule()
    def sweep_visits(self) -> None:
        """The jobs of visits run."""
        now = self.clock.now()
        self.stage.run(tours_jobs.expire_due(self.stage.house.database, now=now))
        for job in (
            tours_jobs.tell_released,
            tours_jobs.lapse_choices,
            tours_jobs.close_begun,
        ):
            self.run(lambda session, job=job: job(session, now=now))
        self.run(lambda session: waiting.close_lists(session, now=now))
        for departure_id in self.run(lambda session: waiting_repository.list_waited_for(session, now=now)):
            made = self.run(
                lambda session, one=departure_id: offering.offer_seats(
                    session, departure_id=one, now=now, **SITE
                )
            )
            self.parties += [booking.id for booking in made]

    # ------------------------------------------------------------ paper

    @rule(count=st.integers(1, 4), day=st.integers(0, 4), is_family=st.booleans())
    def leave_paper(self, count: int, day: int, is_family: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Tickets for a sales point: for one of the days when all of them fit, or for any day."""
        visit = self._host()
        unit = visit.units[UnitType.FAMILY if is_family else UnitType.ADULT]
        departure_id = self.days[day] if day < len(DAYS) else None
        left = self._left(departure_id, None) if departure_id else None
        asked = {"unit_id": unit.id, "departure_id": departure_id, "valid_from": None}
        fields = any_day(visit, count, **asked, valid_until=today(self.clock.now()) + timedelta(days=5))
        try:
            self.run(
                lambda session: batches.make_batch(
                    session,
                    tour=visit.tour,
                    fields=fields,
                    person_id=visit.host.id,
                    now=self.clock.now(),
                )
            )
        except SoldOutError:
            assert left is not None and left < count * unit.pax_count
        except AppError:
            return
        else:
            assert left is None or left >= count * unit.pax_count
            self.batches.append(fields.id)

    def _paper(self, pick: int) -> Line:
        """One ticket of those that were made."""
        chosen = self._choose(self.batches, pick)
        lines = self.run(lambda session: batch_repository.list_lines(session, chosen))
        return lines[pick % len(lines)]  # type: ignore[no-any-return]  # as the stage is

    @precondition(lambda self: self.visit and self.batches)
    @rule(pick=PICK, is_sold=st.booleans())
    def settle_paper(self, pick: int, is_sold: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A sales point pays for a ticket, or hands it back: it stands, or it is told why not."""
        visit, ticket = self._host(), self._paper(pick).ticket
        fields = SettleFields.model_validate(
            {"id": uuid7(), "sold" if is_sold else "back": str(ticket.number)}
        )
        done = self._try(
            lambda session: batch_settling.settle(
                session,
                batch_id=ticket.batch_id,
                producer_id=visit.producer.id,
                fields=fields,
                person_id=visit.host.id,
                now=self.clock.now(),
            )
        )
        if done is not None and done.sold:
            self.kept.in_hand += 1

    @precondition(lambda self: self.visit and self.batches)
    @rule(pick=PICK, day=st.integers(0, 4))
    def seat_paper(self, pick: int, day: int) -> None:
        """A guest telephones: their ticket takes a day, or gives it up."""
        asked = {
            "code": self._paper(pick).ticket.code,
            "producer_id": self._host().producer.id,
            "now": self.clock.now(),
        }
        if day == len(DAYS):
            self._try(lambda session: batch_seats.unseat(session, **asked))
        else:
            self._try(lambda session: batch_seats.seat(session, departure_id=self.days[day], **asked))

    @precondition(lambda self: self.visit and self.batches)
    @rule(pick=PICK, is_on_line=st.booleans())
    def come_with_paper(self, pick: int, is_on_line: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A ticket at the gate: with signal it is let in or refused in words, without it whoever is inside is kept."""
        visit, line, now = self._host(), self._paper(pick), self.clock.now()
        own = {"producer_id": visit.producer.id, "keys": ()}

        async def come(session: Any) -> None:
            await batch_seats.walk_in(session, text=line.ticket.code, now=now, **own)
            await tickets.check_in(session, code=line.ticket.code, person_id=visit.host.id, now=now, **own)

        async def keep(session: Any) -> None:
            kept = await batch_seats.keep_walk_in(session, text=line.ticket.code, at=now, **own)
            found = (
                kept.booking if kept else (await tickets.find(session, text=line.ticket.code, **own)).booking
            )
            scan = NewScan(id=uuid7(), means=ScanMeans.CODE, person_id=visit.host.id, scanned_at=now)
            trouble = kept.trouble if kept else None
            await entries.record(session, found.id, found.code, scan=scan, now=now, trouble=trouble)

        self._try(come if is_on_line else keep)

    @precondition(lambda self: self.visit and self.batches)
    @rule(pick=PICK)
    def return_paper(self, pick: int) -> None:
        """A guest of a day that was called off has the money back, by hand, once."""
        visit, ticket = self._host(), self._paper(pick).ticket
        self._try(
            lambda session: batch_settling.return_money(
                session,
                batch_id=ticket.batch_id,
                producer_id=visit.producer.id,
                text=str(ticket.number),
                person_id=visit.host.id,
                now=self.clock.now(),
            )
        )

    # ------------------------------------------------------------ what holds

    @invariant()
    def nobody_waits_for_seats_that_are_there_twice(self) -> None:
        """A party that was offered seats has one booking, and a live party no open choice of a day that is on."""
        if self.visit is not None:
            self.run(self._look)

    async def _look(self, session: Any) -> None:
        held = await allotments.list_held(session, self.days, now=self.clock.now())
        for departure_id in self.days:
            promised = sum(max(one.left, 0) for one in held[departure_id])
            left = {"departure_id": departure_id, "now": self.clock.now()}
            for_all = await departures.count_left(session, **left)
            for_own = await departures.count_left(session, **left, operator_id=self.terms.operator_id)
            assert for_own == for_all + promised, "seats that are held are not there"
        for booking in await session.scalars(select(Booking)):
            items = await booking_repository.list_items(session, [booking.id])
            assert sum(item.heads for item, _unit in items) == booking.heads
            assert await self._sum_items(session, booking) == booking.standing_minor
            is_sold = booking.state in {BookingState.CONFIRMED, BookingState.REDEEMED}
            assert not is_sold or all(item.ticket_code for item, _unit in items)
            assert booking.batch_id is None or await self._is_paper_right(session, booking)
            if booking_state_at(booking, self.clock.now()) is BookingState.ON_HOLD:
                assert booking.cancelled_at is None and booking.confirmed_at is None

    async def _is_paper_right(self, session: Any, booking: Booking) -> bool:
        """A ticket for any day that has seats has its own code in the list of the day; one without has none there."""
        [(item, _unit)] = await booking_repository.list_items(session, [booking.id])
        led = await session.scalar(select(BatchTicket).where(BatchTicket.booking_id == booking.id))
        if led is None:
            return booking.state in {BookingState.CANCELLED, BookingState.EXPIRED}
        return led.code in {booking.code, item.ticket_code}

    async def _sum_items(self, session: Any, booking: Booking) -> int:
        items = await booking_repository.list_items(session, [booking.id])
        return sum(item.price_minor for item, _unit in items)

    async def _sum_waiting(self, session: Any) -> dict[UUID, int]:
        waiting = Counter(await super()._sum_waiting(session))
        waiting.update(
            {
                producer_id: int(total)
                for producer_id, total in await session.execute(text(_TO_COME), {"now": self.clock.now()})
            }
        )
        asked = {"now": self.clock.now(), "today": today(self.clock.now())}
        for producer_id, total in await session.execute(text(_PAPER_TO_COME), asked):
            waiting[producer_id] += int(total)
        return {producer_id: total for producer_id, total in waiting.items() if total}

    # ------------------------------------------------------------ further in short

    async def _find_payment(self, session: Any, booking_id: UUID) -> Payment:
        statement = select(Payment).where(
            Payment.payable_kind == PayableKind.BOOKING, Payment.payable_id == booking_id
        )
        return (await session.scalars(statement)).one()  # type: ignore[no-any-return]  # as the session is

    async def _list_kept(self, session: Any, booking_id: UUID, most: int) -> Collection[UUID]:
        items = await booking_repository.list_items(session, [booking_id])
        adult = self._host().units[UnitType.ADULT].id
        return [item.id for item, _unit in items if item.unit_id == adult][:most]
