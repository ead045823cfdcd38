"""Providers that do what they are asked and answer after our time-out: real sockets, and no order is paid for twice."""

import asyncio

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.core.errors import UpstreamError
from app.core.i18n import Text
from app.core.inbox import InboxMessage
from storefront.ledger import service as ledger
from storefront.payments import cards, receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentPaid
from storefront.payments.models import AttemptState, CardAttempt, PaymentState, SandboxObject
from storefront.payments.momo import MomoGateway
from storefront.payments.ports import CardDesk
from storefront.payments.sandbox import card_house, keys
from storefront.payments.stripe_gateway import StripeGateway
from storefront.payments.wallet_ports import Wallets
from storefront.payments.zalopay import ZalopayGateway
from tests.factories.people import make_person
from tests.fakes import late, wallets
from tests.fakes import stripe as fakes

PRICE = 350_000


@pytest.fixture
def stripe(house):
    """A Stripe that answers in time, at the card desk."""
    fake = fakes.FakeStripe(house)
    before = house.port(CardDesk)
    house.provide(CardDesk, CardDesk(fake.gateway))
    yield fake
    house.provide(CardDesk, before)


def open_stripe(client, server):
    """Our side of a card house on the loopback."""
    return StripeGateway(
        secret_key=keys.CARD_KEY, webhook_secret=fakes.SECRET, client=client, api_url=server.address
    )


@pytest.fixture
async def late_stripe(house):
    """The same card house behind a line of the loopback that answers too late: (line, gateway)."""
    app = card_house.make_app(house.database, lambda: house.clock.now())  # noqa: PLW0108 - the clock is changed
    async with late.open_late(app) as line:
        yield line, open_stripe(line.client, line.server)


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


@pytest.fixture
def start(house):
    """Opens the card page of a payment; answers the provider's id of it."""

    async def open_page(gateway, payment):
        url = await cards.start_card(
            house.database,
            gateway,
            token=payment.token,
            title="Chợ Phiên",
            back_url="http://127.0.0.1:8000/orders/abc",
            now=house.clock.now(),
        )
        return url.rsplit("/", 1)[1]

    return open_page


async def state_of(db, payment):
    """The payment's state, and those of its tries."""
    async with db.transaction() as session:
        found = await payments.get_by_token(session, payment.token)
        attempts = select(CardAttempt).where(CardAttempt.payment_id == payment.id)
        tries = await session.scalars(attempts.order_by(CardAttempt.number))
        return found.state, [one.state for one in tries]


async def pages_of(db, payment):
    """The ids of the pages that the card house opened for a payment, oldest first."""
    async with db.transaction() as session:
        found = await session.scalars(
            select(SandboxObject).where(SandboxObject.kind == "checkout.session").order_by(SandboxObject.id)
        )
        mine = [one for one in found if one.body["client_reference_id"] == str(payment.id)]
        return [one.id for one in mine]


async def send_back(db, house):
    """Staff send back what waits at the desk; answers its sums."""
    async with db.transaction() as session:
        person = await make_person(session)
        queue = await receipts.list_queue(session, now=house.clock.now())
        for item in queue:
            await receipts.return_receipt(
                session,
                receipt_id=item.receipt.id,
                reference="FT9",
                person_id=person.id,
                now=house.clock.now(),
            )
        return [item.return_minor for item in queue]


async def held(db, provider, payment):
    """What the provider holds for us, and what is owed back to the payer."""
    async with db.transaction() as session:
        return (
            await ledger.balance(session, f"gateway_clearing:{provider}"),
            await ledger.balance(session, f"refund_payable:order:{payment.payable_id}"),
        )


async def test_a_page_that_is_answered_too_late(
    db, house, *, payment, start, stripe, late_stripe, client, heard
):
    """P16: three calls under one key open one page, to which nobody is led; the next try is the only one that is paid."""
    line, slow = late_stripe
    with pytest.raises(UpstreamError):
        await start(slow, payment)
    await line.server.wait_done(3)  # the library's two repeats
    [orphan] = await pages_of(db, payment)
    await line.recover()
    assert line.server.done == ["/v1/checkout/sessions"] * 3
    assert await state_of(db, payment) == (PaymentState.PENDING, [AttemptState.FAILED])
    name = await start(slow, payment)
    assert set(await pages_of(db, payment)) == {orphan, name} and name != orphan
    assert (await fakes.deliver(client, await stripe.pay(name))).status_code == 200
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.FAILED, AttemptState.PAID])

    # Should the page that nobody knows be paid all the same, the order is not: that sum is owed back.
    assert (await fakes.deliver(client, await stripe.pay(orphan))).status_code == 200
    assert len([event for event in heard if isinstance(event, PaymentPaid)]) == 1
    assert await held(db, "stripe", payment) == (2 * PRICE, -PRICE)
    assert await send_back(db, house) == [PRICE]
    assert await held(db, "stripe", payment) == (PRICE, 0)


async def test_a_twin_that_was_answered_keeps_its_page(db, house, *, payment, start, stripe, late_stripe):
    """P16, P18: of two clicks one gives up and one is answered: its page is the try's page, and no second one is opened."""
    line, slow = late_stripe
    async with httpx.AsyncClient(timeout=60) as client:
        answered = asyncio.create_task(start(open_stripe(client, line.server), payment))
        await line.server.wait_done(1)
        with pytest.raises(UpstreamError):
            await start(slow, payment)
        assert await state_of(db, payment) == (PaymentState.PENDING, [AttemptState.FAILED])
        await line.recover()
        name = await answered
    assert await state_of(db, payment) == (PaymentState.PENDING, [AttemptState.OPEN])
    assert await start(stripe.gateway, payment) == name
    assert await pages_of(db, payment) == [name]

    # And when its webhook gets lost, the page is asked about.
    await stripe.pay(name)
    await cards.settle_open_sessions(db, stripe.gateway, now=house.clock.now())
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])


async def test_a_question_that_is_answered_too_late(
    db, house, *, payment, start, stripe, late_stripe, client
):
    """P18: while the provider does not say in time that it was paid, its event is refused and comes again; then it pays once."""
    line, slow = late_stripe
    name = await start(stripe.gateway, payment)
    event = await stripe.pay(name)
    house.provide(CardDesk, CardDesk(slow))
    said = await asyncio.gather(*(fakes.deliver(client, event) for _time in range(4)))
    assert {answer.status_code for answer in said} == {502}
    with pytest.raises(UpstreamError):
        await cards.settle_open_sessions(db, slow, now=house.clock.now())
    assert await state_of(db, payment) == (PaymentState.PENDING, [AttemptState.OPEN])
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(InboxMessage)) == 0
    await line.recover()
    said = await asyncio.gather(*(fakes.deliver(client, event) for _time in range(4)))
    assert {answer.status_code for answer in said} == {200}
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])
    assert await held(db, "stripe", payment) == (PRICE, 0)


async def test_one_silent_page_keeps_no_other_waiting(db, house, *, open_payment, start, stripe, late_stripe):
    """P18: the page about which the provider is silent is asked about again; those behind it are booked now."""
    line, slow = late_stripe
    async with db.transaction() as session:
        made = [await open_payment(session) for _ in range(3)]
    names = [await start(stripe.gateway, one) for one in made]
    for name in names:
        await stripe.pay(name)
    line.server.is_held = lambda path: path.endswith(names[0])
    with pytest.raises(UpstreamError):
        await cards.settle_open_sessions(db, slow, now=house.clock.now())
    assert [(await state_of(db, one))[0] for one in made] == [
        PaymentState.PENDING,
        PaymentState.PAID,
        PaymentState.PAID,
    ]
    await line.recover()
    await cards.settle_open_sessions(db, slow, now=house.clock.now())
    assert [(await state_of(db, one))[0] for one in made] == [PaymentState.PAID] * 3


async def test_a_silent_provider_is_left_alone(db, house, *, open_payment, start, stripe):
    """P18: after a few questions in a row without an answer the rest waits for the next time."""
    async with db.transaction() as session:
        made = [await open_payment(session) for _ in range(cards.MAX_SILENT + 2)]
    for one in made:
        await start(stripe.gateway, one)
    asked = []

    class Silent:
        name = "stripe"

        async def get_session(self, provider_id):
            asked.append(provider_id)
            raise UpstreamError(Text("x"))

    with pytest.raises(UpstreamError):
        await cards.settle_open_sessions(db, Silent(), now=house.clock.now())
    assert len(asked) == cards.MAX_SILENT


def open_wallet(provider, client, server):
    """The gateway of a wallet whose provider is on the loopback."""
    if provider == "momo":
        return MomoGateway(
            client, partner_code="CHOPHIEN", access_key="chia", secret="bi-mat", api_url=server.address
        )
    return ZalopayGateway(client, app_id=2553, key1="khoa-mot", key2="bi-mat", api_url=server.address)


async def answer_page(_request):
    """A provider that opens every page, in the words of both."""
    return JSONResponse({"resultCode": 0, "payUrl": wallets.URL, "return_code": 1, "order_url": wallets.URL})


@pytest.fixture
async def late_wallets(house):
    """MoMo and ZaloPay, each behind a line that answers too late."""
    app = Starlette(routes=[Route("/{path:path}", answer_page, methods=["POST"])])
    before = house.port(Wallets)
    async with late.open_late(app) as line:
        opened = {name: open_wallet(name, line.client, line.server) for name in ("momo", "zalopay")}
        house.provide(Wallets, Wallets(opened))
        yield line
    house.provide(Wallets, before)


@pytest.mark.parametrize("wallet", wallets.WALLETS[1:], ids=["momo", "zalopay"])
async def test_a_wallet_that_answers_too_late(db, house, *, payment, late_wallets, client, wallet, heard):
    """P28, P30: the payer hears it and tries again; paid on both pages, the order is paid once and the other sum goes back."""
    door = f"/payments/{payment.token}/wallet/{wallet.name}"
    refused = await client.post(door, data={"back": "/orders/abc"})
    assert refused.status_code == 502 and "chuyển khoản" in refused.text
    await late_wallets.server.wait_done(1)
    assert await state_of(db, payment) == (PaymentState.PENDING, [AttemptState.FAILED])
    await late_wallets.recover()
    opened = await client.post(door, data={"back": "/orders/abc"})
    assert (opened.status_code, opened.headers["location"]) == (303, wallets.URL)
    first, second = (wallets.name_try(wallet.name, payment.code, number) for number in (1, 2))
    told = [wallet.fields(first, number=1), wallet.fields(second, number=2)]
    for answer in await asyncio.gather(*(wallet.send(client, fields) for fields in told * 4)):
        assert wallet.said(answer) in {"done", "known", "taken"}
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID, AttemptState.PAID])
    assert len([event for event in heard if isinstance(event, PaymentPaid)]) == 1
    assert await held(db, wallet.name, payment) == (2 * PRICE, -PRICE)
    assert (await client.post(door, data={"back": "/orders/abc"})).status_code == 409
    assert await send_back(db, house) == [PRICE]
    assert await held(db, wallet.name, payment) == (PRICE, 0)


@pytest.mark.parametrize("wallet", wallets.WALLETS[1:], ids=["momo", "zalopay"])
async def test_money_of_a_page_that_we_gave_up(db, house, *, payment, late_wallets, client, wallet):
    """P30: the call timed out, the payer paid all the same: the notice finds its try, and no other page can be opened."""
    door = f"/payments/{payment.token}/wallet/{wallet.name}"
    assert (await client.post(door, data={"back": "/orders/abc"})).status_code == 502
    await late_wallets.server.wait_done(1)
    house.clock.advance(seconds=30)
    answer = await wallet.send(client, wallet.fields(wallets.name_try(wallet.name, payment.code)))
    assert wallet.said(answer) in {"done", "taken"}
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])
    assert (await client.post(door, data={"back": "/orders/abc"})).status_code == 409
    assert len(late_wallets.server.done) == 1
    assert await held(db, wallet.name, payment) == (PRICE, 0)
