"""Orders that somebody ended before their time: money that comes all the same wakes nobody."""

from __future__ import annotations

from datetime import timedelta

from storefront.orders import cancelling
from storefront.orders.models import OrderState
from storefront.payments.models import PaymentState, ReceiptOutcome
from tests.factories.orders import get_payment, make_order, pay
from tests.factories.storefront import NOW, make_stock, make_variant


async def test_parts_do_not_wake_an_order_that_was_given_up(session):
    """O8, P4: after a cancellation two parts that make the price are late, though the hold's time is not over yet."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    order = await make_order(session, variant)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    later = NOW + timedelta(minutes=1)
    one = await pay(session, order, amount_minor=100_000, now=later)
    two = await pay(session, order, amount_minor=order.total_minor - 100_000, now=later)
    payment = await get_payment(session, order)
    assert (one.outcome, two.outcome) == (ReceiptOutcome.LATE, ReceiptOutcome.LATE)
    assert (payment.state, order.state) == (PaymentState.PAID_LATE, OrderState.CANCELLED)
