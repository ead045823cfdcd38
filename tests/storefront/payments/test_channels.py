"""One suite for every messenger of bank transfers: who may speak, what is understood, and that it counts once."""

import json

import pytest
from sqlalchemy import func, select

from app.core.inbox import InboxMessage
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.errors import BadSignatureError
from storefront.payments.models import PaymentState, Receipt, ReceiptOutcome
from storefront.payments.ports import BankChannels
from tests.fakes import messengers

BANK = "bank:970436:0123456789"

pytestmark = pytest.mark.parametrize("messenger", messengers.ALL, ids=lambda messenger: messenger.name)


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


async def state_of(db, payment):
    """The payment as the database has it, and the receipts' outcomes in their order."""
    async with db.transaction() as session:
        found = await payments.get_by_token(session, payment.token)
        outcomes = await session.execute(select(Receipt.outcome).order_by(Receipt.id))
        return found.state, list(outcomes.scalars())


async def inbox_size(db):
    async with db.transaction() as session:
        return (await session.execute(select(func.count()).select_from(InboxMessage))).scalar_one()


async def test_a_signed_report_pays(db, payment, client, house, messenger):
    """P1: whoever reports it, the code in the memo finds its payment and the money is in the bank's account."""
    answer = await messengers.send(
        client, messenger, messenger.make(f"MBVCB.{payment.code}.CT"), now=house.clock.now()
    )
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert await state_of(db, payment) == (PaymentState.PAID, [ReceiptOutcome.MATCHED])
    async with db.transaction() as session:
        assert await ledger.balance(session, BANK) == 350_000


async def test_a_wrong_secret_is_refused(db, payment, client, house, messenger):
    """P11: a report signed with another secret is 401 and leaves no trace."""
    answer = await messengers.send(
        client, messenger, messenger.make(payment.code), now=house.clock.now(), secret="guess"
    )
    assert (answer.status_code, answer.json()) == (401, {"success": False})
    assert await inbox_size(db) == 0


async def test_no_signature_is_refused(db, payment, client, messenger):
    """P11: a report without any signature is 401 and leaves no trace."""
    answer = await client.post(f"/webhooks/{messenger.name}", json=messenger.make(payment.code))
    assert answer.status_code == 401 and await inbox_size(db) == 0


@pytest.mark.parametrize("facts", [{"transferAmount": 1, "amount": 1}, {"content": "x", "description": "x"}])
async def test_a_changed_fact_is_refused(db, payment, client, house, messenger, facts):
    """P11: a signature holds for its own facts alone."""
    body = messenger.make(payment.code)
    raw, headers = messenger.prove(body, secret=messenger.secret, now=house.clock.now())
    changed = messengers.change(json.loads(raw), facts)
    answer = await client.post(f"/webhooks/{messenger.name}", json=changed, headers=headers)
    assert answer.status_code == 401 and await inbox_size(db) == 0


@pytest.mark.parametrize("age_s", [301, -301, 300])
async def test_an_old_signature_is_refused(payment, client, house, messenger, age_s):
    """P11: where the scheme has a time it holds for 5 minutes; payOS's has none, and the inbox meets the replay."""
    answer = await messengers.send(
        client, messenger, messenger.make(payment.code), now=house.clock.now(), age_s=age_s
    )
    assert answer.status_code == (401 if messenger.has_time and abs(age_s) > 300 else 200)


async def test_an_empty_secret_closes_the_webhook(client, house, messenger):
    """P11: an empty secret is forgeable, so the webhook is not there."""
    channels = house.port(BankChannels)
    before = channels[messenger.name]
    channels[messenger.name] = messenger.open("")
    try:
        closed = await messengers.send(
            client, messenger, messenger.make("x"), now=house.clock.now(), secret=""
        )
    finally:
        channels[messenger.name] = before
    assert closed.status_code == 404


async def test_an_empty_secret_vouches_for_nothing(house, messenger):
    """P11: even past the closed door a report signed with the empty key is refused."""
    raw, headers = messenger.prove(messenger.make("x"), secret="", now=house.clock.now())
    lower = {name.lower(): value for name, value in headers.items()}
    with pytest.raises(BadSignatureError):
        messenger.open("").verify(raw, lower, now=house.clock.now())


async def test_a_doubled_report_counts_once(db, payment, client, house, messenger):
    """P7: the same report three times answers success and is booked once."""
    body = messenger.make(payment.code)
    for _time in range(3):
        answer = await messengers.send(client, messenger, body, now=house.clock.now())
        assert answer.json() == {"success": True}
    assert await state_of(db, payment) == (PaymentState.PAID, [ReceiptOutcome.MATCHED])
    assert await inbox_size(db) == 1


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
async def test_reordered_parts_add_up(db, payment, client, house, messenger, order):
    """P2: two parts pay, whichever is reported first."""
    bodies = [messenger.make(payment.code, 100_000), messenger.make(payment.code, 250_000)]
    for place in order:
        await messengers.send(client, messenger, bodies[place], now=house.clock.now())
    assert await state_of(db, payment) == (PaymentState.PAID, [ReceiptOutcome.UNDER, ReceiptOutcome.MATCHED])


async def test_what_does_not_come_in_is_stored(db, payment, client, house, messenger):
    """P10: money that goes out, or that failed, is stored, answered with 200 and does nothing."""
    body = messenger.make(payment.code, is_out=True)
    assert (await messengers.send(client, messenger, body, now=house.clock.now())).status_code == 200
    assert await state_of(db, payment) == (PaymentState.PENDING, [])
    assert await inbox_size(db) == 1


async def test_a_signed_body_that_says_nothing_is_refused(db, client, house, messenger):
    """P11: impossible figures, though signed, are 400 and leave no trace."""
    for facts in messenger.broken:
        body = messengers.change(messenger.make("x"), facts)
        answer = await messengers.send(client, messenger, body, now=house.clock.now())
        assert (answer.status_code, answer.json()) == (400, {"success": False}), facts
    assert await inbox_size(db) == 0


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"[" * 5_000, b'{"data": NaN}', b'{"data": []}']
)
async def test_garbage_is_refused(db, client, house, messenger, raw):
    """P11: what is no JSON, or no report, is refused whatever signature stands beside it, and leaves no trace."""
    _right, headers = messenger.prove(messenger.make("x"), secret=messenger.secret, now=house.clock.now())
    answer = await client.post(f"/webhooks/{messenger.name}", content=raw, headers=headers)
    assert answer.status_code in {400, 401} and await inbox_size(db) == 0


async def test_another_account_names_nobody(db, payment, client, house, messenger):
    """P6: money on an account that does not collect leaves the payment alone and is kept for a human."""
    body = messenger.make(payment.code, account="9876543210")
    assert (await messengers.send(client, messenger, body, now=house.clock.now())).status_code == 200
    assert await state_of(db, payment) == (PaymentState.PENDING, [ReceiptOutcome.UNMATCHED])


async def test_odd_characters_turn_no_money_away(db, payment, client, house, messenger):
    """P6: a NUL, marks and slashes in the memo, no time: the money is still booked."""
    blank = {"transactionDate": None, "transactionDateTime": None}
    body = messengers.change(messenger.make(f"{payment.code}\x00 chè/Đinh “ngon”"), blank)
    assert (await messengers.send(client, messenger, body, now=house.clock.now())).status_code == 200
    assert (await state_of(db, payment))[0] is PaymentState.PAID
