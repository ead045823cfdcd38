"""Orders as buyers place them, and money as the bank reports it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.listings.models import Variant
from storefront.cart.models import CartLine
from storefront.checkout import service as checkout
from storefront.fulfilment import service as fulfilment
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.models import Consignment, Order
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment, Receipt
from storefront.payments.sepay import sign
from storefront.pricing import service as pricing
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund, RefundReason
from storefront.refunds.service import Claim
from storefront.stock.models import StockItem
from tests.factories.storefront import NOW, make_cart

SECRET = b"a secret of the tests, long enough"
BANK = "bank:970436:0123456789"
COMMUNE = "05488"
PHONE = "+84987654321"
FORM = {
    "name": "Trần Thị Lan",
    "phone": "0987 654 321",
    "commune_text": "Xã Tân Cương, Tỉnh Thái Nguyên",
    "line": "Xóm Gò Pháo, số 12",
    "note": "Gọi trước khi giao",
}
"""What a buyer types at the checkout, but for `total`."""
_bank_ids = itertools.count(1)


def make_recipient(**overrides: Any) -> checkout.Recipient:
    """A buyer in Tân Cương, not logged in."""
    given: dict[str, Any] = {
        "name": "Trần Thị Lan",
        "phone": PHONE,
        "commune_code": COMMUNE,
        "line": "Xóm Gò Pháo, số 12",
        "note": "",
        "language": "vi",
        "person_id": None,
    }
    return checkout.Recipient(**given | overrides)


async def place(session: AsyncSession, cart_id: Any, *, now: datetime = NOW, **of_recipient: Any) -> Order:
    """Order a basket at the price of this moment."""
    lines = list(await session.scalars(select(CartLine).where(CartLine.cart_id == cart_id)))
    items = [pricing.CartItem(line.variant_id, line.quantity) for line in lines]
    quote = await pricing.quote(session, lines=items, now=now)
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart_id,
        recipient=make_recipient(**of_recipient),
        seen_total_minor=quote.total_minor,
        now=now,
    )


async def make_order(
    session: AsyncSession, *variants: Variant, quantity: int = 1, now: datetime = NOW, **of_recipient: Any
) -> Order:
    """An order of so much of each variant, not paid; its goods must be on the shelf."""
    cart, _token = await make_cart(session, lines={variant.id: quantity for variant in variants})
    return await place(session, cart.id, now=now, **of_recipient)


async def get_payment(session: AsyncSession, order: Order) -> Payment:
    """The payment of an order."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.ORDER, payable_id=order.id)
    assert payment is not None
    return payment


async def pay(
    session: AsyncSession, order: Order, *, amount_minor: int | None = None, now: datetime = NOW
) -> Receipt:
    """Let the whole price (or `amount_minor`) arrive in the bank."""
    payment = await get_payment(session, order)
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider="sepay",
            external_id=str(uuid7()),
            account=BANK,
            amount_minor=order.total_minor if amount_minor is None else amount_minor,
            memo=payment.code,
            payment_id=payment.id,
            arrived_at=now,
        ),
        now=now,
    )
    assert receipt is not None
    return receipt


async def make_paid_order(session: AsyncSession, *variants: Variant, **how: Any) -> Order:
    """An order that is paid."""
    order = await make_order(session, *variants, **how)
    await pay(session, order, now=how.get("now", NOW))
    return await orders.get_order(session, order.id)


async def walk(session: AsyncSession, parcel: Consignment, *, person_id: UUID, until: str) -> Consignment:
    """Walk a parcel to a step: confirm, pack, ship, deliver."""
    act: dict[str, Any] = {
        "consignment_id": parcel.id,
        "producer_id": parcel.producer_id,
        "person_id": person_id,
        "now": NOW,
    }
    steps: dict[str, Callable[[], Awaitable[None]]] = {
        "confirm": lambda: fulfilment.confirm(session, **act),
        "pack": lambda: fulfilment.pack(session, scanned="", **act),
        "ship": lambda: fulfilment.ship(session, carrier="Xe khách", tracking_number=None, **act),
        "deliver": lambda: fulfilment.deliver(session, **act),
    }
    for name, step in steps.items():
        await step()
        if name == until:
            break
    return parcel


async def make_refund(session: AsyncSession, order: Order) -> Refund:
    """The goods of a paid order, owed to its buyer."""
    [parcel] = await parcels.list_parcels(session, order)
    refund = await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.ORDER,
            payable_id=order.id,
            code=order.code,
            producer_id=parcel.consignment.producer_id,
            payee_name=order.buyer_name,
            payee_phone=order.buyer_phone,
            reason=RefundReason.RETURNED,
            source=f"order_line:{parcel.lines[0].id}",
            paid_minor=order.total_minor,
            goods_minor=order.goods_minor,
        ),
        person_id=None,
        now=NOW,
    )
    assert refund is not None
    return refund


async def report_transfer(
    client: httpx.AsyncClient, *, code: str, amount_minor: int, now: datetime
) -> httpx.Response:
    """Report a transfer as the bank's messenger does, signed."""
    body = {
        "id": next(_bank_ids),
        "gateway": "Vietcombank",
        "transactionDate": "2026-11-12 09:05:00",
        "accountNumber": "0123456789",
        "subAccount": None,
        "code": None,
        "content": f"MBVCB.123 {code} chuyen tien",
        "transferType": "in",
        "transferAmount": amount_minor,
        "referenceCode": "FT26317",
    }
    raw = json.dumps(body).encode()
    stamp = int(now.timestamp())
    return await client.post(
        "/webhooks/sepay",
        content=raw,
        headers={
            "X-SePay-Timestamp": str(stamp),
            "X-SePay-Signature": sign("sepay-test-secret", stamp, raw),
            "Content-Type": "application/json",
        },
    )


async def counters(session: AsyncSession, item: StockItem) -> tuple[int, int, int]:
    """(on hand, reserved, allocated) as the table says."""
    row = await session.get_one(StockItem, item.id, populate_existing=True)
    return row.on_hand, row.reserved, row.allocated
