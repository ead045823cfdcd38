"""A payment: asked once, described as a transfer, expired on read, accepted late."""

from datetime import timedelta

import pytest

from app.core import ids
from app.core.errors import ConflictError, NotFoundError
from app.core.ids import uuid7
from storefront.ledger import service as ledger
from storefront.payments import banks, jobs, pictures, receipts, vietqr
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentPaid
from storefront.payments.models import PayableKind, PaymentState, ReceiptOutcome, Resolution

ACCOUNT = payments.CollectingAccount(
    bank_bin="970436", account="0123456789", account_name="HTX CHE TAN CUONG", takes_cards=True
)


def arrival(payment, amount, number="1", at=None):
    """Money for a payment."""
    return receipts.Arrival(
        provider="sepay",
        external_id=number,
        account="bank:970436:0123456789",
        amount_minor=amount,
        memo="",
        payment_id=payment.id if payment else None,
        arrived_at=at or payment.created_at,
    )


async def test_a_payable_is_asked_once(session, open_payment):
    """The same payable with the same amount gets its first payment; another amount is a conflict."""
    first = await open_payment(session)
    again = await open_payment(session, payable_id=first.payable_id)
    assert again.id == first.id and ids.is_valid_code(first.code)
    with pytest.raises(ConflictError):
        await open_payment(session, payable_id=first.payable_id, amount_minor=1)


async def test_nothing_to_pay_is_no_payment(session, open_payment):
    """An amount below one đồng is a mistake of the caller."""
    with pytest.raises(ValueError, match="nothing to pay"):
        await open_payment(session, amount_minor=0)


async def test_a_taken_code_is_not_given_twice(session, open_payment):
    """Codes name one payment each: a taken one is drawn again, and at the end it is an error."""
    first = await open_payment(session)
    free = ids.new_payment_code()
    drawn = iter([first.code, free])
    assert (await open_payment(session, make_code=lambda: next(drawn))).code == free
    with pytest.raises(RuntimeError):
        await open_payment(session, make_code=lambda: free)


async def test_payments_are_found(session, open_payment):
    """By payable, by token, and by a code however a bank spells it."""
    payment = await open_payment(session)
    other = await open_payment(session)
    facts = {"payable_kind": payment.payable_kind, "payable_id": payment.payable_id}
    assert await payments.find_payment(session, **facts) is payment
    assert await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=uuid7()) is None
    assert await payments.get_by_token(session, payment.token) is payment
    with pytest.raises(NotFoundError):
        await payments.get_by_token(session, "none")
    spelled = f"mbvcb.1.{payment.code[:4].lower()} {payment.code[4:]} ck"
    assert await payments.find_by_code(session, spelled) is payment
    assert await payments.find_by_code(session, f"{payment.code} {other.code}") is None
    assert await payments.find_by_code(session, "tien che") is None


async def test_a_transfer_is_described(session, open_payment, house):
    """The QR code, read back, is the account, the amount still due and the code as memo."""
    payment = await open_payment(session)
    view = payments.describe_transfer(payment, ACCOUNT)
    code = vietqr.parse(view.qr_text)
    assert (code.bank_bin, code.account) == ("970436", "0123456789")
    assert (code.amount, code.purpose, code.is_dynamic) == (350_000, payment.code, True)
    assert view.bank_name == banks.load_banks()["970436"].short_name
    assert view.qr_svg.startswith("<svg") and view.takes_cards and not view.is_demo
    await receipts.record_arrival(session, arrival(payment, 100_000), now=house.clock.now())
    assert payments.describe_transfer(payment, ACCOUNT).amount_minor == 250_000
    await receipts.record_arrival(session, arrival(payment, 250_000, "2"), now=house.clock.now())
    assert payments.describe_transfer(payment, ACCOUNT).amount_minor == 350_000
    assert pictures.draw_png(view.qr_text).startswith(b"\x89PNG")


async def test_expiry_counts_on_read(session, open_payment, house):
    """A payment whose time is over reads as expired before anybody swept it, and its page is out of date."""
    payment = await open_payment(session)
    now = house.clock.now()
    view = payments.describe_transfer(payment, ACCOUNT)
    assert payments.state_at(payment, now) is PaymentState.PENDING
    assert payments.seen_at(payment, now) == view.seen_at(now) == "pending-0"
    late = payment.expires_at
    assert payments.state_at(payment, late) is view.state_at(late) is PaymentState.EXPIRED
    assert payments.seen_at(payment, late) == "expired-0"


async def test_what_is_due_is_swept(db, session, open_payment, house):
    """The job expires what nobody paid in time, and nothing else."""
    due = await open_payment(session)
    later = await open_payment(session, expires_at=house.clock.now() + timedelta(hours=1))
    house.clock.advance(minutes=16)
    await jobs.expire_due(session, now=house.clock.now())
    await session.refresh(due)
    await session.refresh(later)
    assert (due.state, later.state) == (PaymentState.EXPIRED, PaymentState.PENDING)


async def test_the_waiting_can_be_ended(session, open_payment, house):
    """Ended early: no money -> expired; a part -> it stays in its queue and the rest is late; paid -> untouched."""
    now = house.clock.now()
    empty, part, paid = [await open_payment(session) for _ in range(3)]
    await receipts.record_arrival(session, arrival(part, 1_000, "1"), now=now)
    await receipts.record_arrival(session, arrival(paid, 350_000, "2"), now=now)
    for payment in (empty, part, paid):
        await payments.expire_payment(
            session, payable_kind=payment.payable_kind, payable_id=payment.payable_id, now=now
        )
        await session.refresh(payment)
    assert [payment.state for payment in (empty, part, paid)] == ["expired", "underpaid", "paid"]
    assert part.expires_at == now
    await receipts.record_arrival(session, arrival(part, 349_000, "3"), now=now)
    assert part.state is PaymentState.PAID_LATE


async def test_late_money_can_be_accepted(session, open_payment, house, heard):
    """P4: accepted, it is paid and announced once; its surplus stays owed to the payer."""
    payment = await open_payment(session)
    house.clock.advance(minutes=16)
    now = house.clock.now()
    await receipts.record_arrival(session, arrival(payment, 100_000, "1"), now=now)
    surplus = await receipts.record_arrival(session, arrival(payment, 260_000, "2"), now=now)
    assert [type(event) for event in heard][-1] is PaymentArrivedLate
    await payments.accept_late(session, payment_id=payment.id, now=now)
    await payments.accept_late(session, payment_id=payment.id, now=now)
    assert [event for event in heard if isinstance(event, PaymentPaid)] == [
        PaymentPaid(
            payment_id=payment.id,
            payable_kind=payment.payable_kind,
            payable_id=payment.payable_id,
            amount_minor=350_000,
            paid_at=now,
        )
    ]
    assert surplus.outcome is ReceiptOutcome.OVER and surplus.resolved_at is None
    [waiting] = await receipts.list_queue(session, now=now)
    assert waiting.return_minor == 10_000
    assert await ledger.balance(session, f"refund_payable:order:{payment.payable_id}") == -10_000


async def test_an_accepted_receipt_leaves_the_queue(session, open_payment, house):
    """Exact late money that was accepted waits for nobody."""
    payment = await open_payment(session)
    house.clock.advance(minutes=16)
    receipt = await receipts.record_arrival(session, arrival(payment, 350_000), now=house.clock.now())
    await payments.accept_late(session, payment_id=payment.id, now=house.clock.now())
    assert receipt.resolution is Resolution.ACCEPTED
    assert await receipts.list_queue(session, now=house.clock.now()) == []


async def test_what_is_not_late_cannot_be_accepted(session, open_payment, house):
    """Accepting is for `paid_late` alone; an unknown payment is not found."""
    payment = await open_payment(session)
    with pytest.raises(ConflictError):
        await payments.accept_late(session, payment_id=payment.id, now=house.clock.now())
    with pytest.raises(NotFoundError):
        await payments.accept_late(session, payment_id=uuid7(), now=house.clock.now())


def test_banks_are_known_by_any_spelling():
    """A bank is found by its short name or code however it is written; an unknown one stands for itself."""
    assert banks.find_bin("VIETCOMBANK") == "970436" == banks.find_bin("vcb")
    assert banks.find_bin("Ngân hàng Lạ") == banks.UNKNOWN_BIN
    assert banks.name_of("000000") == "000000"
