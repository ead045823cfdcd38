"""Payouts to producers among the acts of the market's machine."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select, text

from app.core.clock import today
from producers.cooperatives.models import Producer
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fees.service import Terms
from storefront.payouts import holding
from storefront.payouts import service as payouts
from storefront.payouts.errors import NothingOwedError, PayoutMovedError
from storefront.payouts.models import Payout, PayoutState
from tests.factories.orders import BANK
from tests.factories.payouts import PAYEE, owed_to
from tests.journeys.market import Market
from tests.journeys.market_stage import PICK

MINIMUM = 20_000
# From the rows of the rooms, where the house reads it from the books.
_HELD: LiteralString = """
    SELECT c.producer_id, sum(c.goods_minor + c.gift_minor + c.delivery_minor
        - COALESCE((SELECT sum(r.amount_minor + r.gift_minor) FROM refunds r
            WHERE r.payable_id = o.id AND r.producer_id = c.producer_id AND r.withdrawn_at IS NULL), 0)
        - COALESCE((SELECT sum(f.amount_minor - f.given_minor) FROM fees_taken f
            WHERE f.sale = 'order:' || o.id AND f.producer_id = c.producer_id), 0)
        - COALESCE((SELECT sum(t.vat_minor + t.pit_minor) FROM tax_entries t
            WHERE t.sale = 'order:' || o.id AND t.producer_id = c.producer_id), 0))
    FROM consignments c JOIN orders o ON o.id = c.order_id
    WHERE o.paid_at IS NOT NULL AND c.state IN ('awaiting_confirmation', 'packing', 'shipping') GROUP BY 1"""


class PaidMarket(Market):
    """The same market, which takes fees and pays its producers."""

    has_payees = False

    @rule()
    def pay_producers(self) -> None:
        """The accountant makes a batch: who is paid is left with what waits, who is not is owed too little besides."""
        if not self.has_payees:
            self.has_payees = True
            self.run(self._make_payees)
        try:
            paid = self.run(self._open_batch)
        except NothingOwedError:
            paid = set()
        self.run(lambda session: self._check_left(session, paid))

    @precondition(lambda self: self.has_payees)
    @rule(pick=PICK, is_good=st.booleans())
    def hear_bank(self, pick: int, is_good: bool) -> None:  # noqa: FBT001 - a drawn fact
        """The bank carried a payout out, or gives it back, once or again."""
        made = self.run(self._list_payouts)
        if not made:
            return
        payout = self._choose(made, pick)
        named: dict[str, Any] = {
            "batch_id": payout.batch_id,
            "payout_id": payout.id,
            "person_id": self.staff_id,
            "now": self.clock.now(),
        }
        try:
            if is_good:
                self.run(
                    lambda session: payouts.settle_payout(
                        session, bank_account=BANK, reference="FT26330", **named
                    )
                )
                self.kept.went_back += payout.amount_minor
            else:
                self.run(lambda session: payouts.return_payout(session, reason="Sai tên", **named))
                self.kept.went_back -= payout.amount_minor if payout.state is PayoutState.SETTLED else 0
        except PayoutMovedError:
            assert payout.state is not PayoutState.IN_TRANSIT

    @invariant()
    def what_waits_is_what_has_not_arrived(self) -> None:
        """BO6: what the books hold of parcels that have not arrived is what the rooms say of them."""
        if hasattr(self, "kept"):
            self.run(self._compare)

    async def _compare(self, session: Any) -> None:
        held = await holding.sum_held(session, now=self.clock.now())
        sums = {producer_id: sum(kinds.values()) for producer_id, kinds in held.items()}
        assert {one: total for one, total in sums.items() if total} == await self._sum_waiting(session)

    async def _sum_waiting(self, session: Any) -> dict[UUID, int]:
        return {producer_id: int(total) for producer_id, total in await session.execute(text(_HELD)) if total}

    async def _open_batch(self, session: Any) -> set[UUID]:
        batch = await payouts.open_batch(
            session, minimum_minor=MINIMUM, person_id=self.staff_id, now=self.clock.now()
        )
        return {payout.producer_id for payout in await payouts.list_payouts(session, batch.id)}

    async def _check_left(self, session: Any, paid: set[UUID]) -> None:
        waiting = await self._sum_waiting(session)
        for producer_id in await session.scalars(select(Producer.id)):
            left = await owed_to(session, producer_id) - waiting.get(producer_id, 0)
            assert left == 0 if producer_id in paid else left < MINIMUM

    async def _list_payouts(self, session: Any) -> list[Payout]:
        return list(await session.scalars(select(Payout).order_by(Payout.id)))

    async def _make_payees(self, session: Any) -> None:
        for producer in await session.scalars(select(Producer)):
            for name, value in PAYEE.items():
                setattr(producer, name, value)
            await fees.set_fee(
                session,
                producer_id=producer.id,
                kind=FeeKind.MARKET,
                terms=Terms(basis_points=700),
                valid_from=today(self.clock.now()),
                person_id=self.staff_id,
                now=self.clock.now(),
            )
