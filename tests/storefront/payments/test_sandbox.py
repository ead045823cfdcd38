"""The demo's bank and card house: play money on the real roads, and never in production."""

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.core.events import Handlers
from app.core.ids import new_payment_code
from app.core.settings import Settings
from app.main import create_app
from app.wiring import make_house
from storefront.payments import service as payments
from storefront.payments.models import PaymentState, Receipt
from storefront.payments.ports import CardDesk


@pytest.fixture
async def demo(house, settings, database_url):
    """A demo house with no provider's key at all, on the tests' database and clock."""
    bare = {
        "demo": True,
        "sepay_secret": "",
        "stripe_secret_key": "",
        "bank_account": "",
        "bank_account_name": "",
    }
    other = make_house(
        settings.model_copy(update=bare), database_url, clock=house.clock, sms=house.sms, pool_size=5
    )
    other.database.handlers = Handlers()
    yield other
    await other.database.close()


@pytest.fixture
async def visitor(demo):
    """A visitor of the demo."""
    transport = httpx.ASGITransport(app=create_app(demo))
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "vi"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=headers
    ) as client:
        yield client


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


async def reread(db, payment):
    async with db.transaction() as session:
        return await payments.get_by_token(session, payment.token)


async def receipt_count(db):
    async with db.transaction() as session:
        return (await session.execute(select(func.count()).select_from(Receipt))).scalar_one()


async def test_the_bank_shows_the_transfer(visitor, payment):
    """The visitor sees payee, amount and memo, and that it is no real money; an unknown code has no page."""
    page = (await visitor.get(f"/demo/bank/{payment.code}", params={"back": "/orders/abc"})).text
    for words in (
        "không phải tiền thật",
        "350.000",
        "CHO PHIEN DUNG THU",
        payment.code,
        "Gửi hai lần",
        "/orders/abc",
    ):
        assert words in page
    assert (await visitor.get("/demo/bank/CP2345678")).status_code == 404
    assert (await visitor.post("/demo/bank/CP2345678", data={"act": "exact"})).status_code == 404


@pytest.mark.parametrize(
    ("act", "state", "received"),
    [("exact", "paid", 350_000), ("short", "underpaid", 175_000), ("twice", "paid", 350_000)],
)
async def test_the_bank_reports_through_the_real_webhook(db, visitor, *, payment, act, state, received):
    """Right, short, and one report sent twice: booked once each, and the visitor is back on the order's page."""
    answer = await visitor.post(f"/demo/bank/{payment.code}", data={"act": act, "back": "/orders/abc"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/abc")
    found = await reread(db, payment)
    assert (found.state, found.received_minor, await receipt_count(db)) == (state, received, 1)


async def test_the_bank_goes_on_when_all_is_paid(db, visitor, payment):
    """The rest after a short transfer is the rest; after that the page warns, and more is booked as a second payment."""
    for act in ("short", "exact"):
        await visitor.post(f"/demo/bank/{payment.code}", data={"act": act})
    assert (await reread(db, payment)).state is PaymentState.PAID
    assert "đã trả đủ" in (await visitor.get(f"/demo/bank/{payment.code}")).text
    await visitor.post(f"/demo/bank/{payment.code}", data={"act": "exact"})
    assert (await reread(db, payment)).received_minor == 700_000


async def test_the_bank_moves_any_sum_for_any_code(db, visitor, payment):
    """A code of something else is paid with the sum that its page asks for; money that names nobody waits for a human."""
    code = new_payment_code()
    asked = {"amount": 90_000, "back": "/operator/statement"}
    page = (await visitor.get(f"/demo/bank/{code}", params=asked)).text
    assert "90.000" in page and code in page and "đã trả đủ" not in page
    sent = {"act": "exact", "amount_minor": "90000", "back": "/operator/statement"}
    answer = await visitor.post(f"/demo/bank/{code}", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/statement")
    async with db.transaction() as session:
        [receipt] = await session.scalars(select(Receipt))
    assert (receipt.amount_minor, receipt.payment_id) == (90_000, None)
    # A payment asks for its own sum, whatever the address says.
    assert "350.000" in (await visitor.get(f"/demo/bank/{payment.code}", params=asked)).text
    for named, amount in ((code, -1), (code, 10**11), ("CP2345678", 90_000)):
        assert (await visitor.get(f"/demo/bank/{named}", params={"amount": amount})).status_code == 404
    assert (await visitor.get(f"/demo/bank/{code}", params={"amount": "x"})).status_code in {400, 422}


async def test_an_unknown_act_does_nothing(db, visitor, payment):
    """Another act, or a way back to another site, moves no money and leads home."""
    answer = await visitor.post(f"/demo/bank/{payment.code}", data={"act": "rob", "back": "//evil.example"})
    assert answer.headers["location"] == "/" and await receipt_count(db) == 0


async def test_a_card_is_declined_then_paid(db, visitor, payment):
    """From the card button to the order's page: a declined card costs nothing, a good one pays once."""
    opened = await visitor.post(f"/payments/{payment.token}/card", data={"back": "/orders/abc"})
    page = opened.headers["location"]
    shown = (await visitor.get(page)).text
    assert "không phải tiền thật" in shown and "350.000" in shown and "DH4K7P" in shown
    assert (await visitor.post(page, data={})).status_code == 422
    declined = await visitor.post(page, data={"number": "4000 0000 0000 0002"})
    assert declined.status_code == 402 and "từ chối" in declined.text
    assert (await reread(db, payment)).state is PaymentState.PENDING
    paid = await visitor.post(page, data={"number": "4242 4242 4242 4242"})
    assert (paid.status_code, paid.headers["location"]) == (303, "/orders/abc")
    assert (await reread(db, payment)).state is PaymentState.PAID and await receipt_count(db) == 1
    closed = await visitor.post(page, data={"number": "4242 4242 4242 4242"})
    assert closed.status_code == 422 and "đã đóng" in closed.text
    assert (await visitor.get("/demo/card/cs_none")).status_code == 404


async def test_the_demo_is_not_there_without_its_switch(client, house, payment):
    """Without CHOPHIEN_DEMO there is no demo bank and no demo card house."""
    assert (await client.get(f"/demo/bank/{payment.code}")).status_code == 404
    assert (await client.get("/demo/card/cs_1")).status_code == 404
    assert not house.port(payments.CollectingAccount).is_demo


def test_production_refuses_the_demo(settings):
    """No setting of production starts with play money."""
    with pytest.raises(ValidationError, match="CHOPHIEN_DEMO"):
        Settings(**(settings.model_dump() | {"env": "production", "demo": True}))


async def test_without_any_key_no_cards_are_taken(settings, database_url, house):
    """Outside the demo an instance without a Stripe key shows no card button and closes both webhooks."""
    bare = settings.model_copy(update={"stripe_secret_key": "", "sepay_secret": ""})
    other = make_house(bare, database_url, clock=house.clock, sms=house.sms, pool_size=1)
    assert other.port(CardDesk).gateway is None
    assert not other.port(payments.CollectingAccount).takes_cards
    await other.database.close()
