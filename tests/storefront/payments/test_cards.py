"""Cards: three short transactions, the hold as long as the page, and nobody's word but the provider's."""

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.errors import ConflictError, UpstreamError
from app.core.i18n import Text
from storefront.ledger import service as ledger
from storefront.payments import cards, receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentExtended, PaymentNamed, PaymentPaid
from storefront.payments.models import AttemptState, CardAttempt, PaymentState, Receipt
from storefront.payments.ports import CardDesk, CardSession, SessionState
from storefront.payments.stripe_gateway import StripeGateway
from tests.fakes import stripe as fakes


@pytest.fixture
def stripe(house):
    """A Stripe of our own, in the place of the real one."""
    fake = fakes.FakeStripe(house)
    before = house.port(CardDesk)
    house.provide(CardDesk, CardDesk(fake.gateway))
    yield fake
    house.provide(CardDesk, before)


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


@pytest.fixture
def start(house, payment, stripe):
    """Opens the card page and answers the provider's id of it."""

    async def open_page():
        url = await cards.start_card(
            house.database,
            stripe.gateway,
            token=payment.token,
            title="Chợ Phiên",
            back_url="http://127.0.0.1:8000/orders/abc",
            now=house.clock.now(),
        )
        return url.rsplit("/", 1)[1]

    return open_page


async def reread(db, payment):
    async with db.transaction() as session:
        return await payments.get_by_token(session, payment.token)


async def attempts(db):
    async with db.transaction() as session:
        return list((await session.execute(select(CardAttempt).order_by(CardAttempt.number))).scalars())


async def test_the_hold_lives_as_long_as_the_page(db, house, payment, start, heard):
    """P17: opening the page moves the payment's instant to the session's end, announced under the right locks."""
    await start()
    until = house.clock.now() + cards.SESSION_LIFE
    assert (await reread(db, payment)).expires_at == until
    assert [type(event) for event in heard] == [PaymentNamed, PaymentExtended]
    assert heard[1].expires_at == until
    [attempt] = await attempts(db)
    assert attempt.idempotency_key == f"payment:{payment.id}:attempt:1"
    assert (attempt.state, attempt.amount_minor) == (AttemptState.OPEN, 350_000)


async def test_a_hold_is_never_shortened(db, house, open_payment, stripe, heard):
    """P17: a payment that waits longer than the card page keeps its own instant."""
    until = house.clock.now() + timedelta(hours=3)
    async with db.transaction() as session:
        payment = await open_payment(session, expires_at=until)
    await cards.start_card(
        db, stripe.gateway, token=payment.token, title="x", back_url="http://h/", now=house.clock.now()
    )
    assert (await reread(db, payment)).expires_at == until
    assert [type(event) for event in heard] == [PaymentNamed]


async def test_an_open_page_is_used_again(db, house, start, stripe):
    """Going back and forth opens one page; near its end a new one."""
    first = await start()
    calls = stripe.calls
    assert await start() == first and stripe.calls == calls
    house.clock.advance(minutes=30, seconds=10)
    assert await start() != first
    assert [attempt.number for attempt in await attempts(db)] == [1, 2]


async def test_the_rest_of_a_short_transfer_is_paid_by_card(db, house, payment, start):
    """The card page asks for what is still due; an open page over the old amount is not used again."""
    first = await start()
    async with db.transaction() as session:
        await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id="1",
                account="bank:970436:1",
                amount_minor=100_000,
                memo="",
                payment_id=payment.id,
                arrived_at=house.clock.now(),
            ),
            now=house.clock.now(),
        )
    assert await start() != first
    assert [attempt.amount_minor for attempt in await attempts(db)] == [350_000, 250_000]


async def test_a_paid_card_pays_once(db, payment, *, start, stripe, client, heard):
    """P18: the webhook, repeated and joined by a second event of the same session, is money that arrived once."""
    name = await start()
    event = await stripe.pay(name)
    again = await stripe.announce("checkout.session.async_payment_succeeded", event["data"]["object"])
    for message in (event, event, again):
        answer = await fakes.deliver(client, message)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert (await reread(db, payment)).state is PaymentState.PAID
    assert len([event for event in heard if isinstance(event, PaymentPaid)]) == 1
    async with db.transaction() as session:
        assert await ledger.balance(session, "gateway_clearing:stripe") == 350_000
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.PAID]


async def test_an_event_is_not_believed(db, payment, start, stripe, client):
    """P18: an event that says paid about a page that nobody paid changes nothing."""
    name = await start()
    lie = {"id": name, "object": "checkout.session", "payment_status": "paid", "status": "complete"}
    event = await stripe.announce("checkout.session.completed", lie)
    assert (await fakes.deliver(client, event)).status_code == 200
    assert (await reread(db, payment)).state is PaymentState.PENDING


async def test_states_never_go_back(db, start, stripe, client):
    """P18: an expiry told late, after the payment, changes nothing."""
    name = await start()
    event = await stripe.pay(name)
    late = await stripe.announce("checkout.session.expired", event["data"]["object"])
    await fakes.deliver(client, late)
    await fakes.deliver(client, event)
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.PAID]


async def test_a_page_expires(db, house, *, payment, start, stripe, client):
    """A page that nobody paid ends its try, and nothing else."""
    name = await start()
    house.clock.advance(minutes=32)
    event = await stripe.announce("checkout.session.expired", {"id": name, "object": "checkout.session"})
    assert (await fakes.deliver(client, event)).status_code == 200
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.EXPIRED]
    assert (await reread(db, payment)).state is PaymentState.PENDING


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("customer.created", {"id": "cus_1", "object": "customer"}),
        ("checkout.session.odd", {"id": "x", "object": "checkout.session"}),
    ],
)
async def test_unknown_events_are_stored(stripe, client, kind, subject):
    """P10: what we do not follow answers 200 without a question to the provider."""
    event = await stripe.announce(kind, subject)
    assert (await fakes.deliver(client, event)).status_code == 200
    assert stripe.calls == 0


async def test_forged_and_unreadable_events_are_refused(start, stripe, client):
    """P11: another secret, an old stamp, no signature: 401; a signed body that is no event: 400."""
    name = await start()
    event = await stripe.pay(name)
    assert (await fakes.deliver(client, event, secret="whsec_guess")).status_code == 401
    assert (await fakes.deliver(client, event, at=int(time.time()) - 400)).status_code == 401
    assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 401
    for garbage in (
        {},
        [],
        "x",
        {"object": "event", "id": "evt_1"},
        {"object": "event", "data": {"object": 1}},
    ):
        assert (await fakes.deliver(client, garbage)).status_code == 400


async def test_a_webhook_without_a_secret_does_not_exist(house, stripe, client):
    """P11: without cards, or without a webhook secret, there is no webhook."""
    event = await stripe.announce("customer.created", {"id": "cus_1", "object": "customer"})
    closed = StripeGateway(secret_key="sk_test_x", webhook_secret="", client=stripe.client)
    for gateway in (None, closed):
        house.provide(CardDesk, CardDesk(gateway))
        assert (await fakes.deliver(client, event)).status_code == 404


async def test_a_provider_that_is_down_costs_nothing(db, payment, start, stripe, client):
    """P16: the try is written down as failed, the transfer stays possible, the next try has its own key."""
    stripe.is_down = True
    with pytest.raises(UpstreamError):
        await start()
    assert (await reread(db, payment)).state is PaymentState.PENDING
    stripe.is_down = False
    name = await start()
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.FAILED, AttemptState.OPEN]
    event = await stripe.pay(name)
    stripe.is_down = True
    assert (await fakes.deliver(client, event)).status_code == 502
    stripe.is_down = False
    assert (await fakes.deliver(client, event)).status_code == 200
    assert (await reread(db, payment)).state is PaymentState.PAID


async def test_a_call_that_was_cut_off_is_repeated_with_its_key(db, house, payment, start):
    """P16: a try intended a moment ago is asked again under the same key and gets the same page; later a new one."""
    first = await start()
    async with db.transaction() as session:
        attempt = (await session.execute(select(CardAttempt))).scalar_one()
        attempt.state, attempt.provider_id, attempt.redirect_url = AttemptState.INTENDED, None, None
    assert await start() == first
    async with db.transaction() as session:
        attempt = (await session.execute(select(CardAttempt))).scalar_one()
        attempt.state = AttemptState.INTENDED
    house.clock.advance(seconds=50)
    assert await start() != first


async def test_two_clicks_open_one_page(db, house, start):
    """Two clicks at the same moment share one try and one page."""
    one, two = await asyncio.gather(start(), start())
    assert one == two
    assert len(await attempts(db)) == 1


async def test_only_five_pages_are_opened(house, start, stripe):
    """P19: after five tries the transfer is left."""
    stripe.is_down = True
    for _try in range(cards.MAX_ATTEMPTS):
        with pytest.raises(UpstreamError):
            await start()
    with pytest.raises(ConflictError):
        await start()


async def test_what_is_over_takes_no_card(db, house, payment, start, stripe):
    """A payment whose time is over, or that is paid, opens no card page."""
    name = await start()
    house.clock.advance(minutes=31)
    with pytest.raises(ConflictError):
        await start()
    async with db.transaction() as session:
        card = CardSession(
            provider_id=name,
            url=None,
            state=SessionState.PAID,
            amount_minor=350_000,
            payment_id=payment.id,
        )
        await cards.record_session(session, card, provider="stripe", now=house.clock.now())
    assert (await reread(db, payment)).state is PaymentState.PAID_LATE
    with pytest.raises(ConflictError):
        await start()


async def test_a_lost_webhook_costs_no_payment(db, house, payment, start, stripe):
    """Open pages are asked about now and then; one that was paid is booked, one still open stays so."""
    name = await start()
    await cards.settle_open_sessions(db, stripe.gateway, now=house.clock.now())
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.OPEN]
    await stripe.pay(name)
    await cards.settle_open_sessions(db, stripe.gateway, now=house.clock.now())
    assert (await reread(db, payment)).state is PaymentState.PAID


async def test_a_paid_page_of_no_try_is_still_money(db, house):
    """A session that we never wrote down is booked as money of nobody."""
    async with db.transaction() as session:
        card = CardSession(
            provider_id="cs_alien", url=None, state=SessionState.PAID, amount_minor=5, payment_id=None
        )
        await cards.record_session(session, card, provider="stripe", now=house.clock.now())
        found = (await session.execute(select(Receipt))).scalar_one()
    assert found.outcome == "unmatched"


async def test_a_page_without_an_address_is_a_failure(db, house, payment):
    """A provider that answers a closed page is refused, and the try is failed."""

    class Closed:
        name = "stripe"
        is_open = True

        async def open_session(self, order):
            return CardSession(
                provider_id="cs_closed",
                url=None,
                state=SessionState.OPEN,
                amount_minor=order.amount_minor,
                payment_id=order.payment_id,
            )

    with pytest.raises(UpstreamError):
        await cards.start_card(
            db, Closed(), token=payment.token, title="x", back_url="http://h/", now=house.clock.now()
        )
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.FAILED]


async def test_the_card_button_leads_to_the_page(house, payment, stripe, client):
    """The payer is sent to the provider; another site as the way back is not taken; without cards they go back."""
    answer = await client.post(f"/payments/{payment.token}/card", data={"back": "//evil.example"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/demo/card/cs_test_")
    house.provide(CardDesk, CardDesk(None))
    answer = await client.post(f"/payments/{payment.token}/card", data={"back": "/orders/abc"})
    assert answer.headers["location"] == "/orders/abc"


@pytest.mark.parametrize("is_answered", [True, False])
async def test_the_slower_of_two_calls_changes_nothing(db, house, payment, stripe, is_answered):
    """P16: a call that comes back, or fails, after its twin recorded the page leaves the record alone."""

    class Overtaken:
        name = "stripe"
        is_open = True

        async def open_session(self, order):
            card = await stripe.gateway.open_session(order)
            async with db.transaction() as session:
                attempt = (await session.execute(select(CardAttempt))).scalar_one()
                attempt.state, attempt.provider_id = AttemptState.OPEN, card.provider_id
                attempt.redirect_url = card.url
            if not is_answered:
                raise UpstreamError(Text("cut off"))
            return card

    facts = {"token": payment.token, "title": "x", "back_url": "http://h/", "now": house.clock.now()}
    if is_answered:
        assert await cards.start_card(db, Overtaken(), **facts)
    else:
        with pytest.raises(UpstreamError):
            await cards.start_card(db, Overtaken(), **facts)
    assert [attempt.state for attempt in await attempts(db)] == [AttemptState.OPEN]
