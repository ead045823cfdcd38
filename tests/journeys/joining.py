"""Orders that are added to a parcel, among the acts of the market's machine: beside boxes, gifts, credit and money on delivery."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import text

from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import NotOnDeliveryError, OpenCashError
from storefront.credits import service as credits_
from storefront.fulfilment.errors import NotLeadError
from storefront.orders import joining
from storefront.orders.errors import NotAloneError
from storefront.pricing.errors import NotSendableError
from storefront.stock.errors import SoldOutError
from storefront.vouchers.errors import VoucherUsedUpError
from tests.journeys.gifts import GIFT_CODE, GiftMarket
from tests.journeys.market_stage import PICK

TRANSFER, CASH, CREDIT = "transfer", "cash", "credit"
_RULES: dict[LiteralString, LiteralString] = {
    "a parcel travels in one that travels itself, in a later one, or in another producer's": """
        SELECT c.id FROM consignments c JOIN consignments f ON f.id = c.travels_with_id
        WHERE f.travels_with_id IS NOT NULL OR f.producer_id <> c.producer_id OR f.id >= c.id""",
    "a delivery stays paid for nobody": """
        SELECT c.id FROM consignments c WHERE c.is_fee_kept AND (c.state <> 'cancelled' OR NOT EXISTS (
            SELECT 1 FROM consignments f WHERE f.id > c.id AND f.producer_id = c.producer_id AND (f.shipped_at IS NOT NULL
                OR f.state <> 'cancelled' AND COALESCE(f.travels_with_id, f.id) = COALESCE(c.travels_with_id, c.id))))""",
    "an order of which nothing was sent was not given back whole": """
        SELECT o.id FROM orders o WHERE o.paid_at IS NOT NULL AND o.state = 'cancelled'
            AND NOT EXISTS (SELECT 1 FROM consignments c WHERE c.order_id = o.id AND c.is_fee_kept)
            AND o.total_minor <> (SELECT COALESCE(sum(amount_minor), 0) FROM refunds WHERE payable_id = o.id)""",
    "two that were added wait for their money at one time": """
        SELECT c.travels_with_id FROM consignments c JOIN orders o ON o.id = c.order_id
        WHERE c.state = 'awaiting_payment' AND o.expires_at > :now AND c.travels_with_id IS NOT NULL
        GROUP BY 1 HAVING count(*) > 1""",
}


async def list_broken(session: Any, *, now: Any) -> list[str]:
    """What does not hold of parcels that several orders travel in: the broken rules."""
    return [
        words
        for words, rule_ in _RULES.items()
        if (await session.execute(text(rule_), {"now": now} if ":now" in rule_ else {})).first()
    ]


class JoinMarket(GiftMarket):
    """The same market, where buyers add to orders, whatever became of those."""

    @precondition(lambda self: self.kept.orders)
    @rule(
        pick=PICK,
        goods=st.tuples(*(st.integers(0, 1) for _kind in range(4))),
        pays=st.sets(st.sampled_from([TRANSFER, CASH, CREDIT]), min_size=1, max_size=2),
        has_gift=st.booleans(),
    )
    def add(self, pick: int, goods: tuple[int, ...], pays: set[str], has_gift: bool) -> None:  # noqa: FBT001 - a drawn fact
        """More for an order: joined, or sent alone to the same place, or refused in words."""
        boxes, bags, gifts, fish = goods
        wanted = {self.shop.bad.id: boxes, self.gift.id: gifts, self.shop.good.id: bags}
        wanted[self.fish.id] = 500 * fish
        if not any(goods):
            return
        if has_gift and not self.has_code:
            self.has_code = True
            self.run(self._make_code)
        first_id = self._choose(self.kept.orders, pick)
        cart_id, priced = self.run(lambda session: self._fill_more(session, wanted, first_id))
        how: dict[str, Any] = {"seen_along": checkout.say_along(priced.parts), "is_cash": CASH in pays}
        total_minor = priced.total_minor
        try:
            if has_gift:
                found = self.run(
                    lambda session: checkout.price_voucher(
                        session, code=GIFT_CODE, parts=priced.parts, now=self.clock.now()
                    )
                )
                how["voucher_code"], total_minor = GIFT_CODE, total_minor - found.total_minor
            if CREDIT in pays:
                held = self.run(lambda session: credits_.balance(session, self.buyer_id))
                how["credit_minor"] = min(held, total_minor - 1)
            order = self.run(lambda session: self._place(session, cart_id, total_minor, **how))
        except SoldOutError:
            assert not priced.can_be_ordered
        except (OpenCashError, NotOnDeliveryError):
            assert CASH in pays
        except VoucherUsedUpError:
            assert has_gift
        except NotSendableError:
            assert any(part.sending.along and part.sending.refusal for part in priced.parts)
        else:
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id

    @precondition(lambda self: self.kept.orders)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """The buyer gives an order up: not one on delivery that others travel by."""
        try:
            super().cancel(pick)
        except NotAloneError:
            assert self._order(self._choose(self.kept.orders, pick)).is_cash

    async def _step(self, session: Any, consignment_id: UUID, *, is_happy: bool) -> None:
        try:
            await super()._step(session, consignment_id, is_happy=is_happy)
        except NotLeadError:
            return

    async def _fill_more(self, session: Any, wanted: dict[UUID, int], first_id: UUID) -> Any:
        """A new basket that is added to an order, and how it is priced."""
        cart_id, _alone = await self._fill(session, wanted)
        now = self.clock.now()
        await carts.join_order(session, cart_id, first_id, now=now)
        found = await joining.find(session, first_id, now=now)
        return cart_id, await carts.price_cart(session, cart_id, now=now, to=found.joined.to(now))

    @invariant()
    def parcels_are_whole(self) -> None:
        """Nothing is broken that J1 to J9 promise."""
        if hasattr(self, "kept"):
            assert self.run(lambda session: list_broken(session, now=self.clock.now())) == []
