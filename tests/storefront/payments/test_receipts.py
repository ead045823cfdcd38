"""Money that arrives: judged, booked, queued, matched and given back (FLOWS.md)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ids import uuid7
from storefront.ledger import service as ledger
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentNamed, PaymentPaid
from storefront.payments.models import PaymentState, ReceiptOutcome, Resolution
from tests.factories import people

BANK = "bank:970436:0123456789"
PRICE = 350_000


@pytest.fixture
def pay(session, house):
    """Lets money arrive for a payment (None: for nobody)."""
    numbers = iter(range(1, 1000))

    async def arrive(payment, amount, number=None):
        return await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id=str(number or next(numbers)),
                account=BANK,
                amount_minor=amount,
                memo="ck",
                payment_id=payment.id if payment else None,
                arrived_at=house.clock.now(),
            ),
            now=house.clock.now(),
        )

    return arrive


@pytest.fixture
async def staff_id(session):
    """Somebody at the desk."""
    return (await people.make_staff(session)).person_id


async def held(session, payment):
    """What the books say of a payment: bank, receivable, refund."""
    return (
        await ledger.balance(session, BANK),
        await ledger.balance(session, f"buyer_receivable:order:{payment.payable_id}"),
        await ledger.balance(session, f"refund_payable:order:{payment.payable_id}"),
    )


async def test_exact_money_pays(session, open_payment, pay, heard):
    """P1, P9: paid, announced after the payable could be locked, nothing queued."""
    payment = await open_payment(session)
    receipt = await pay(payment, PRICE)
    assert (receipt.outcome, payment.state) == (ReceiptOutcome.MATCHED, PaymentState.PAID)
    assert [type(event) for event in heard] == [PaymentNamed, PaymentPaid]
    assert await held(session, payment) == (PRICE, -PRICE, 0)


async def test_short_money_adds_up(session, open_payment, pay, heard, house):
    """P2: two parts pay, and the first leaves its queue when the rest is here."""
    payment = await open_payment(session)
    first = await pay(payment, 100_000)
    assert (first.outcome, payment.state) == (ReceiptOutcome.UNDER, PaymentState.UNDERPAID)
    [waiting] = await receipts.list_queue(session, now=house.clock.now())
    assert waiting.is_waiting
    await pay(payment, 250_000)
    assert payment.state is PaymentState.PAID and first.resolution is Resolution.REST_ARRIVED
    assert [type(event) for event in heard].count(PaymentPaid) == 1
    assert await held(session, payment) == (PRICE, -PRICE, 0)


async def test_too_much_money_pays_and_is_owed(session, open_payment, pay, house):
    """P3: paid, and the surplus waits to go back."""
    payment = await open_payment(session)
    receipt = await pay(payment, PRICE + 50_000)
    assert (receipt.outcome, payment.state) == (ReceiptOutcome.OVER, PaymentState.PAID)
    assert await held(session, payment) == (PRICE + 50_000, -PRICE, -50_000)
    [item] = await receipts.list_queue(session, now=house.clock.now())
    assert item.return_minor == 50_000


@pytest.mark.parametrize("is_swept", [True, False])
async def test_late_money_is_kept_apart(session, open_payment, *, pay, heard, house, is_swept):
    """P4, P8: after its time money is `paid_late`, swept or not, and whoever can still deliver hears of it."""
    payment = await open_payment(session)
    if is_swept:
        await payments.expire_payment(
            session, payable_kind=payment.payable_kind, payable_id=payment.payable_id, now=house.clock.now()
        )
    else:
        house.clock.advance(minutes=15)
    receipt = await pay(payment, PRICE + 1)
    assert (receipt.outcome, payment.state) == (ReceiptOutcome.LATE, PaymentState.PAID_LATE)
    assert [type(event) for event in heard] == [PaymentNamed, PaymentArrivedLate]
    assert await held(session, payment) == (PRICE + 1, -PRICE, -1)


async def test_money_for_a_paid_payment_is_owed_back(session, open_payment, pay, heard):
    """P5: the second full payment is booked, owed in whole, and announces nothing."""
    payment = await open_payment(session)
    await pay(payment, PRICE)
    heard.clear()
    second = await pay(payment, PRICE)
    assert (second.outcome, second.surplus_minor) == (ReceiptOutcome.DUPLICATE, PRICE)
    assert payment.state is PaymentState.PAID
    assert [type(event) for event in heard] == [PaymentNamed]
    assert await held(session, payment) == (2 * PRICE, -PRICE, -PRICE)


async def test_money_of_nobody_is_booked(session, pay, house):
    """P6: without a payment it is money in suspense that somebody must sort out."""
    receipt = await pay(None, 5_000)
    assert receipt.outcome is ReceiptOutcome.UNMATCHED
    assert await ledger.balance(session, "suspense_unmatched") == -5_000
    [item] = await receipts.list_queue(session, now=house.clock.now())
    assert (item.payment, item.return_minor, item.is_waiting) == (None, 5_000, False)


async def test_money_for_an_unknown_payment_is_of_nobody(session, house):
    """P6: a channel that names a payment which is not ours books money of nobody."""
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider="stripe",
            external_id="cs_1",
            account="gateway_clearing:stripe",
            amount_minor=9,
            memo="",
            payment_id=uuid7(),
            arrived_at=house.clock.now(),
        ),
        now=house.clock.now(),
    )
    assert receipt.outcome is ReceiptOutcome.UNMATCHED


async def test_a_receipt_counts_once(session, open_payment, pay):
    """P7: the same channel's same id is booked once even behind the inbox."""
    payment = await open_payment(session)
    await pay(payment, PRICE, number=7)
    assert await pay(payment, PRICE, number=7) is None
    assert payment.received_minor == PRICE


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.tuples(st.integers(1, 2 * PRICE), st.integers(0, 9)), min_size=1, max_size=5))
async def test_every_dong_is_booked(session, open_payment, pay, house, amounts):
    """Whatever arrives, early or late: bank = price held + owed back, and the payment knows its sum."""
    payment = await open_payment(session)
    before = await ledger.balance(session, BANK)
    for amount, minutes in amounts:
        await pay(payment, amount)
        house.clock.advance(minutes=minutes)
    total = sum(amount for amount, _minutes in amounts)
    bank, receivable, refund = await held(session, payment)
    assert bank - before == total == payment.received_minor == -(receivable + refund)
    assert -receivable == min(total, PRICE)


async def test_a_match_by_hand_judges_as_if_it_came_now(
    session, open_payment, *, pay, house, heard, staff_id
):
    """P12: suspense is emptied, the payment is paid, and who did it is kept."""
    payment = await open_payment(session)
    receipt = await pay(None, PRICE)
    await receipts.match_receipt(
        session,
        receipt_id=receipt.id,
        code=f" {payment.code.lower()} ",
        person_id=staff_id,
        now=house.clock.now(),
    )
    assert (receipt.outcome, receipt.resolved_by_id) == (ReceiptOutcome.MATCHED, staff_id)
    assert payment.state is PaymentState.PAID and isinstance(heard[-1], PaymentPaid)
    assert await ledger.balance(session, "suspense_unmatched") == 0
    assert await held(session, payment) == (PRICE, -PRICE, 0)
    with pytest.raises(ConflictError):
        await receipts.match_receipt(
            session, receipt_id=receipt.id, code=payment.code, person_id=staff_id, now=house.clock.now()
        )


async def test_a_match_needs_a_code_and_money(session, open_payment, pay, house, staff_id):
    """P12: a code of no payment is said beside the field, money that never came is not found."""
    payment = await open_payment(session)
    receipt = await pay(None, PRICE)
    facts = {"person_id": staff_id, "now": house.clock.now()}
    with pytest.raises(InvalidError) as refused:
        await receipts.match_receipt(session, receipt_id=receipt.id, code="CP2345678", **facts)
    assert "code" in refused.value.fields
    with pytest.raises(NotFoundError):
        await receipts.match_receipt(session, receipt_id=uuid7(), code=payment.code, **facts)


async def give_back(session, receipt, house, staff_id):
    return await receipts.return_receipt(
        session, receipt_id=receipt.id, reference="FT999", person_id=staff_id, now=house.clock.now()
    )


async def test_money_of_nobody_goes_back(session, pay, house, staff_id):
    """P13: suspense and bank are empty again, the bank's reference is kept, and it happens once."""
    receipt = await pay(None, 5_000)
    await give_back(session, receipt, house, staff_id)
    assert (receipt.resolution, receipt.resolution_reference) == (Resolution.RETURNED, "FT999")
    assert await ledger.balance(session, BANK) == await ledger.balance(session, "suspense_unmatched") == 0
    with pytest.raises(ConflictError):
        await give_back(session, receipt, house, staff_id)
    with pytest.raises(ConflictError):
        await receipts.get_queued(session, receipt.id, now=house.clock.now())


async def test_short_money_goes_back_after_its_time(session, open_payment, pay, house, staff_id):
    """P13, P14: while the payer has time nothing goes back; after all of it went back the payment is expired."""
    payment = await open_payment(session)
    one, two = await pay(payment, 100_000), await pay(payment, 50_000)
    with pytest.raises(ConflictError):
        await give_back(session, one, house, staff_id)
    house.clock.advance(minutes=15)
    await give_back(session, one, house, staff_id)
    assert payment.state is PaymentState.UNDERPAID
    await give_back(session, two, house, staff_id)
    assert (payment.state, payment.received_minor) == (PaymentState.EXPIRED, 0)
    assert await held(session, payment) == (0, 0, 0)


async def test_late_money_goes_back_whole(session, open_payment, pay, house, staff_id):
    """P14, P15: a late sum of two parts goes back part by part, and cannot be accepted in between."""
    payment = await open_payment(session)
    house.clock.advance(minutes=15)
    one, two = await pay(payment, 100_000), await pay(payment, 260_000)
    assert one.outcome is ReceiptOutcome.LATE
    await give_back(session, one, house, staff_id)
    with pytest.raises(ConflictError):
        await payments.accept_late(session, payment_id=payment.id, now=house.clock.now())
    await give_back(session, two, house, staff_id)
    assert (payment.state, await held(session, payment)) == (PaymentState.REFUNDED, (0, 0, 0))


async def test_late_money_goes_back_before_its_second(session, open_payment, pay, house, staff_id):
    """P14: what came twice pays for nothing; with the late sum back the payment is over, and the second waits for its way."""
    payment = await open_payment(session)
    house.clock.advance(minutes=15)
    late, second = await pay(payment, PRICE), await pay(payment, PRICE)
    await give_back(session, late, house, staff_id)
    assert (payment.state, await held(session, payment)) == (PaymentState.REFUNDED, (PRICE, 0, -PRICE))
    with pytest.raises(ConflictError):
        await payments.accept_late(session, payment_id=payment.id, now=house.clock.now())
    await give_back(session, second, house, staff_id)
    assert (payment.state, await held(session, payment)) == (PaymentState.REFUNDED, (0, 0, 0))


async def test_a_surplus_goes_back_alone(session, open_payment, pay, house, staff_id):
    """P13: of one too large the surplus goes back, of a second payment all of it; the order stays paid."""
    payment = await open_payment(session)
    over, second = await pay(payment, PRICE + 9), await pay(payment, PRICE)
    await give_back(session, over, house, staff_id)
    assert (await receipts.get_queued(session, second.id, now=house.clock.now())).return_minor == PRICE
    await give_back(session, second, house, staff_id)
    assert (payment.state, payment.received_minor) == (PaymentState.PAID, PRICE)
    assert await held(session, payment) == (PRICE, -PRICE, 0)
