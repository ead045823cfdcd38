"""The inbox: what money may be for, why, one tap to say so, and every queue ends at zero (FLOWS.md, P12, P25, P26)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from storefront.ledger import service as ledger
from storefront.payments import receipts, suggestions
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState, ReceiptOutcome
from storefront.payments.ports import Payer, PayerBooks
from storefront.payments.suggestions import Reason
from tests.factories import orders as ordering
from tests.factories import people, storefront

PRICE = 350_000
MAI = Payer(name="Nguyễn Thị Mai", phone="+84912345678")


class Book:
    """Every order is Mai's."""

    async def list_payers(self, _session, payable_ids):
        """Mai, whatever is asked for."""
        return dict.fromkeys(payable_ids, MAI)

    async def find_successor(self, _session, _payable_id):
        """Nothing took the place of anything."""
        return


@pytest.fixture
def arrive(session, house):
    """Lets money arrive with a memo, for a payment or for nobody."""
    numbers = iter(range(1, 1000))

    async def make(memo="", amount=PRICE, payment=None):
        return await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id=str(next(numbers)),
                account=ordering.BANK,
                amount_minor=amount,
                memo=memo,
                payment_id=payment.id if payment else None,
                arrived_at=house.clock.now(),
            ),
            now=house.clock.now(),
        )

    return make


async def suggest(session, receipt):
    return await suggestions.suggest(session, receipt, books=PayerBooks({PayableKind.ORDER: Book()}))


def reasons_for(payment, memo, amount=1, payer=MAI):
    return suggestions.find_reasons(memo, amount, payment, payer)


async def test_each_reason_is_found(session, open_payment):
    """P25: code, code but for one character, order's code, phone in either spelling, amount, name without marks."""
    payment = await open_payment(session)
    code = payment.code
    wrong = "3" if code[4] != "3" else "4"
    assert reasons_for(payment, f"x {code} y") == [Reason.CODE]
    for memo in (code[:4] + wrong + code[5:], code[:4] + code[5:], code[:4] + wrong + code[4:], code[:-1]):
        assert reasons_for(payment, f"MB {memo.lower()}") == [Reason.CODE_NEAR], memo
    assert reasons_for(payment, "don dh4k7p") == [Reason.PAYABLE_CODE]
    assert reasons_for(payment, "0912.345.678 ck") == reasons_for(payment, "84912345678") == [Reason.PHONE]
    assert reasons_for(payment, "x", PRICE) == [Reason.SAME_AMOUNT]
    assert reasons_for(payment, "NGUYEN THI MAI chuyen tien") == [Reason.NAME]
    assert reasons_for(payment, "chuyen tien che") == reasons_for(payment, "0912345678", payer=None) == []


@given(st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=9, max_size=9), st.data())
def test_one_change_is_near_and_two_are_not(code, data):
    """P25: any one character wrong, lost or added is near; two wrong characters far apart are not."""
    place = data.draw(st.integers(1, 7))
    bent = data.draw(
        st.sampled_from(
            [
                code[:place] + "0" + code[place + 1 :],
                code[:place] + code[place + 1 :],
                code[:place] + "0" + code[place:],
            ]
        )
    )
    assert suggestions.is_near(code, f"1{bent}1")
    assert not suggestions.is_near(code, f"1{code[0]}0{code[2:7]}0{code[8]}1")


async def test_the_likeliest_comes_first(session, open_payment, arrive, house):
    """P25: three at most, in order of weight, from the fourteen days before; a name alone suggests nothing."""
    old = await open_payment(session, now=house.clock.now() - timedelta(days=15))
    named = await open_payment(session, amount_minor=1)
    same = [
        await open_payment(session, now=house.clock.now() - timedelta(days=days), amount_minor=PRICE)
        for days in (3, 2, 4)
    ]
    near = await open_payment(session, amount_minor=5)
    found = await suggest(session, await arrive(f"nguyen thi mai {near.code[:-1]}"))
    assert [suggestion.payment for suggestion in found] == [near, same[1], same[0]]
    assert found[1].reasons == [Reason.SAME_AMOUNT, Reason.NAME] and found[1].days == 2
    assert not {old.id, named.id} & {suggestion.payment.id for suggestion in found}


async def test_what_is_expired_or_short_may_still_be_meant(session, open_payment, arrive, house):
    """P25: late money finds the payment whose time is over, the rest of a short one finds it; paid ones are left out."""
    expired, short, paid = (
        await open_payment(session),
        await open_payment(session),
        await open_payment(session),
    )
    await arrive(payment=short, amount=50_000)
    await arrive(payment=paid)
    await payments.expire_payment(
        session, payable_kind=expired.payable_kind, payable_id=expired.payable_id, now=house.clock.now()
    )
    assert [item.payment for item in await suggest(session, await arrive("che"))] == [expired]
    assert [item.payment for item in await suggest(session, await arrive("che", 300_000))] == [short]


async def test_only_what_may_be_matched_gets_suggestions(session, open_payment, arrive):
    """P25: a short payment waits for its rest; nobody is asked whose it is."""
    payment = await open_payment(session)
    assert await suggest(session, await arrive(payment=payment, amount=1)) == []


async def test_a_second_payment_is_moved_to_the_order_that_was_meant(session, open_payment, arrive, house):
    """P12: a buyer with two orders pays both with the first one's code; each time it moves the books follow."""
    staff_id = (await people.make_staff(session)).person_id
    first, second, third = (
        await open_payment(session),
        await open_payment(session),
        await open_payment(session),
    )
    for payment in (first, third):
        await arrive(payment=payment)
    receipt = await arrive(payment=first)
    facts = {"receipt_id": receipt.id, "person_id": staff_id, "now": house.clock.now()}
    with pytest.raises(InvalidError):
        await receipts.match_receipt(session, code=first.code, **facts)
    for wrong in (third, first, third):
        await receipts.match_receipt(session, code=wrong.code, **facts)
        assert receipt.outcome is ReceiptOutcome.DUPLICATE
    await receipts.match_receipt(session, code=second.code, **facts)
    assert (receipt.outcome, second.state) == (ReceiptOutcome.MATCHED, PaymentState.PAID)
    assert [payment.received_minor for payment in (first, second, third)] == [PRICE] * 3
    assert set((await ledger.balances(session, "refund_payable")).values()) == {0}
    assert set((await ledger.balances(session, "buyer_receivable")).values()) == {-PRICE}


async def test_late_money_is_moved_to_the_order_that_was_meant(session, open_payment, arrive, house):
    """P12: late money, its surplus too, pays another order; what it came too late for is as if it never came."""
    staff_id = (await people.make_staff(session)).person_id
    late, meant = await open_payment(session), await open_payment(session)
    house.clock.advance(minutes=15)
    receipt = await arrive(payment=late, amount=PRICE + 5)
    assert (receipt.outcome, late.state) == (ReceiptOutcome.LATE, PaymentState.PAID_LATE)
    meant.expires_at = house.clock.now() + timedelta(minutes=5)
    facts = {"receipt_id": receipt.id, "person_id": staff_id, "now": house.clock.now()}
    with pytest.raises(InvalidError):
        await receipts.match_receipt(session, code=late.code, **facts)
    await receipts.match_receipt(session, code=meant.code, **facts)
    assert (receipt.outcome, receipt.surplus_minor, meant.state) == (
        ReceiptOutcome.OVER,
        5,
        PaymentState.PAID,
    )
    assert (late.state, late.received_minor) == (PaymentState.EXPIRED, 0)
    assert (await ledger.balances(session, "buyer_receivable"))[
        f"buyer_receivable:order:{late.payable_id}"
    ] == 0
    assert (await ledger.balances(session, "refund_payable"))[f"refund_payable:order:{late.payable_id}"] == 0


async def test_late_money_in_parts_is_moved_part_by_part(session, open_payment, arrive, house):
    """P12: while a part of it waits still, or a second transfer does, the late payment does not say that nothing came."""
    staff_id = (await people.make_staff(session)).person_id
    late, meant = await open_payment(session), await open_payment(session)
    first = await arrive(payment=late, amount=100_000)
    house.clock.advance(minutes=15)
    second = await arrive(payment=late, amount=PRICE - 100_000)
    twice = await arrive(payment=late)
    assert [one.outcome for one in (first, second, twice)] == [
        ReceiptOutcome.LATE,
        ReceiptOutcome.LATE,
        ReceiptOutcome.DUPLICATE,
    ]
    states = []
    for receipt in (first, second):
        await receipts.match_receipt(
            session, receipt_id=receipt.id, code=meant.code, person_id=staff_id, now=house.clock.now()
        )
        states.append(late.state)
    assert states == [PaymentState.PAID_LATE, PaymentState.REFUNDED]
    assert (meant.state, late.received_minor) == (PaymentState.PAID_LATE, PRICE)


async def test_every_queue_ends_at_zero(session, open_payment, arrive, house):
    """P26: nobody's, short, too much, late and twice: each goes its way, and nothing waits or is owed any more."""
    staff_id = (await people.make_staff(session)).person_id
    over, short, late = await open_payment(session), await open_payment(session), await open_payment(session)
    await arrive(payment=over, amount=PRICE + 7)
    await arrive(payment=over)
    await arrive(payment=short, amount=9)
    await arrive("khong ro", 5_000)
    house.clock.advance(minutes=15)
    await arrive(payment=late)
    queue = await receipts.list_queue(session, now=house.clock.now())
    assert {item.receipt.outcome for item in queue} == set(ReceiptOutcome) - {ReceiptOutcome.MATCHED}
    for item in queue:
        await receipts.return_receipt(
            session, receipt_id=item.receipt.id, reference="FT1", person_id=staff_id, now=house.clock.now()
        )
    assert await receipts.list_queue(session, now=house.clock.now()) == []
    owed = await ledger.balances(session, "refund_payable") | await ledger.balances(session, "suspense")
    assert set(owed.values()) == {0}
    assert await ledger.balance(session, ordering.BANK) == PRICE


async def test_one_tap_matches(db, client, house):
    """P25: the desk names the order, the buyer and the reasons, and its button pays the order."""
    async with db.transaction() as session:
        member = await people.make_staff(session)
        await people.log_in(session, client, member.person_id)
        variant = await storefront.make_variant(session)
        await storefront.make_stock(session, variant)
        order = await ordering.make_order(session, variant)
        payment = await ordering.get_payment(session, order)
        receipt = await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id="1",
                account=ordering.BANK,
                amount_minor=payment.amount_minor,
                memo=f"{order.buyer_name} {payment.code[:-1]}",
                payment_id=None,
                arrived_at=house.clock.now(),
            ),
            now=house.clock.now(),
        )
    page = (await client.get(f"/admin/payments/{receipt.id}")).text
    for words in ("Có thể là của", order.code, order.buyer_name, "lệch một chữ", "Cùng số tiền, cùng ngày"):
        assert words in page
    answer = await client.post(f"/admin/payments/{receipt.id}/match", data={"code": payment.code})
    assert answer.status_code == 303
    async with db.transaction() as session:
        assert (await payments.get_by_token(session, payment.token)).state is PaymentState.PAID


async def test_without_a_book_of_payers_the_rest_still_speaks(session, open_payment, arrive):
    """P25: where nobody knows the payer, code and amount suggest as before."""
    payment = await open_payment(session)
    [found] = await suggestions.suggest(session, await arrive("x"), books=PayerBooks())
    assert (found.payment, found.payer) == (payment, None)
