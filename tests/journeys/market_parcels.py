"""What becomes of parcels while the machine of the market plays: sent, kept back, refused, recalled, and counted shelves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from storefront.fulfilment import arrivals, recalled, unsent
from storefront.fulfilment import cash as refusing
from storefront.fulfilment import jobs as fulfilment_jobs
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import LotStoppedError, PackedWholeError
from storefront.orders import parcels as order_parcels
from storefront.orders.errors import WrongStateError
from storefront.orders.models import OrderState
from storefront.stock import service as stock
from storefront.stock.errors import HeldError
from tests.factories.recalls import REASON
from tests.journeys.market_stage import PICK, Played
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind

_MONEY_IN_HAND = {
    OrderState.AWAITING_CONFIRMATION,
    OrderState.PACKING,
    OrderState.SHIPPING,
    OrderState.DELIVERED,
}


class Parcels(Played):
    """The acts of those who pack, and of buyers with a parcel in hand."""

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, is_good=st.booleans())
    def refuse_or_decline(self, pick: int, is_good: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Nobody takes a parcel that was to be paid on delivery, or it is not sent at all."""
        order = self._order(self._choose(self.kept.orders, pick))
        [*parcels] = self.run(lambda session: order_parcels.list_consignments(session, [order.id]))
        act: dict[str, Any] = {"consignment_id": parcels[0].id, "producer_id": parcels[0].producer_id}
        act["now"] = self.clock.now()
        more = {"is_good": is_good, "person_id": self.staff_id}
        try:
            if parcels[0].shipped_at is None:
                self.run(lambda session: refusing.decline(session, **act))
            else:
                self.run(lambda session: refusing.take_refused(session, **act, **more))
        except WrongStateError:
            is_over = order.state in {OrderState.CANCELLED, OrderState.RETURNED, OrderState.COMPLETED}
            assert not order.collect_minor or is_over

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, is_happy=st.booleans(), steps=st.sampled_from([1, 2, 6, 6]))
    def walk(self, pick: int, is_happy: bool, steps: int) -> None:  # noqa: FBT001 - a drawn fact
        """A parcel goes on by some steps; at its end the buyer is content, or it comes back."""
        parcels = self.run(lambda session: order_parcels.list_consignments(session, self.kept.orders))
        ready = [one for one in parcels if one.state in _MONEY_IN_HAND]
        if not ready:
            return
        chosen = self._choose(ready, pick).id
        for _step in range(steps):
            try:
                self.run(lambda session: self._step(session, chosen, is_happy=is_happy))
            except LotStoppedError:
                assert self.kept.recall_id is not None
                return

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK, of=PICK, is_good=st.booleans(), by_buyer=st.booleans())
    def do_not_send(self, pick: int, of: int, is_good: bool, by_buyer: bool) -> None:  # noqa: FBT001 - drawn facts
        """The producer cannot send a line of an order, or its buyer no longer wants the parcel."""
        order = self._order(self._choose(self.kept.orders, pick))
        [parcel, *_more] = self.run(lambda session: order_parcels.list_parcels(session, order))
        one, now = parcel.consignment, self.clock.now()
        act: dict[str, Any] = {"consignment_id": one.id, "now": now}
        line = self._choose(parcel.lines, of)
        more = {"line_ids": {line.id}, "is_good": is_good, "person_id": self.shop.manager_id}
        try:
            if by_buyer:
                self.run(lambda session: unsent.call_off(session, order_id=order.id, **act))
            else:
                self.run(
                    lambda session: unsent.hold_back(session, producer_id=one.producer_id, **act, **more)
                )
        except WrongStateError:
            may = {OrderState.AWAITING_CONFIRMATION} | (set() if by_buyer else {OrderState.PACKING})
            assert order.paid_at is None or one.state not in may
        except PackedWholeError:
            assert one.packed_at is not None

    @precondition(lambda self: self.kept.recall_id is None and self.kept.orders)
    @rule(pick=PICK)
    def recall(self, pick: int) -> None:
        """The first lot of boxes is recalled; seldom, for little can be sold afterwards."""
        if pick % 4:
            return

        async def open_one(session: Any) -> UUID:
            found = await recalls.open_recall(
                session,
                producer_id=self.shop.producer_id,
                person_id=self.shop.manager_id,
                start=recalls.Start(StartKind.LOT, self.shop.bad_item.lot_id),
                reason=REASON,
                is_mock=False,
                signer=recalls.recall_signer(b"x" * 32),
                now=self.clock.now(),
            )
            return found.id

        self.kept.recall_id = self.run(open_one)

    @precondition(lambda self: self.kept.recall_id is not None)
    @rule()
    def stop_unpaid(self) -> None:
        """The job behind a recall cancels what is not paid."""
        self.stage.run(
            fulfilment_jobs.stop_unpaid(
                self.stage.house.database, now=self.clock.now(), recall_id=str(self.kept.recall_id)
            )
        )

    @precondition(lambda self: self.kept.recall_id is not None)
    @rule(pick=PICK, is_whole=st.booleans())
    def refund_recalled(self, pick: int, is_whole: bool) -> None:  # noqa: FBT001 - a drawn fact
        """The producer gives back the price of recalled goods, or of the whole parcel, as often as they press."""

        async def press(session: Any) -> None:
            assert self.kept.recall_id is not None
            opened = await recalls.get_recall(session, self.kept.recall_id)
            paid = [one for one in await recalled.list_affected(session, opened) if one.is_paid]
            if paid:
                await recalled.give_back(
                    session,
                    recall=opened,
                    consignment_id=self._choose(paid, pick).parcel.consignment.id,
                    is_whole=is_whole,
                    person_id=self.shop.manager_id,
                    now=self.clock.now(),
                )

        self.run(press)

    @rule(pick=PICK, delta=st.integers(-3, 3))
    def count_again(self, pick: int, delta: int) -> None:
        """Somebody counts the shelf: never below what is promised."""
        item_id = self._choose(sorted(self.kept.on_hand), pick)
        try:
            self.run(
                lambda session: stock.adjust(
                    session,
                    stock_item_id=item_id,
                    delta=delta,
                    reason="counted",
                    person_id=self.staff_id,
                    now=self.clock.now(),
                )
            )
        except HeldError:
            assert delta < 0

    async def _step(self, session: Any, consignment_id: UUID, *, is_happy: bool) -> None:
        locked = await order_parcels.lock_parcel(session, consignment_id)
        parcel = locked.parcel
        act: dict[str, Any] = {
            "consignment_id": parcel.id,
            "producer_id": parcel.producer_id,
            "person_id": self.staff_id,
            "now": self.clock.now(),
        }
        if parcel.state is OrderState.AWAITING_CONFIRMATION:
            await fulfilment.confirm(session, **act)
        elif parcel.state is OrderState.PACKING and parcel.packed_at is None:
            await fulfilment.pack(session, scanned="", **act)
        elif parcel.state is OrderState.PACKING:
            await fulfilment.ship(session, carrier="Xe khách", tracking_number=None, **act)
        elif parcel.state is OrderState.SHIPPING and is_happy and not locked.order.collect_minor:
            await arrivals.receive(
                session, order_id=locked.order.id, consignment_id=parcel.id, now=self.clock.now()
            )
        elif parcel.state is OrderState.SHIPPING:
            await fulfilment.deliver(session, **act)
        elif parcel.state is OrderState.DELIVERED and is_happy:
            await order_parcels.complete_parcel(
                session, order_id=locked.order.id, consignment_id=parcel.id, now=self.clock.now()
            )
        elif parcel.state is OrderState.DELIVERED and locked.order.collect_minor:
            await refusing.take_refused(session, is_good=True, **act)
        elif parcel.state is OrderState.DELIVERED:
            await fulfilment.take_back(session, **act)
