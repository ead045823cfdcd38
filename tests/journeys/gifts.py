"""The market's own voucher among the acts of the market's machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from storefront.checkout import service as checkout
from storefront.checkout.errors import OpenCashError
from storefront.stock.errors import SoldOutError
from storefront.vouchers.errors import VoucherUsedUpError
from storefront.vouchers.models import Voucher
from tests.factories.storefront import NOW
from tests.factories.vouchers import make_gift
from tests.journeys.market import Market

GIFT_CODE = "chotang"
BUDGET = 60_000


class GiftMarket(Market):
    """The same market, which pays a part of what buyers order with its code, on delivery too."""

    has_code = False

    @rule(boxes=st.integers(0, 1), bags=st.integers(1, 2), fish=st.integers(0, 1), is_cash=st.booleans())
    def order_with_gift(self, boxes: int, bags: int, fish: int, is_cash: bool) -> None:  # noqa: FBT001 - a drawn fact
        """Order with a code of the market: refused in words once less of its budget is left than it takes off."""
        if not self.has_code:
            self.has_code = True
            self.run(self._make_code)
        wanted = {
            self.shop.bad.id: boxes,
            self.shop.good.id: bags,
            self.fish.id: 0 if is_cash else 500 * fish,
        }
        cart_id, priced = self.run(lambda session: self._fill(session, wanted))
        how = {"voucher_code": GIFT_CODE, "is_cash": is_cash}
        try:
            found = self.run(
                lambda session: checkout.price_voucher(
                    session, code=GIFT_CODE, parts=priced.parts, now=self.clock.now()
                )
            )
            total_minor = priced.total_minor - found.total_minor
            order = self.run(lambda session: self._place(session, cart_id, total_minor, **how))
        except SoldOutError:
            assert not priced.can_be_ordered
        except OpenCashError:
            assert is_cash
        except VoucherUsedUpError:
            taken = select(Voucher.budget_taken_minor).where(Voucher.code == GIFT_CODE)
            assert self.run(lambda session: session.scalar(taken)) > 0
        else:
            assert (order.total_minor, order.gift_minor) == (total_minor, found.total_minor)
            self.kept.orders.append(order.id)
            self.kept.carts[order.id] = cart_id

    async def _make_code(self, session: Any) -> None:
        await make_gift(
            session,
            code=GIFT_CODE,
            amount_minor=None,
            percent=7,
            budget_minor=BUDGET,
            uses_per_phone=100,
            valid_until=NOW + timedelta(days=3_650),
        )
