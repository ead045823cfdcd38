"""Edits of orders among the acts of the market's machine: beside boxes, gifts, credit, money on delivery and joined parcels."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import text

from app.core.errors import InvalidError
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import NotOnDeliveryError, OpenCashError
from storefront.orders import editing
from storefront.orders import service as orders
from storefront.orders.errors import NotEditableError
from storefront.orders.models import CancelReason, OrderState
from storefront.payments import receipts
from storefront.payments.models import ReceiptOutcome
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import VoucherUsedUpError
from tests.journeys.gifts import GIFT_CODE
from tests.journeys.joining import JoinMarket
from tests.journeys.market_stage import PICK

_RULES: dict[LiteralString, LiteralString] = {
    "an order is replaced by none": """
        SELECT o.id FROM orders o WHERE o.cancel_reason = 'replaced'
            AND NOT EXISTS (SELECT 1 FROM orders n WHERE n.replaces_id = o.id AND n.id > o.id)""",
    "a replaced order holds goods": """
        SELECT o.id FROM orders o JOIN reservations r ON r.holder_id = o.id
        WHERE o.cancel_reason = 'replaced' AND r.state IN ('reserved', 'allocated')""",
    "a replaced order uses a voucher": """
        SELECT o.id FROM orders o JOIN voucher_uses u ON u.order_id = o.id
        WHERE o.cancel_reason = 'replaced' AND u.is_taken""",
    "a replaced order does not name the one that took its place": """
        SELECT n.id FROM orders n WHERE n.replaces_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM order_steps s WHERE s.order_id = n.replaces_id AND s.note = 'replaced_by:' || n.code)""",
}


async def list_broken(session: Any) -> list[str]:
    """What does not hold of orders that were edited: the broken rules."""
    return [words for words, rule_ in _RULES.items() if (await session.execute(text(rule_))).first()]


class EditMarket(JoinMarket):
    """The same market, where buyers edit orders, whatever became of those."""

    @precondition(lambda self: self.kept.orders)
    @rule(
        pick=PICK,
        goods=st.tuples(*(st.integers(0, 2) for _kind in range(4))),
        has_gift=st.booleans(),
        is_cash=st.booleans(),
    )
    def edit(self, pick: int, goods: tuple[int, ...], has_gift: bool, is_cash: bool) -> None:  # noqa: FBT001 - drawn facts
        """An order becomes another: when all is there with what it held itself; else it stands as it was."""
        boxes, bags, gifts, fish = goods
        wanted = {self.shop.bad.id: boxes, self.gift.id: gifts, self.shop.good.id: bags}
        wanted[self.fish.id] = 500 * fish
        if not any(goods):
            return
        if has_gift and not self.has_code:
            self.has_code = True
            self.run(self._make_code)
        old_id = self._choose(self.kept.orders, pick)
        found = self.run(lambda session: editing.find(session, old_id, now=self.clock.now()))
        before = self.run(lambda session: self._see(session, old_id))
        cart_id, priced = self.run(lambda session: self._fill_edit(session, wanted, old_id, found.own_id))
        how: dict[str, Any] = {"is_cash": is_cash}
        total_minor = priced.total_minor
        try:
            if has_gift:
                taken_off = self.run(
                    lambda session: checkout.price_voucher(
                        session,
                        code=GIFT_CODE,
                        parts=priced.parts,
                        now=self.clock.now(),
                        besides=found.own_id,
                    )
                )
                how["voucher_code"], total_minor = GIFT_CODE, total_minor - taken_off.total_minor
            order = self.run(lambda session: self._place(session, cart_id, total_minor, **how))
        except SoldOutError:
            assert not priced.can_be_ordered
        except NotEditableError:
            assert found.refusal is not None
        except (OpenCashError, NotOnDeliveryError):
            assert is_cash
        except VoucherUsedUpError:
            assert has_gift
        else:
            assert found.refusal is None and priced.can_be_ordered
            old = self._order(old_id)
            assert (old.state, old.cancel_reason) == (OrderState.CANCELLED, CancelReason.REPLACED)
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id
            return
        assert self.run(lambda session: self._see(session, old_id)) == before

    @precondition(lambda self: self.kept.orders and (self.kept.reports or self.kept.pages))
    @rule(pick=PICK, of=PICK)
    def move_late(self, pick: int, of: int) -> None:
        """Staff give late money to another order, or say beside the code that it is with that one."""
        waiting = [item for item in self._queue() if item.receipt.outcome is ReceiptOutcome.LATE]
        if not waiting:
            return
        item, code = self._choose(waiting, pick), self._code(self._choose(self.kept.orders, of))
        try:
            self.run(
                lambda session: receipts.match_receipt(
                    session,
                    receipt_id=item.receipt.id,
                    code=code,
                    person_id=self.staff_id,
                    now=self.clock.now(),
                )
            )
        except InvalidError:
            assert item.payment is not None and item.payment.code == code

    async def _fill_edit(
        self, session: Any, wanted: dict[UUID, int], old_id: UUID, own_id: UUID | None
    ) -> Any:
        """A basket that edits an order into what is wanted, and how it is priced."""
        now = self.clock.now()
        cart, _token = await carts.open_cart(session, None, now=now)
        await carts.edit_order(session, cart.id, old_id, from_cart_id=self.kept.carts[old_id], now=now)
        for line in await carts.list_lines(session, cart.id):
            await carts.change_line(session, cart_id=cart.id, line_id=line.id, quantity=0, now=now)
        for variant_id, quantity in wanted.items():
            if quantity:
                await carts.add_line(
                    session, cart_id=cart.id, variant_id=variant_id, quantity=quantity, now=now
                )
        return cart.id, await carts.price_cart(session, cart.id, now=now, besides=own_id)

    async def _see(self, session: Any, order_id: UUID) -> Any:
        """How an order stands: state, end, goods, code."""
        order = await orders.get_order(session, order_id)
        held = await stock.list_held(session, order_id=order_id)
        return order.state, order.cancel_reason, held, await vouchers.find_code(session, order_id)

    @invariant()
    def edits_are_whole(self) -> None:
        """Nothing is broken that E2 and E3 promise."""
        if hasattr(self, "kept"):
            assert self.run(list_broken) == []
