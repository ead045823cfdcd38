"""SePay's webhook: who may speak, what is understood, and that each report counts once."""

import json

import pytest
from sqlalchemy import func, select

from app.core.inbox import InboxMessage
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import PaymentState, Receipt, ReceiptOutcome
from storefront.payments.ports import BankChannels
from storefront.payments.sepay import SepayChannel
from tests.fakes import sepay

BANK = "bank:970436:0123456789"


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


@pytest.fixture
def report(client, house):
    """Sends a signed report and answers the response."""

    async def send(**overrides):
        return await sepay.send(client, sepay.make_body(**overrides), now=house.clock.now())

    return send


async def state_of(db, payment):
    """The payment as the database has it, and the receipts' outcomes in their order."""
    async with db.transaction() as session:
        found = await payments.get_by_token(session, payment.token)
        outcomes = await session.execute(select(Receipt.outcome).order_by(Receipt.id))
        return found.state, list(outcomes.scalars())


async def inbox_size(db):
    async with db.transaction() as session:
        return (await session.execute(select(func.count()).select_from(InboxMessage))).scalar_one()


@pytest.mark.parametrize(
    "spelling",
    [
        "{code}",
        "MBVCB.5812.{code}.CT tu 00123 toi 0123456789",
        "thanh toan {lower} cam on",
        "ND {spaced} tai ATM",
        "QR-{dashed}-che",
    ],
)
async def test_a_report_pays(db, payment, report, spelling):
    """Whatever the bank did to the memo, the code is found and the payment is paid."""
    code = payment.code
    content = spelling.format(
        code=code, lower=code.lower(), spaced=f"{code[:3]} {code[3:6]} {code[6:]}", dashed="-".join(code)
    )
    answer = await report(content=content)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert await state_of(db, payment) == (PaymentState.PAID, [ReceiptOutcome.MATCHED])


async def test_sepays_own_code_is_used_when_the_memo_was_cut(db, payment, report):
    """A memo without a code falls back to what SePay recognised."""
    await report(content=payment.code[:5], code=payment.code)
    assert (await state_of(db, payment))[0] is PaymentState.PAID


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "mua che"},
        {"content": "CP2345678"},
        {"accountNumber": "9876543210"},
        {"gateway": "Ngan hang la", "accountNumber": "1", "code": None, "content": None},
    ],
)
async def test_money_of_nobody_is_kept(db, payment, report, wrong):
    """P6: an unknown code or another account of ours leaves the payment alone and books the money."""
    assert (await report(**({"content": payment.code} | wrong))).status_code == 200
    assert await state_of(db, payment) == (PaymentState.PENDING, [ReceiptOutcome.UNMATCHED])
    async with db.transaction() as session:
        assert await ledger.balance(session, "suspense_unmatched") == -350_000


async def test_codes_of_two_payments_are_for_a_human(db, payment, open_payment, report):
    """P6: nobody guesses which of two payments is meant, not even SePay."""
    async with db.transaction() as session:
        other = await open_payment(session)
    await report(content=f"{payment.code} {other.code}", code=payment.code)
    assert await state_of(db, payment) == (PaymentState.PENDING, [ReceiptOutcome.UNMATCHED])


@pytest.mark.parametrize(
    ("amounts", "state", "outcomes"),
    [
        ([349_999], "underpaid", ["under"]),
        ([349_999, 1], "paid", ["under", "matched"]),
        ([350_001], "paid", ["over"]),
        ([350_000, 350_000], "paid", ["matched", "duplicate"]),
        ([10**15], "paid", ["over"]),
    ],
)
async def test_the_amount_decides(db, payment, *, report, amounts, state, outcomes):
    """P1 to P5 over the wire: short, whole, too much, twice; every đồng is in the bank's account of the books."""
    for amount in amounts:
        await report(content=payment.code, transferAmount=amount)
    assert await state_of(db, payment) == (state, outcomes)
    async with db.transaction() as session:
        assert await ledger.balance(session, BANK) == sum(amounts)


async def test_a_repeat_changes_nothing(db, payment, client, house):
    """P7: the same id answers success for ever and is booked once."""
    body = sepay.make_body(content=payment.code)
    for _time in range(3):
        answer = await sepay.send(client, body, now=house.clock.now())
        assert answer.json() == {"success": True}
    assert await state_of(db, payment) == (PaymentState.PAID, [ReceiptOutcome.MATCHED])
    assert await inbox_size(db) == 1


@pytest.mark.parametrize("kind", ["out", "fee"])
async def test_what_does_not_come_in_is_stored(db, payment, report, kind):
    """P10: outgoing money and unknown kinds answer 200, stand in the inbox and do nothing."""
    assert (await report(content=payment.code, transferType=kind)).json() == {"success": True}
    assert await state_of(db, payment) == (PaymentState.PENDING, [])
    assert await inbox_size(db) == 1


@pytest.mark.parametrize(
    "doubt",
    [
        {"secret": "guess"},
        {"age_s": 301},
        {"age_s": -301},
        {"headers": {}},
        {"headers": {"Authorization": "Apikey sepay-test-secret"}},
        {"headers": {"X-SePay-Timestamp": "now", "X-SePay-Signature": "sha256=00"}},
        {"headers": {"X-SePay-Timestamp": "9" * 40, "X-SePay-Signature": "sha256=00"}},
        {"headers": {"X-SePay-Timestamp": "1", "X-SePay-Signature": "sha256=é".encode()}},
    ],
)
async def test_a_stranger_is_refused(db, payment, client, house, doubt):
    """P11: a forged, missing, unreadable or aged signature is 401 and leaves no trace."""
    body = sepay.make_body(content=payment.code)
    answer = await sepay.send(client, body, now=house.clock.now(), **doubt)
    assert (answer.status_code, answer.json()) == (401, {"success": False})
    assert await inbox_size(db) == 0


async def test_a_changed_body_is_refused(payment, client, house):
    """P11: a signature holds for its own bytes alone."""
    stamp = str(int(house.clock.now().timestamp()))
    signature = sepay.sepay.sign("sepay-test-secret", int(stamp), json.dumps(sepay.make_body()).encode())
    headers = {"X-SePay-Timestamp": stamp, "X-SePay-Signature": signature}
    raw = sepay.make_body(content=payment.code)
    assert (await sepay.send(client, raw, now=house.clock.now(), headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"id": 1}',
        b"[" * 5_000,
        sepay.make_body(transferAmount=-350_000),
        sepay.make_body(transferAmount=0),
        sepay.make_body(transferAmount="350000"),
        sepay.make_body(transferAmount=350_000.5),
        sepay.make_body(transferAmount=True),
        sepay.make_body(transferAmount=10**15 + 1),
        sepay.make_body(id=10**30),
        sepay.make_body(id=-1),
        sepay.make_body(id=None),
        sepay.make_body(transferType=7),
        sepay.make_body(transactionDate="0001-01-01 00:00:00"),
        sepay.make_body(transactionDate="yesterday"),
    ],
)
async def test_an_unreadable_report_is_refused(db, client, house, raw):
    """P11: garbage, negative, fractional and impossible figures are 400 and leave no trace."""
    answer = await sepay.send(client, raw, now=house.clock.now())
    assert (answer.status_code, answer.json()) == (400, {"success": False})
    assert await inbox_size(db) == 0


async def test_odd_characters_turn_no_money_away(db, payment, report):
    """A NUL in the memo, an endless memo, no date: the money is still booked."""
    odd = {"content": f"{payment.code}\x00" + "x" * 9_000, "transactionDate": None}
    assert (await report(**odd)).status_code == 200
    assert (await state_of(db, payment))[0] is PaymentState.PAID


async def test_the_api_key_opens_too(db, payment, client, house):
    """Where SePay is set to send its key, the key vouches for a report without a signature."""
    channels = house.port(BankChannels)
    before = channels["sepay"]
    channels["sepay"] = SepayChannel(secret="", api_key="khoa-bi-mat")
    try:
        body = sepay.make_body(content=payment.code)
        wrong = await sepay.send(client, body, now=house.clock.now())
        right = await sepay.send(
            client, body, now=house.clock.now(), headers={"Authorization": "Apikey khoa-bi-mat"}
        )
    finally:
        channels["sepay"] = before
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert (await state_of(db, payment))[0] is PaymentState.PAID


async def test_a_webhook_without_a_secret_does_not_exist(client, house):
    """P11: an empty secret is forgeable, so the webhook is not there; nor is one of an unknown messenger."""
    channels = house.port(BankChannels)
    before = channels["sepay"]
    channels["sepay"] = SepayChannel(secret="", api_key="")
    try:
        closed = await sepay.send(client, sepay.make_body(), now=house.clock.now(), secret="")
    finally:
        channels["sepay"] = before
    assert closed.status_code == 404
    assert (await client.post("/webhooks/nobody", content=b"{}")).status_code == 404
