"""A visit that asks for a deposit and gives back by steps, among the acts of the visits' machine."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from storefront.payments.models import PayableKind
from storefront.payments.service import find_payment
from storefront.tours import balances
from storefront.tours import jobs as tours_jobs
from storefront.tours.models import BalanceRule
from tests.factories.visits import SITE, Visit
from tests.journeys.market_stage import PICK
from tests.journeys.visited import Visited


class Termed(Visited):
    """The same tour, of which a third is paid at booking, and that keeps half, then all, of who cancels late."""

    async def _make(self, session: Any) -> Visit:
        visit = await super()._make(session)
        tour = visit.tour
        tour.cancellation_cutoff_hours, tour.cancellation_steps = 72, [[24, 50], [0, 0]]
        tour.deposit_percent, tour.balance_rule, tour.balance_hours = 33, BalanceRule.CANCEL, 24
        await session.flush()
        return visit

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK, share=st.sampled_from([1.0, 1.0, 0.4, 1.3]), times=st.integers(0, 2))
    def pay_rest(self, pick: int, share: float, times: int) -> None:
        """The rest of a price by transfer: at once, twice, in parts, too much, or told of later."""
        booking = self._booking(pick)
        payment = self.run(
            lambda session: find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
        )
        if payment is None:
            return
        report = self._send_to(payment, share)
        if times:
            self._tell(report, times=times)

    @precondition(lambda self: self.visit and self.parties)
    @rule(pick=PICK)
    def take_cash(self, pick: int) -> None:
        """The host takes the rest in cash."""
        booking, producer_id = self._booking(pick), self._host().producer.id
        taken = self._try(
            lambda session: balances.take_cash(
                session, booking_id=booking.id, producer_id=producer_id, now=self.clock.now()
            )
        )
        self.kept.in_hand += taken is not None and booking.owed_minor > 0

    @precondition(lambda self: self.visit)
    @rule()
    def sweep_rests(self) -> None:
        """The jobs of what is owed run."""
        now = self.clock.now()
        self.run(lambda session: tours_jobs.remind_of_balances(session, now=now, **SITE))
        for job in (tours_jobs.end_overdue, tours_jobs.earn_deposits):
            self.run(lambda session, job=job: job(session, now=now))
