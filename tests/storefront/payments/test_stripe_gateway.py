"""Our side of Stripe and the card house that stands in for it: amounts, keys, refusals."""

from datetime import timedelta

import httpx
import pytest

from app.core.errors import UpstreamError
from app.core.ids import uuid7
from storefront.payments.ports import CardOrder, SessionState
from storefront.payments.stripe_gateway import HttpxTransport, StripeGateway
from tests.fakes.stripe import FakeStripe


@pytest.fixture
def stripe(house):
    """A Stripe of our own."""
    return FakeStripe(house)


@pytest.fixture
def order(house):
    """Makes an order for a card page."""

    def make(**overrides):
        facts = {
            "payment_id": uuid7(),
            "title": "Chợ Phiên DH4K7P",
            "amount_minor": 350_000,
            "expires_at": house.clock.now() + timedelta(minutes=31),
            "success_url": "http://127.0.0.1:8000/orders/abc",
            "cancel_url": "http://127.0.0.1:8000/orders/abc",
            "idempotency_key": f"payment:{uuid7()}:attempt:1",
            "reference": "CP2345678T1",
            "started_at": house.clock.now(),
        }
        return CardOrder(**(facts | overrides))

    return make


async def test_dong_have_no_decimals(stripe, order):
    """350.000 đồng are 350000 minor units at Stripe, never a hundred times as much."""
    asked = order()
    card = await stripe.gateway.open_session(asked)
    assert (card.amount_minor, card.state, card.payment_id) == (
        350_000,
        SessionState.OPEN,
        asked.payment_id,
    )
    assert await stripe.gateway.get_session(card.provider_id) == card


async def test_the_same_key_answers_the_same_page(stripe, order):
    """A repeated call replays; the same key with another body is a conflict."""
    asked = order()
    first = await stripe.gateway.open_session(asked)
    assert (await stripe.gateway.open_session(asked)).provider_id == first.provider_id
    with pytest.raises(UpstreamError):
        await stripe.gateway.open_session(
            order(payment_id=asked.payment_id, idempotency_key=asked.idempotency_key, amount_minor=1)
        )


@pytest.mark.parametrize(
    "wrong", [{"amount_minor": 100_000_000}, {"amount_minor": 0}, {"minutes": 29}, {"minutes": 1_441}]
)
async def test_the_card_house_refuses_what_stripe_refuses(house, stripe, order, wrong):
    """Nine digits, nothing, a page too short or too long."""
    if "minutes" in wrong:
        wrong = {"expires_at": house.clock.now() + timedelta(minutes=wrong["minutes"])}
    with pytest.raises(UpstreamError):
        await stripe.gateway.open_session(order(**wrong))


async def test_an_unknown_page_and_a_dead_line_are_upstream(stripe):
    """Whatever goes wrong at the provider is one kind of error for us."""
    with pytest.raises(UpstreamError):
        await stripe.gateway.get_session("cs_none")
    stripe.is_down = True
    with pytest.raises(UpstreamError):
        await stripe.gateway.get_session("cs_none")


async def test_another_currency_is_refused():
    """A page in anything but đồng is never read as đồng, and one without our id names nobody."""

    def answer(request):
        currency = "usd" if request.url.path.endswith("usd") else "vnd"
        body = {
            "id": "cs_1", "object": "checkout.session", "currency": currency, "amount_total": 5,
            "payment_status": "unpaid", "status": "open", "url": "/x", "client_reference_id": "order-7",
        }  # fmt: skip
        return httpx.Response(200, json=body)

    gateway = StripeGateway(
        secret_key="sk_test_x",
        webhook_secret="whsec_x",
        client=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )
    with pytest.raises(UpstreamError):
        await gateway.get_session("cs_usd")
    assert (await gateway.get_session("cs_vnd")).payment_id is None


async def test_the_line_can_be_closed():
    """The transport waits and gives its line back."""
    client = httpx.AsyncClient()
    transport = HttpxTransport(client)
    await transport.sleep_async(0)
    await transport.close_async()
    assert client.is_closed


async def test_a_card_is_declined_and_paid_once(stripe, order):
    """A card ending in 0002 is declined and the page stays open; a paid page takes no second card."""
    card = await stripe.gateway.open_session(order())
    assert await stripe.pay(card.provider_id, "4000 0000 0000 0002") is None
    assert (await stripe.gateway.get_session(card.provider_id)).state is SessionState.OPEN
    event = await stripe.pay(card.provider_id)
    assert event["data"]["object"]["payment_status"] == "paid"
    with pytest.raises(Exception, match="no longer open"):
        await stripe.pay(card.provider_id)


async def test_refunds_never_pass_the_payment(stripe, order):
    """Parts may go back until all went back; one đồng more is refused."""
    card = await stripe.gateway.open_session(order())
    intent = (await stripe.pay(card.provider_id))["data"]["object"]["payment_intent"]
    for amount, status in (("300000", 200), ("50001", 400), ("0", 400), ("50000", 200), ("1", 400)):
        answer = await stripe.client.post("/v1/refunds", data={"payment_intent": intent, "amount": amount})
        assert answer.status_code == status, amount
    assert (await stripe.client.post("/v1/refunds", data={"payment_intent": "pi_none"})).status_code == 404


async def test_a_page_can_be_closed(house, stripe, order):
    """An open page is expired by hand or by time; an expired one is not expired again."""
    card = await stripe.gateway.open_session(order())
    address = f"/v1/checkout/sessions/{card.provider_id}/expire"
    assert (await stripe.client.post(address)).json()["status"] == "expired"
    assert (await stripe.client.post(address)).status_code == 400
    other = await stripe.gateway.open_session(order())
    house.clock.advance(minutes=32)
    assert (await stripe.gateway.get_session(other.provider_id)).state is SessionState.EXPIRED


async def test_the_card_house_wants_its_key_and_its_currency(stripe):
    """No key is 401; another mode or currency is 400."""
    answer = await stripe.client.post("/v1/refunds", headers={"Authorization": "Bearer guess"})
    assert answer.status_code == 401
    assert (await stripe.client.post("/v1/checkout/sessions", data={"mode": "setup"})).status_code == 400
