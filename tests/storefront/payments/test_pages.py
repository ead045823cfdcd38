"""What a payer and the staff see: the transfer box, the state, the picture, the desk."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.core.ids import uuid7
from app.web.templating import Speaker, speaking
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PaymentState
from tests.factories import people

BOX = (
    '{% import "storefront/payments/transfer.html" as payments with context %}'
    "{{ payments.transfer_box(transfer) }}"
)


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


@pytest.fixture
def arrive(db, house):
    """Lets money arrive (for nobody without a payment) and answers its receipt."""
    numbers = iter(range(100))

    async def make(amount, payment=None):
        async with db.transaction() as session:
            arrival = receipts.Arrival(
                provider="sepay",
                external_id=str(next(numbers)),
                account="bank:970436:0123456789",
                amount_minor=amount,
                memo="tien che",
                payment_id=payment.id if payment else None,
                arrived_at=house.clock.now(),
            )
            return await receipts.record_arrival(session, arrival, now=house.clock.now())

    return make


@pytest.fixture
def box(house, app):
    """Draws the transfer box as an order's page does."""

    def draw(payment, **overrides):
        account = payments.CollectingAccount(
            bank_bin="970436", account="0123456789", account_name="HTX CHE TAN CUONG", **overrides
        )
        now = house.clock.now()
        speaker = Speaker(
            lang="vi",
            translate=house.catalogue.translate,
            url=lambda name, **params: "/demo" if "demo" in name else str(app.url_path_for(name, **params)),
            now=now,
        )
        with speaking(speaker):
            return house.templates.from_string(BOX).render(
                transfer=payments.describe_transfer(payment, account),
                now=now,
                shell=SimpleNamespace(path="/orders/abc"),
            )

    return draw


def test_the_box_says_all_that_a_payer_needs(payment, box):
    """Amount, account, name, bank, memo, countdown, picture, card, and that a screenshot is no proof."""
    html = box(payment, takes_cards=True, is_demo=True)
    for words in (
        "350.000",
        "0123456789",
        "HTX CHE TAN CUONG",
        "Vietcombank",
        payment.code,
        "<svg",
        "Lưu ảnh QR",
    ):
        assert words in html
    assert f'data-countdown="{payment.expires_at.isoformat()}"' in html
    assert f'data-poll="/payments/{payment.token}/state?seen=pending-0"' in html
    assert "Ảnh chụp màn hình" in html and "Trả bằng thẻ" in html and "/demo?back=/orders/abc" in html
    assert "Trả bằng thẻ" not in box(payment) and "dùng thử" not in box(payment)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PaymentState.PAID, "Đã nhận đủ tiền"),
        (PaymentState.PAID_LATE, "sau giờ trả tiền"),
        (PaymentState.EXPIRED, "Đã hết giờ trả tiền"),
        (PaymentState.REFUNDED, "đã được trả lại"),
    ],
)
def test_the_box_says_how_it_ended(payment, box, state, words):
    """Nobody is asked for money any more, and the payer hears what happened."""
    payment.state = state
    html = box(payment)
    assert words in html and 'class="qr"' not in html and "Lưu ảnh QR" not in html


def test_the_box_asks_for_the_rest(payment, box, house):
    """A short payment shows what came and what is left; when its time is over, that it goes back."""
    payment.state, payment.received_minor = PaymentState.UNDERPAID, 100_000
    assert "Bạn chuyển nốt 250.000" in box(payment)
    house.clock.advance(minutes=15)
    assert "Chúng tôi sẽ trả lại tiền" in box(payment)


async def test_a_page_notices_the_payment(client, payment, arrive, house):
    """The state says `changed` exactly when the page that asks shows something else; expiry counts too."""
    address = f"/payments/{payment.token}/state"
    assert (await client.get(address)).json() == {"state": "pending", "changed": False}
    assert (await client.get(address, params={"seen": "pending-0"})).json()["changed"] is False
    await arrive(1_000, payment)
    answer = (await client.get(address, params={"seen": "pending-0"})).json()
    assert answer == {"state": "underpaid", "changed": True}
    await arrive(349_000, payment)
    answer = (await client.get(address, params={"seen": "underpaid-1000"})).json()
    assert answer == {"state": "paid", "changed": True}
    assert (await client.get("/payments/nobody/state")).status_code == 404


async def test_an_expired_page_notices(client, payment, house):
    """When the time is over the waiting page is out of date before any sweep."""
    house.clock.advance(minutes=15)
    answer = await client.get(f"/payments/{payment.token}/state", params={"seen": "pending-0"})
    assert answer.json() == {"state": "expired", "changed": True}


async def test_the_picture_is_saved(client, payment):
    """The QR code comes as a PNG to keep, named by its payment; an unknown token gets none."""
    answer = await client.get(f"/payments/{payment.token}/qr.png")
    assert answer.headers["content-type"] == "image/png"
    assert f"vietqr-{payment.code}.png" in answer.headers["content-disposition"]
    assert (await client.get("/payments/nobody/qr.png")).status_code == 404


@pytest.fixture
async def staff(db, client):
    """The visitor is of the staff."""
    async with db.transaction() as session:
        member = await people.make_staff(session)
        await people.log_in(session, client, member.person_id)
        return member


async def test_the_desk_is_closed_to_visitors(db, client, arrive):
    """Logged out goes to the log-in page, a buyer is refused, on every door of the desk."""
    receipt = await arrive(5_000)
    item = f"/admin/payments/{receipt.id}"
    assert (await client.get("/admin/payments")).status_code == 303
    async with db.transaction() as session:
        person = await people.make_person(session)
        await people.log_in(session, client, person.id)
    for answer in (
        await client.get("/admin/payments"),
        await client.get(item),
        await client.post(f"{item}/match", data={"code": "x"}),
        await client.post(f"{item}/return", data={"reference": "x"}),
    ):
        assert answer.status_code == 403


async def test_an_empty_desk_says_so(client, staff):
    """With nothing to do the desk says that all is well."""
    assert "Không có khoản nào chờ" in (await client.get("/admin/payments")).text


async def test_the_desk_shows_every_queue(client, staff, *, payment, open_payment, db, arrive, house):
    """Unmatched, short, too much, late and twice: each is there with its words and its advice."""
    async with db.transaction() as session:
        paid = await open_payment(session)
        late = await open_payment(session, expires_at=house.clock.now() + timedelta(seconds=1))
    got = [
        await arrive(5_000),
        await arrive(1_000, payment),
        await arrive(350_001, paid),
        await arrive(9_000, paid),
    ]
    house.clock.advance(minutes=1)
    got.append(await arrive(350_000, late))
    page = (await client.get("/admin/payments")).text
    for words in ("Chưa rõ của ai", "Chuyển thiếu", "Chuyển thừa", "Chuyển hai lần", "Đến muộn"):
        assert words in page
    for receipt in got:
        assert (await client.get(f"/admin/payments/{receipt.id}")).status_code == 200
    assert "để chuyển nốt" in (await client.get(f"/admin/payments/{got[1].id}")).text
    assert (await client.get(f"/admin/payments/{uuid7()}")).status_code == 404


async def test_money_is_matched_at_the_desk(client, staff, payment, arrive, db):
    """A wrong code is said beside the field and kept; the right one empties the queue and pays the order."""
    receipt = await arrive(350_000)
    address = f"/admin/payments/{receipt.id}/match"
    wrong = await client.post(address, data={"code": "CP2345678"})
    assert wrong.status_code == 422 and "Không có khoản thanh toán nào" in wrong.text
    assert 'value="CP2345678"' in wrong.text
    assert (await client.post(address, data={})).status_code == 422
    assert (await client.post(address, data={"code": payment.code})).status_code == 303
    assert (await client.post(address, data={"code": payment.code})).status_code == 409
    async with db.transaction() as session:
        assert (await payments.get_by_token(session, payment.token)).state is PaymentState.PAID


async def test_money_is_given_back_at_the_desk(client, staff, payment, arrive):
    """The bank's reference is asked for; once given back it waits no more; a waiting short payment is not given back."""
    receipt, short = await arrive(5_000), await arrive(1_000, payment)
    address = f"/admin/payments/{receipt.id}/return"
    assert (await client.post(address, data={"reference": " "})).status_code == 422
    assert (await client.post(address, data={"reference": "FT123"})).status_code == 303
    assert (await client.post(address, data={"reference": "FT123"})).status_code == 409
    refused = await client.post(f"/admin/payments/{short.id}/return", data={"reference": "FT1"})
    assert refused.status_code == 409 and "chờ hết giờ" in refused.text
