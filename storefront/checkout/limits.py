"""How often one may order and guess at codes (orders/PRICING.md O15, pricing/PRICING.md V11).

Both count in a transaction of their own, before the request's session says anything (see `attempts`). A visitor is a
keyed hash of the network's address, never the address; a whole hamlet may share one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.accounts import attempts
from app.accounts.attempts import Limit
from app.accounts.errors import TooOftenError
from app.core import ids
from storefront.cart import service as carts
from storefront.checkout.errors import TooManyCodesError, TooManyOrdersError
from storefront.orders import service as orders
from storefront.vouchers import service as vouchers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from storefront.cart.models import Cart

HOUR = timedelta(hours=1)
ORDERS_PER_PHONE, ORDERS_PER_VISITOR = 10, 60
CODES_PER_BASKET, CODES_PER_VISITOR = 10, 60


async def count_order(
    database: Database, *, cart_token: str | None, phone: str | None, visitor: str, now: datetime
) -> Cart | None:
    """Count one order by a phone number (E.164; None when none was typed) and a visitor; `TooManyOrdersError`.

    Answers the basket that it looked at. A basket that is an order already leads there, however often it is sent: that is no order more. What is added to an
    order counts for the number of that order.
    """
    async with database.transaction() as session:
        cart = await carts.find_cart(session, cart_token)
        if cart is None or cart.ordered_at is not None:
            return cart
        if cart.joins_order_id is not None:
            phone = (await orders.get_order(session, cart.joins_order_id)).buyer_phone
        if phone is None:
            return cart
        limits = [
            Limit("order_phone", phone, ORDERS_PER_PHONE, HOUR),
            Limit("order_visitor", visitor, ORDERS_PER_VISITOR, HOUR),
        ]
        try:
            await attempts.take_in(session, limits, now=now)
        except TooOftenError as error:
            raise TooManyOrdersError(error.again_at) from error
        return cart


async def count_code(
    database: Database, *, cart_token: str | None, code: str, visitor: str, now: datetime
) -> None:
    """Count a voucher's code that nobody made, by basket and visitor; `TooManyCodesError`, then for any code."""
    basket = ids.hash_token(cart_token or "").hex()
    limits = [
        Limit("code_basket", basket, CODES_PER_BASKET, HOUR),
        Limit("code_visitor", visitor, CODES_PER_VISITOR, HOUR),
    ]

    async def is_right(session: AsyncSession) -> bool:
        return await vouchers.is_known(session, code)

    try:
        await attempts.guess(database, limits, now=now, is_right=is_right)
    except TooOftenError as error:
        raise TooManyCodesError(error.again_at) from error
