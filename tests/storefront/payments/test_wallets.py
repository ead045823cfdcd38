"""Wallets: signed pages and signed notices, one suite for VNPAY, MoMo and ZaloPay (FLOWS.md, P28 to P30)."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from sqlalchemy import select

from app.core.errors import UpstreamError
from app.core.ids import uuid7
from app.core.inbox import InboxMessage
from app.wiring import make_house
from storefront.ledger import service as ledger
from storefront.payments import momo, vnpay, zalopay
from storefront.payments import service as payments
from storefront.payments.errors import BadSignatureError
from storefront.payments.models import AttemptState, CardAttempt, PaymentState
from storefront.payments.ports import CardOrder
from storefront.payments.wallet_ports import Wallets
from tests.fakes.wallets import PRICE, URL, WALLETS, Momo, Vnpay, Zalopay, answer_pages

each = pytest.mark.parametrize("wallet", WALLETS, ids=lambda wallet: wallet.name)


@pytest.fixture
def taken(house):
    """All three wallets with their keys."""
    before = house.port(Wallets)
    opened = [wallet.open(transport=httpx.MockTransport(answer_pages)) for wallet in WALLETS]
    house.provide(Wallets, Wallets({gateway.name: gateway for gateway in opened}))
    yield opened
    house.provide(Wallets, before)


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


async def begin(client, payment, wallet):
    """Go to the wallet's page, as the payer does; answers our name of the try there."""
    answer = await client.post(
        f"/payments/{payment.token}/wallet/{wallet.name}", data={"back": "/orders/abc"}
    )
    assert answer.status_code == 303, answer.text
    prefix = "261112_" if wallet.name == "zalopay" else ""
    return answer.headers["location"], f"{prefix}{payment.code}T1"


async def state_of(db, payment):
    async with db.transaction() as session:
        found = await payments.get_by_token(session, payment.token)
        attempts = (await session.scalars(select(CardAttempt).order_by(CardAttempt.number))).all()
        return found.state, [attempt.state for attempt in attempts]


@each
async def test_a_signed_notice_pays_once(db, payment, client, taken, wallet):
    """P29: the notice pays, its repeat is known, and the money is with the provider until it is paid out."""
    url, reference = await begin(client, payment, wallet)
    assert url.startswith("https://")
    first = await wallet.send(client, wallet.fields(reference))
    again = await wallet.send(client, wallet.fields(reference))
    assert wallet.said(first) in {"done", "taken"} and wallet.said(again) in {"known", "taken"}
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])
    async with db.transaction() as session:
        assert await ledger.balance(session, f"gateway_clearing:{wallet.name}") == PRICE


@each
async def test_a_stranger_is_refused(db, payment, client, taken, wallet):
    """P29: another secret, or one đồng changed behind the signature, is forged and leaves no trace."""
    _url, reference = await begin(client, payment, wallet)
    name = "vnp_Amount" if wallet.name == "vnpay" else "amount"
    value = "100" if wallet.name == "vnpay" else 1
    for answer in (
        await wallet.send(client, wallet.fields(reference), secret="guess"),
        await wallet.send(client, wallet.fields(reference), **{name: value}),
    ):
        assert wallet.said(answer) == "forged"
    assert (await state_of(db, payment))[0] is PaymentState.PENDING
    async with db.transaction() as session:
        assert (await session.scalars(select(InboxMessage))).all() == []


@each
async def test_unknown_and_other_amounts_change_nothing(db, payment, client, taken, wallet):
    """P29, P30: a try that we do not know comes before the amount, the amount before all else; both wait for a human."""
    _url, reference = await begin(client, payment, wallet)
    unknown = await wallet.send(client, wallet.fields("CP2345678T1", 1))
    amount = await wallet.send(client, wallet.fields(reference, PRICE + 1))
    assert wallet.said(unknown) in {"unknown", "taken"} and wallet.said(amount) in {
        "amount",
        "wrong_amount",
        "taken",
    }
    assert (await state_of(db, payment))[0] is PaymentState.PENDING
    async with db.transaction() as session:
        assert [found.handled_at for found in await session.scalars(select(InboxMessage))] == [None, None]
    assert wallet.said(await wallet.send(client, wallet.fields(reference))) in {"done", "taken"}


@pytest.mark.parametrize("wallet", WALLETS[:2], ids=["vnpay", "momo"])
async def test_a_failure_may_become_a_success(db, payment, client, taken, wallet):
    """P30: failed, failed again, paid, and then nothing takes it back."""
    _url, reference = await begin(client, payment, wallet)
    said = [
        wallet.said(await wallet.send(client, wallet.fields(reference, is_paid=is_paid, number=number)))
        for is_paid, number in ((False, 1), (False, 2), (True, 3), (False, 4), (True, 5))
    ]
    assert said in (["done", "known", "done", "known", "known"], ["taken"] * 5)
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])
    async with db.transaction() as session:
        assert await ledger.balance(session, f"gateway_clearing:{wallet.name}") == PRICE


@each
async def test_a_closed_wallet_does_not_exist(payment, client, wallet):
    """P28: without keys there is no page to go to, no webhook, and no signature that an empty secret vouches for."""
    answer = await client.post(f"/payments/{payment.token}/wallet/{wallet.name}", data={})
    assert answer.status_code == 404
    assert (await wallet.send(client, wallet.fields("x"), secret="")).status_code == 404
    assert not wallet.open("").is_open


@each
async def test_a_page_opened_by_a_process_that_died_is_found(db, payment, client, taken, wallet):
    """P29: the provider knows the try, we only meant it: the notice's name leads to it, and to no other wallet's."""
    _url, reference = await begin(client, payment, wallet)
    async with db.transaction() as session:
        [attempt] = (await session.scalars(select(CardAttempt))).all()
        attempt.provider_id, attempt.state = None, AttemptState.INTENDED
    other = next(found for found in WALLETS if found is not wallet)
    await other.send(client, other.fields(reference))
    assert (await state_of(db, payment))[0] is PaymentState.PENDING
    await wallet.send(client, wallet.fields(reference))
    assert await state_of(db, payment) == (PaymentState.PAID, [AttemptState.PAID])


async def test_each_wallet_is_a_try_of_its_own(db, payment, client, taken):
    """P28: another wallet opens another page; going back to the same one uses its page again."""
    await begin(client, payment, WALLETS[0])
    await begin(client, payment, WALLETS[1])
    await begin(client, payment, WALLETS[1])
    assert (await state_of(db, payment))[1] == [AttemptState.OPEN, AttemptState.OPEN]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"resultCode": 11, "return_code": 2}),
        httpx.Response(200, json={"resultCode": 0, "return_code": 1}),
        httpx.Response(
            200, json={"resultCode": 0, "payUrl": "javascript:1", "return_code": 1, "order_url": "x"}
        ),
    ],
)
@pytest.mark.parametrize("wallet", WALLETS[1:], ids=["momo", "zalopay"])
async def test_a_provider_that_opens_no_page_leaves_the_transfer(payment, house, wallet, answer):
    """P28: an error, nonsense or a strange address is said to the payer, who can still pay by transfer."""
    gateway = wallet.open(transport=httpx.MockTransport(lambda _request: answer))
    with pytest.raises(UpstreamError):
        await gateway.open_session(order_of(house.clock.now()))


def order_of(now):
    """A page to ask for."""
    return CardOrder(
        payment_id=uuid7(),
        title="Chợ Phiên DH4K7P",
        amount_minor=PRICE,
        expires_at=now + timedelta(minutes=31),
        success_url="https://cho.example.vn/orders/abc",
        cancel_url="https://cho.example.vn/orders/abc",
        idempotency_key="payment:1:attempt:1",
        reference="CP2345678T1",
        started_at=now,
        notify_url="https://cho.example.vn/webhooks/x",
    )


async def test_vnpay_is_asked_as_its_document_says(house):
    """Amount times 100, Vietnam's clock, ASCII words, blanks as +, and a hash over all that was sent."""
    opened = await Vnpay().open().open_session(order_of(house.clock.now()))
    query = urlsplit(opened.url).query
    fields = dict(parse_qsl(query))
    assert fields["vnp_Amount"] == "35000000" and fields["vnp_TxnRef"] == "CP2345678T1"
    assert (fields["vnp_CreateDate"], fields["vnp_ExpireDate"]) == ("20261112090000", "20261112093100")
    assert "vnp_OrderInfo=Cho+Phien+DH4K7P" in query
    proof = fields.pop("vnp_SecureHash")
    assert proof == vnpay.sign("bi-mat", fields) and len(proof) == 128


def test_vnpays_published_address_is_spelled_as_published():
    """The sample address of VNPAY's document: the same fields give the same text (its secret is not published)."""
    published = (
        "vnp_Amount=1806000&vnp_Command=pay&vnp_CreateDate=20210801153333&vnp_CurrCode=VND&vnp_IpAddr=127.0.0.1"
        "&vnp_Locale=vn&vnp_OrderInfo=Thanh+toan+don+hang+%3A5&vnp_OrderType=other"
        "&vnp_ReturnUrl=https%3A%2F%2Fdomainmerchant.vn%2FReturnUrl&vnp_TmnCode=DEMOV210&vnp_TxnRef=5"
        "&vnp_Version=2.1.0"
    )
    fields = dict(reversed(parse_qsl(published)))
    assert vnpay.spell(fields | {"vnp_SecureHash": "x", "vnp_SecureHashType": "HmacSHA512"}) == published


@pytest.mark.parametrize("bent", [{"vnp_Amount": "35000001"}, {"vnp_Amount": "x"}, {"vnp_Amount": "9" * 40}])
async def test_vnpay_with_an_impossible_amount(payment, client, taken, bent):
    """P29: no whole đồng is 01 for an unknown try and 04 for a known one; a doubled field or another shop's code is 97."""
    wallet = WALLETS[0]
    fields = wallet.fields("CP2345678T1")
    assert wallet.said(await wallet.send(client, fields | bent)) == "unknown"
    _url, reference = await begin(client, payment, wallet)
    assert wallet.said(await wallet.send(client, wallet.fields(reference) | bent)) == "amount"
    assert wallet.said(await wallet.send(client, fields | {"vnp_TmnCode": "OTHER"})) == "forged"
    signed = fields | {"vnp_SecureHash": vnpay.sign("bi-mat", fields)}
    doubled = await client.get(f"/webhooks/vnpay?{urlencode(signed)}&vnp_TxnRef=CP2345678T1")
    assert wallet.said(doubled) == "forged"


async def test_momo_is_asked_as_its_document_says(house):
    """The ten fields in their order, the access key in the signature but not in the body."""
    seen = []

    def answer(request):
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={"resultCode": 0, "payUrl": URL})

    await Momo().open(transport=httpx.MockTransport(answer)).open_session(order_of(house.clock.now()))
    [body] = seen
    assert (body["requestType"], body["amount"], body["orderId"]) == ("captureWallet", PRICE, "CP2345678T1")
    assert "accessKey" not in body
    assert body["signature"] == momo.sign("bi-mat", momo.ASKED, body | {"accessKey": "chia"})


def test_momo_signs_the_text_of_its_document():
    """The order of names is the document's: with its test keys, the text is spelled out here by hand."""
    fields = Momo().fields("MM1") | {"accessKey": "F8BBA842ECF85"}
    text = (
        "accessKey=F8BBA842ECF85&amount=350000&extraData=&message=Thành công.&orderId=MM1"
        "&orderInfo=Cho Phien DH4K7P&orderType=momo_wallet&partnerCode=CHOPHIEN&payType=qr&requestId=MM1"
        "&responseTime=1633504902954&resultCode=0&transId=14"
    )
    assert momo.sign("k", momo.TOLD, fields) == zalopay.mac("k", text)


@pytest.mark.parametrize(
    "bent", [{"resultCode": "0"}, {"amount": 350_000.5}, {"transId": None}, {"amount": -1}]
)
async def test_momo_must_be_readable(payment, client, taken, bent):
    """P29: a code that is a word, half a đồng, no number: 400; another partner's: 401."""
    fields = WALLETS[1].fields("CP2345678T1")
    assert (await WALLETS[1].send(client, fields, **bent)).status_code == 400
    assert (await WALLETS[1].send(client, fields | {"partnerCode": "OTHER"})).status_code == 401


def test_the_published_vector_of_zalopay_passes():
    """ZaloPay's printed order of its sandbox shop 553: its key1 gives the mac that is printed beside it."""
    order = {
        "app_id": 553,
        "app_trans_id": "200904_000234",
        "app_user": "user123",
        "amount": 10_000,
        "app_time": 1_599_202_366_026,
        "embed_data": "{}",
        "item": "[]",
    }
    printed = "7e95836a9feace32458f23416feea423172ef0a098f27a668a1e10788b5a6838"
    assert zalopay.sign_order("9phuAOYhan4urywHTh0ndEXiV3pKHr5Q", order) == printed


async def test_zalopay_is_asked_as_its_document_says(house):
    """The day of Vietnam before our name, the seven fields signed with key1, the life of the page in seconds."""
    seen = []

    def answer(request):
        seen.append(dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
        return httpx.Response(200, json={"return_code": 1, "order_url": URL})

    late = datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    opened = await Zalopay().open(transport=httpx.MockTransport(answer)).open_session(order_of(late))
    [body] = seen
    assert opened.provider_id == body["app_trans_id"] == "261113_CP2345678T1"
    assert body["expire_duration_seconds"] == "1860"
    assert body["mac"] == zalopay.sign_order("khoa-mot", body)


@pytest.mark.parametrize(
    "data",
    ["x", "{}", '{"app_id": "2553"}', '{"app_id": 1, "app_trans_id": "a", "amount": 1, "zp_trans_id": 1}'],
)
async def test_zalopay_must_be_readable(payment, client, taken, data):
    """P29: signed, but no callback of ours: -1, and nothing is sent again."""
    body = {"data": data, "mac": zalopay.mac("bi-mat", data), "type": 1}
    assert (await client.post("/webhooks/zalopay", json=body)).json()["return_code"] == -1
    assert (await client.post("/webhooks/zalopay", content=b"x")).json()["return_code"] == -1


KEYS = {
    "vnpay_tmn_code": "CHOPHIEN",
    "vnpay_secret": "a",
    "momo_partner_code": "CHOPHIEN",
    "momo_access_key": "b",
    "momo_secret": "c",
    "zalopay_app_id": 2553,
    "zalopay_key1": "d",
    "zalopay_key2": "e",
}


@pytest.mark.parametrize(
    "keys", [{}, KEYS, KEYS | {"vnpay_tmn_code": "", "momo_access_key": "", "zalopay_key1": ""}]
)
async def test_keys_open_wallets(settings, database_url, house, keys):
    """P28: all keys of a wallet, or no wallet; forms may lead to the pages of those that are open."""
    other = make_house(settings.model_copy(update=keys), database_url, clock=house.clock, pool_size=2)
    names = [name for name, _label in other.port(payments.CollectingAccount).wallets]
    assert names == (["vnpay", "momo", "zalopay"] if keys == KEYS else [])
    assert ("https://sandbox.vnpayment.vn" in other.form_targets) is bool(names)
    await other.database.close()


async def test_the_return_pays_nothing(db, payment, client, taken):
    """P29: whoever comes back from VNPAY with a success in the address has paid nothing yet."""
    wallet = WALLETS[0]
    _url, reference = await begin(client, payment, wallet)
    fields = wallet.fields(reference)
    signed = fields | {"vnp_SecureHash": vnpay.sign("bi-mat", fields)}
    await client.get(f"/orders/abc?{urlencode(signed)}")
    assert (await state_of(db, payment))[0] is PaymentState.PENDING
    with pytest.raises(BadSignatureError):
        taken[0].read_notice(b"", "")
