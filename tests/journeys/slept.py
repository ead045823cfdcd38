"""Nights at a house among the acts of the market's machine: guests, the host, the door and the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select, text

from app.core.clock import today
from app.core.errors import AppError
from app.core.ids import uuid7
from storefront.payments.models import PayableKind, Payment
from storefront.stays import bookings, cancelling, door, holding, nights
from storefront.stays import jobs as stays_jobs
from storefront.stays.errors import FullNightError
from storefront.stays.models import OffReason, StayBooking
from storefront.stays.schemas import NewStay, NightFields, OffFields
from tests.factories.stays import House, make_house
from tests.factories.visits import SECRET
from tests.journeys.market_stage import PICK
from tests.journeys.paid_out import PaidMarket

BEDS, ROOMS = 4, 1

# From the rows of the rooms, where the house reads it from the books.
_TO_COME: LiteralString = """
    SELECT y.producer_id, sum(b.total_minor
        - COALESCE((SELECT sum(f.amount_minor - f.given_minor) FROM fees_taken f WHERE f.sale = 'stay:' || b.id), 0)
        - COALESCE((SELECT sum(x.vat_minor + x.pit_minor) FROM tax_entries x WHERE x.sale = 'stay:' || b.id), 0))
    FROM stay_bookings b JOIN stays y ON y.id = b.stay_id
    WHERE b.state IN ('confirmed', 'here', 'left') AND b.ends_at > :now GROUP BY 1"""


class Slept(PaidMarket):
    """The same market, with a house of four beds and one room."""

    house: House | None = None

    def _home(self) -> House:
        """The house, made with the first act that asks for it."""
        if self.house is None:
            self.sleepers: list[UUID] = []
            self.house = self.run(lambda session: make_house(session, beds=BEDS, rooms=ROOMS))
        return self.house

    def _day(self, after: int) -> date:
        return today(self.clock.now()) + timedelta(days=after)

    def _sleeper(self, pick: int) -> StayBooking:
        chosen = self._choose(self.sleepers, pick)
        return self.run(lambda session: bookings.get_booking(session, chosen))

    def _dare(self, act: Callable[[Any], Any]) -> Any:
        """Do it, or be refused in words; whatever else happens is a fault."""
        try:
            return self.run(act)
        except AppError:
            return None

    @rule(after=st.integers(0, 5), length=st.integers(1, 4), units=st.integers(1, 3), is_room=st.booleans())
    def sleep(self, after: int, length: int, units: int, is_room: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A party holds beds of every night when each has them, else of none."""
        home = self._home()
        place = home.rooms if is_room else home.beds
        first, last = self._day(after), self._day(after + length - 1)
        free = self.run(
            lambda session: nights.count_free(session, place.id, first, last, now=self.clock.now())
        )
        wish = NewStay(
            id=uuid7(),
            place_id=place.id,
            arrives_on=first,
            leaves_on=last + timedelta(days=1),
            units=units,
            heads=units,
            contact_name="Chị Mai",
            contact_phone=f"+8491{len(self.sleepers):07}",
        )
        try:
            self.run(
                lambda session: bookings.create_booking(
                    session, wish=wish, secret=SECRET, person_id=None, language="vi", now=self.clock.now()
                )
            )
        except FullNightError:
            # The first night that is too full: those before it are none of its reasons.
            assert any(left < units and not is_closed for left, is_closed in free.values())
        except AppError:
            assert len(free) < length or any(is_closed for _free, is_closed in free.values())
        else:
            assert all(left >= units and not is_closed for left, is_closed in free.values())
            self.sleepers.append(wish.id)

    @precondition(lambda self: self.house and self.sleepers)
    @rule(pick=PICK, share=st.sampled_from([1.0, 1.0, 1.0, 0.4, 1.3]), times=st.integers(0, 2))
    def pay_stay(self, pick: int, share: float, times: int) -> None:
        """Money for a stay: at once, twice, or later by `report`."""
        booking_id = self._sleeper(pick).id
        report = self._send_to(self.run(lambda session: self._find_asked(session, booking_id)), share)
        if times:
            self._tell(report, times=times)

    @precondition(lambda self: self.house and self.sleepers)
    @rule(pick=PICK, is_host=st.booleans())
    def end_stay(self, pick: int, is_host: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A party cancels, or is told that it cannot come."""
        named: dict[str, Any] = {"booking_id": self._sleeper(pick).id, "now": self.clock.now()}
        if not is_host:
            self._dare(lambda session: cancelling.cancel_booking(session, **named))
            return
        named |= {"producer_id": self._home().producer.id, "fields": OffFields(reason=OffReason.HOUSE)}
        self._dare(lambda session: cancelling.tell_off(session, **named))

    @precondition(lambda self: self.house and self.sleepers)
    @rule(pick=PICK)
    def keep_beds(self, pick: int) -> None:
        """A tap that keeps the beds."""
        booking_id = self._sleeper(pick).id
        self._dare(lambda session: holding.extend_hold(session, booking_id=booking_id, now=self.clock.now()))

    @precondition(lambda self: self.house and self.sleepers)
    @rule(pick=PICK, frees=st.booleans())
    def come_or_go(self, pick: int, frees: bool) -> None:  # noqa: FBT001 - a drawn fact
        """A party is let in, or if it is here leaves, early or not."""
        booking, home = self._sleeper(pick), self._home()
        named: dict[str, Any] = {"producer_id": home.producer.id, "now": self.clock.now()}
        if booking.came_at is None:
            named |= {"code": booking.code, "person_id": home.host.id}
            self._dare(lambda session: door.receive(session, **named))
        else:
            named |= {"booking_id": booking.id, "frees": frees}
            self._dare(lambda session: door.let_go(session, **named))

    @precondition(lambda self: self.house)
    @rule(
        after=st.integers(0, 6),
        length=st.integers(0, 2),
        beds=st.integers(0, 6),
        is_closed=st.sampled_from([True, False, False, None, None]),
    )
    def change_nights(self, after: int, length: int, beds: int, is_closed: bool | None) -> None:  # noqa: FBT001 - a drawn fact
        """The host closes nights, opens them, or gives them another number of beds."""
        home = self._home()
        fields = NightFields(
            place_id=home.beds.id, from_on=self._day(after), until_on=self._day(after + length), capacity=beds
        )
        named: dict[str, Any] = {"stay": home.stay, "fields": fields, "now": self.clock.now()}
        if is_closed is None:
            self._dare(lambda session: nights.change_beds(session, **named))
        else:
            self._dare(lambda session: nights.close_nights(session, is_closed=is_closed, **named))

    @precondition(lambda self: self.house)
    @rule()
    def sweep_stays(self) -> None:
        """The jobs of stays run."""
        for job in (stays_jobs.expire_holds, stays_jobs.keep_nights):
            self.run(lambda session, job=job: job(session, now=self.clock.now()))

    async def _sum_waiting(self, session: Any) -> dict[UUID, int]:
        waiting = Counter(await super()._sum_waiting(session))
        rows = await session.execute(text(_TO_COME), {"now": self.clock.now()})
        waiting.update({producer_id: int(total) for producer_id, total in rows})
        return {producer_id: total for producer_id, total in waiting.items() if total}

    async def _find_asked(self, session: Any, booking_id: UUID) -> Payment:
        statement = select(Payment).where(
            Payment.payable_kind == PayableKind.STAY, Payment.payable_id == booking_id
        )
        return (await session.scalars(statement)).one()  # type: ignore[no-any-return]  # as the session is
