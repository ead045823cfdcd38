"""What the tests of payments share: a payment without an order, and ears for what is announced."""

from datetime import timedelta

import pytest

from app.core.events import Handlers
from app.core.ids import uuid7
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import PayableKind


@pytest.fixture
def open_payment(house):
    """Opens a payment of 350.000 đồng for 15 minutes, unless told otherwise."""

    async def make(session, **overrides):
        now = house.clock.now()
        facts = {
            "payable_kind": PayableKind.ORDER,
            "payable_id": uuid7(),
            "payable_code": "DH4K7P",
            "amount_minor": 350_000,
            "expires_at": now + timedelta(minutes=15),
            "now": now,
        }
        return await payments.open_payment(session, **(facts | overrides))

    return make


@pytest.fixture(autouse=True)
def heard(house):
    """Everything that payments announce during the test, in order; nobody else hears it."""
    events = []
    ears = Handlers()

    async def listen(_session, event):
        events.append(event)

    for kind in (PaymentNamed, PaymentPaid, PaymentArrivedLate, PaymentExtended):
        ears.on(kind, listen)
    before, house.database.handlers = house.database.handlers, ears
    yield events
    house.database.handlers = before
