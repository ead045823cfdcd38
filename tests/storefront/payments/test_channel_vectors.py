"""The messengers' published samples: key, body and signature as Casso and payOS print them in their documents."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.core.inbox import InboxMessage
from storefront.payments import casso, payos
from storefront.payments import service as payments
from storefront.payments.errors import BadSignatureError
from storefront.payments.models import PaymentState
from tests.fakes import messengers

CASSO_KEY = "mgExMrjj4i7a1p8Cs6LmFbpCd8lbw4sSX4LZXPag7TKazeIogtR90tvWYTkwQbvs"
CASSO_HEADER = (
    "t=1727948258788,v1=ed0a4bd2e826d5cb69988cdb141e6c1a080e21f3b57eb72cd78192220042b9e7"
    "dde0868fc667faea8e224900fa7904e7c88dfa098032fb2d6b6996856e8b7ff3"
)
CASSO_BODY = {
    "error": 0,
    "data": {
        "id": 0,
        "reference": "MA_GIAO_DICH_THU_NGHIEM",
        "description": "giao dich thu nghiem",
        "amount": 599000,
        "runningBalance": 25000000,
        "transactionDateTime": "2024-10-03 15:06:37",
        "accountNumber": "88888888",
        "bankName": "VPBank",
        "bankAbbreviation": "VPB",
        "virtualAccountNumber": "",
        "virtualAccountName": "",
        "counterAccountName": "NGUYEN VAN A",
        "counterAccountNumber": "8888888888",
        "counterAccountBankId": "970415",
        "counterAccountBankName": "VietinBank",
    },
}
PAYOS_KEY = "1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"
PAYOS_SIGNATURE = "412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03"
PAYOS_DATA = {
    "orderCode": 123,
    "amount": 3000,
    "description": "VQRIO123",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2023-02-04 18:25:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "Thành công",
    "counterAccountBankId": "",
    "counterAccountBankName": "",
    "counterAccountName": "",
    "counterAccountNumber": "",
    "virtualAccountName": "",
    "virtualAccountNumber": "",
}


def test_the_published_vector_of_casso_passes():
    """Casso's own sample: its key, its header and its body agree, and only within 5 minutes of its stamp."""
    channel = casso.CassoChannel(secret=CASSO_KEY)
    raw, headers = json.dumps(CASSO_BODY).encode(), {"x-casso-signature": CASSO_HEADER}
    then = datetime.fromtimestamp(1_727_948_258, UTC)
    channel.verify(raw, headers, now=then)
    assert channel.read(raw, now=then) is None
    for forged, late in ((raw.replace(b"599000", b"599001"), 0), (raw, 301), (raw, -301)):
        with pytest.raises(BadSignatureError):
            channel.verify(forged, headers, now=datetime.fromtimestamp(1_727_948_258 + late, UTC))


@pytest.mark.parametrize("spelling", [0, 1])
def test_casso_may_spell_letters_in_two_ways(spelling):
    """Beyond plain ASCII the samples differ: letters as they are, or escaped with their slashes; both are taken."""
    body = messengers.change(CASSO_BODY, {"id": 7, "description": "chè/Đinh", "amount": 599000.0})
    stamp = "1727948258788"
    signature = casso.sign(CASSO_KEY, stamp, casso.spell(body)[spelling])
    casso.CassoChannel(secret=CASSO_KEY).verify(
        json.dumps(body).encode(),
        {"x-casso-signature": f"t={stamp},v1={signature}"},
        now=datetime.fromtimestamp(1_727_948_258, UTC),
    )
    assert "599000.0" not in casso.spell(body)[0] and "\\/" in casso.spell(body)[1]


def test_the_published_vector_of_payos_passes():
    """The sample of payOS: its key, its data and its signature agree, and one đồng more does not."""
    assert payos.sign(PAYOS_KEY, PAYOS_DATA) == PAYOS_SIGNATURE
    channel = payos.PayosChannel(checksum_key=PAYOS_KEY)
    body = {"code": "00", "success": True, "data": PAYOS_DATA, "signature": PAYOS_SIGNATURE}
    raw, then = json.dumps(body).encode(), datetime(2023, 2, 4, tzinfo=UTC)
    channel.verify(raw, {}, now=then)
    assert channel.read(raw, now=then) is None
    with pytest.raises(BadSignatureError):
        channel.verify(raw.replace(b"3000", b"3001"), {}, now=then)


def test_payos_spells_what_is_empty_and_what_is_nested():
    """null, "null" and "undefined" are empty; lists and truth values are compact JSON with their keys in order."""
    odd = {"b": None, "a": "null", "c": "undefined", "d": [{"y": 1, "x": "é"}], "e": True, "f": 3000}
    assert payos.spell(odd) == 'a=&b=&c=&d=[{"x":"é","y":1}]&e=true&f=3000'


@pytest.mark.parametrize("messenger", messengers.ALL[1:], ids=lambda messenger: messenger.name)
async def test_a_trial_of_the_line_books_nothing(db, open_payment, client, house, messenger):
    """P10: a messenger's trial is answered with 200 and leaves no trace (SePay's are plain transfers)."""
    async with db.transaction() as session:
        payment = await open_payment(session)
    body = messengers.change(messenger.make(payment.code), messenger.trial)
    answer = await messengers.send(client, messenger, body, now=house.clock.now())
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    async with db.transaction() as session:
        assert (await payments.get_by_token(session, payment.token)).state is PaymentState.PENDING
        assert (await session.scalars(select(InboxMessage))).all() == []
