"""Add-ons, people who come and go, and parties that the host writes down, among the acts of deposits and visits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives.models import ProducerKind
from producers.listings.models import TaxKind
from storefront.tours import bookings, by_hand, extra_changing, extras, party_people
from storefront.tours.extra_models import ExtraPer
from storefront.tours.models import Booking, UnitType
from storefront.tours.schemas import ExtraFields, HowPaid
from storefront.tours.states import LIVE
from tests.factories.visits import SECRET, SITE, Visit
from tests.journeys.market_stage import PICK
from tests.journeys.termed import Termed

FISH_A_DAY = 3


class Crowded(Termed):
    """The same tour, with lunch for everybody and a few fish to take home; now and then it asks for no deposit."""

    async def _make(self, session: Any) -> Visit:
        visit = await super()._make(session)
        visit.producer.kind = ProducerKind.HOUSEHOLD  # from whose sales tax is withheld, by what each part is
        fields = ExtraFields(name="Cơm trưa", per=ExtraPer.HEAD, price_minor=85_001, is_active=True)
        fish = fields.model_copy(
            update={
                "name": "Cá tầm",
                "per": ExtraPer.PIECE,
                "price_minor": 333_333,
                "tax_kind": TaxKind.GOODS,
                "most": FISH_A_DAY,
            }
        )
        made = [
            await extras.save_extra(
                session, tour_id=visit.tour.id, extra_id=None, fields=one, now=self.clock.now()
            )
            for one in (fields, fish)
        ]
        self.lunch, self.fish = (one.id for one in made)
        return visit

    def _chosen(self, lunch: bool, fish: int) -> dict[UUID, int]:  # noqa: FBT001 - a drawn fact
        self._host()
        return {extra_id: count for extra_id, count in ((self.lunch, int(lunch)), (self.fish, fish)) if count}

    @precondition(lambda self: self.visit)
    @rule(percent=st.sampled_from([0, 33]))
    def ask_for_deposit(self, percent: int) -> None:
        """The host asks for a deposit, or for all at once; who has booked keeps what was agreed."""

        async def change(session: Any) -> None:
            tour = await session.merge(self._host().tour)
            tour.deposit_percent = percent

        self.run(change)

    @rule(adults=st.integers(1, 3), day=st.integers(0, 3), lunch=st.booleans(), fish=st.integers(0, 3))
    def visit_and_eat(self, adults: int, day: int, lunch: bool, fish: int) -> None:  # noqa: FBT001 - drawn facts
        """A party with add-ons: all of it, or nothing."""
        wish = replace(self._wish(adults, 0, day), extras=self._chosen(lunch, fish))
        made = self._try(
            lambda session: bookings.create_booking(
                session,
                booking=wish,
                secret=SECRET,
                person_id=None,
                language="vi",
                now=self.clock.now(),
            )
        )
        if made is not None:
            self.parties.append(made.id)

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, lunch=st.booleans(), fish=st.integers(0, 3))
    def change_food(self, pick: int, lunch: bool, fish: int) -> None:  # noqa: FBT001 - drawn facts
        """A party takes other add-ons: unpaid any, paid only less."""
        booking_id, asked = self._booking(pick).id, self._chosen(lunch, fish)
        self._try(
            lambda session: extra_changing.change(
                session, booking_id=booking_id, asked=asked, now=self.clock.now()
            )
        )

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, leaving=st.sets(st.integers(0, 4), max_size=2), added=st.integers(0, 2))
    def change_people(self, pick: int, leaving: set[int], added: int) -> None:
        """People leave a party and others join."""
        booking = self._booking(pick)
        more = {self._host().units[UnitType.ADULT].id: added} if added else {}
        changed = self._try(
            lambda session: party_people.change_people(
                session,
                booking_id=booking.id,
                leaving=leaving,
                added=more,
                seen=booking.tickets_made,
                added_id=uuid7(),
                secret=SECRET,
                now=self.clock.now(),
            )
        )
        if changed is not None and changed.id not in self.parties:
            self.parties.append(changed.id)

    @rule(adults=st.integers(1, 3), day=st.integers(0, 3), how=st.sampled_from(list(HowPaid)))
    def write_down(self, adults: int, day: int, how: HowPaid) -> None:
        """The host writes a party down that pays cash, by transfer, or when it comes."""
        wish = self._wish(adults, 0, day)
        made = self._try(
            lambda session: by_hand.enter(
                session,
                wish=wish,
                producer_id=self._host().producer.id,
                how=how,
                secret=SECRET,
                address=SITE["address"],
                now=self.clock.now(),
            )
        )
        if made is not None:
            self.parties.append(made.id)
            self.kept.in_hand += how is HowPaid.CASH

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK)
    def take_all_in_hand(self, pick: int) -> None:
        """The host has the money of a held party in hand."""
        booking = self._booking(pick)
        taken = self._try(
            lambda session: by_hand.take_cash(
                session,
                booking_id=booking.id,
                producer_id=self._host().producer.id,
                now=self.clock.now(),
            )
        )
        self.kept.in_hand += taken is not None and booking.confirmed_at is None

    async def _sum_items(self, session: Any, booking: Booking) -> int:
        taken = (await extras.list_taken(session, [booking.id]))[booking.id]
        return await super()._sum_items(session, booking) + extras.total(taken)

    async def _look(self, session: Any) -> None:
        await super()._look(session)
        given: dict[UUID, int] = dict.fromkeys(self.days, 0)
        live = [one for one in await session.scalars(select(Booking)) if one.state in LIVE]
        taken = await extras.list_taken(session, [one.id for one in live])
        for booking in live:
            given[booking.departure_id] += sum(
                one.number for one in taken[booking.id] if one.extra_id == self.fish
            )
        assert max(given.values()) <= FISH_A_DAY, "more fish are promised than there are"
