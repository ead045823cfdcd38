"""Statements: nothing twice, nothing lost, whoever told of the money first (FLOWS.md, P20 to P24)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ids import uuid7
from storefront.ledger import service as ledger
from storefront.payments import statements, transfers
from storefront.payments.models import LineOutcome, PaymentState, Receipt, StatementLine
from storefront.payments.ports import BankTransfer
from storefront.payments.service import CollectingAccount
from tests.factories import people

BANK = "bank:970436:0123456789"
HEAD = "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n"


@pytest.fixture
async def staff_id(session):
    """The accountant."""
    return (await people.make_staff(session)).person_id


@pytest.fixture
def hand_in(session, house, staff_id):
    """Hands a statement in and answers what came of each of its lines."""

    async def send(*lines, text=None):
        return await statements.import_statement(
            session,
            raw=(text or HEAD + "\n".join(lines)).encode(),
            file_name="sao-ke.csv",
            collecting=house.port(CollectingAccount),
            person_id=staff_id,
            now=house.clock.now(),
        )

    return send


@pytest.fixture
def hear(session, house):
    """A messenger's report of 350.000 đồng at 09:00; numbers of its own."""
    numbers = iter(range(1, 1000))

    async def report(memo, reference="", *, provider="sepay", amount=350_000, number=None, minutes=0):
        at = house.clock.now()
        return await transfers.receive_transfer(
            session,
            BankTransfer(
                external_id=str(number or next(numbers)),
                bank_bin="970436",
                account="0123456789",
                amount_minor=amount,
                memo=memo,
                code="",
                reference=reference,
                arrived_at=at.replace(minute=at.minute + minutes),
                is_incoming=True,
                payload={},
            ),
            provider=provider,
            collecting=house.port(CollectingAccount),
            now=at,
        )

    return report


async def outcomes(session, statement):
    view = await statements.get_statement(session, statement.id)
    return [found.line.outcome for found in view.lines]


async def receipt_count(session):
    return (await session.execute(select(func.count()).select_from(Receipt))).scalar_one()


async def test_a_new_line_pays(session, open_payment, hand_in):
    """P20: money that no messenger told of is booked from the statement and finds its payment by the code."""
    payment = await open_payment(session)
    statement = await hand_in(f"12/11/2026 09:00:00,FT000001,,350.000,{payment.code} CT")
    assert await outcomes(session, statement) == [LineOutcome.BOOKED]
    assert payment.state is PaymentState.PAID
    assert await ledger.balance(session, BANK) == 350_000


async def test_a_statement_twice_books_once(session, hand_in):
    """P21: handed in again, in another order and beside new lines, each movement is booked once."""
    one, two = "12/11/2026,,,5.000,tien che", "13/11/2026,FT000009,,7.000,"
    await hand_in(one, one, two)
    again = await hand_in(two, one, "14/11/2026,,,9.000,moi", one)
    assert (again.row_count, again.repeat_count) == (4, 3)
    assert await ledger.balance(session, BANK) == 5_000 + 5_000 + 7_000 + 9_000


@pytest.mark.parametrize("is_webhook_first", [True, False])
@pytest.mark.parametrize(
    ("reference", "line"),
    [
        ("FT26316208", "12/11/2026,FT26316208,,350.000,noi dung khac"),
        ("FT26316208", "14/11/2026,ft-26316208,,350.000,"),
        ("", "12/11/2026,FT26316208,,350.000,MBVCB.77.tien che Shan cua Mai.CT tu"),
        ("FT26316208", "12/11/2026,,,350.000,tien che shan cua mai"),
        ("77-1", "12/11/2026 09:01,FT26316208,,350.000,tien che shan cua mai"),
        ("77-1", "12/11/2026,FT26316208,,350.000,tien che shan cua mai"),
    ],
)
async def test_one_movement_told_twice_is_one_receipt(
    session, *, hear, hand_in, is_webhook_first, reference, line
):
    """P22: by reference, or by memo and day, a statement's line and a messenger's report meet, whichever came first."""
    if is_webhook_first:
        await hear("tien che Shan cua Mai", reference)
    statement = await hand_in(line)
    if not is_webhook_first:
        assert await hear("tien che Shan cua Mai", reference) is None
    assert await outcomes(session, statement) == [
        LineOutcome.KNOWN if is_webhook_first else LineOutcome.BOOKED
    ]
    assert await receipt_count(session) == 1
    assert await ledger.balance(session, BANK) == 350_000


async def test_the_same_code_on_the_same_day_is_one_movement(session, open_payment, hear, hand_in):
    """P22: where the bank left the reference out, the payment's code and the day tell that it is the same."""
    payment = await open_payment(session)
    await hear(f"MBVCB.1.{payment.code}", "FT26316208")
    statement = await hand_in(f"12/11/2026,,,350.000,{payment.code.lower()} chuyen tien")
    assert await outcomes(session, statement) == [LineOutcome.KNOWN]


async def test_two_messengers_tell_of_one_transfer(session, hear):
    """P22: SePay and Casso report the same reference: one receipt; a second one of each is a second transfer."""
    assert await hear("x", "FT26316208") is not None
    assert await hear("x", "FT26316208", provider="casso") is None
    assert await hear("x", "FT26316208") is not None
    assert await hear("x", "FT26316208", provider="casso") is None
    assert await receipt_count(session) == 2


async def test_two_transfers_of_one_sum_stay_two(session, open_payment, hear, hand_in):
    """P22: two buyers pay the same price on one day; the one that was heard is known, the other is booked."""
    first, second = await open_payment(session), await open_payment(session)
    await hear(f"{first.code} ck", "FT000001")
    statement = await hand_in(
        f"12/11/2026,FT000002,,350.000,{second.code} ck", f"12/11/2026,FT000001,,350.000,{first.code} ck"
    )
    assert await outcomes(session, statement) == [LineOutcome.BOOKED, LineOutcome.KNOWN]
    assert (first.state, second.state) == (PaymentState.PAID, PaymentState.PAID)


async def test_money_that_goes_out_is_known_and_not_income(session, hand_in):
    """P23: an outgoing line is kept, and the books do not move."""
    statement = await hand_in("12/11/2026,FT000001,350.000,,tra lai khach")
    assert await outcomes(session, statement) == [LineOutcome.OUTGOING]
    assert await receipt_count(session) == 0 and await ledger.balance(session, BANK) == 0


async def doubt(session, hear, hand_in):
    await hear("me Lan gui", "SEPAY-77", minutes=30)
    statement = await hand_in("12/11/2026,FT000001,,350.000,chuyen khoan")
    [found] = (await statements.get_statement(session, statement.id)).lines
    assert found.line.outcome is LineOutcome.DOUBTFUL and found.may_be[0].memo == "me Lan gui"
    return found.line


async def test_a_doubt_is_for_a_human(session, hear, hand_in, house, staff_id):
    """P24: same sum, same day, nothing else alike: not booked until somebody says that it is the same, and then once."""
    line = await doubt(session, hear, hand_in)
    assert await receipt_count(session) == 1
    facts = {"line_id": line.id, "person_id": staff_id, "now": house.clock.now()}
    decided = await statements.decide_line(session, is_known=True, **facts)
    assert (decided.outcome, decided.decided_by_id) == (LineOutcome.KNOWN, staff_id)
    assert await receipt_count(session) == 1
    with pytest.raises(ConflictError):
        await statements.decide_line(session, is_known=False, **facts)


async def test_a_doubt_may_be_another_sum(session, hear, hand_in, house, staff_id):
    """P24: said to be another sum it is booked as one."""
    line = await doubt(session, hear, hand_in)
    facts = {"line_id": line.id, "person_id": staff_id, "now": house.clock.now()}
    decided = await statements.decide_line(session, is_known=False, **facts)
    assert decided.outcome is LineOutcome.BOOKED and await receipt_count(session) == 2


async def test_a_doubt_whose_twin_was_taken_is_refused(session, hear, hand_in, house, staff_id):
    """P24: two lines cannot both be the one receipt that was heard."""
    await hear("me Lan gui", "SEPAY-77", minutes=30)
    await hand_in("12/11/2026,FT000001,,350.000,a", "12/11/2026,FT000002,,350.000,b")
    one, two = (await session.scalars(select(StatementLine).order_by(StatementLine.line))).all()
    facts = {"person_id": staff_id, "now": house.clock.now(), "is_known": True}
    await statements.decide_line(session, line_id=one.id, **facts)
    with pytest.raises(ConflictError):
        await statements.decide_line(session, line_id=two.id, **facts)
    with pytest.raises(NotFoundError):
        await statements.decide_line(session, line_id=uuid7(), **facts)


async def test_no_file_and_no_statement(session, hand_in):
    """A file that is none is refused beside its field; a statement that nobody handed in is not found."""
    with pytest.raises(InvalidError) as refused:
        await hand_in(text="a,b")
    assert "file" in refused.value.fields
    with pytest.raises(NotFoundError):
        await statements.get_statement(session, uuid7())


told = st.lists(st.tuples(st.sampled_from([1_000, 2_000]), st.booleans(), st.booleans()), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told, st.randoms(use_true_random=False))
async def test_whoever_tells_the_bank_holds_each_sum_once(session, hear, hand_in, told, chance):
    """P20 to P22: told by SePay, by Casso, on paper, in any order and twice, the books hold each sum once."""
    before = await ledger.balance(session, BANK)
    transfers_told = [(*facts, f"FT{uuid7().hex}") for facts in told]
    reports = [("sepay", amount, name) for amount, by_sepay, _by, name in transfers_told if by_sepay]
    reports += [("casso", amount, name) for amount, _by, by_casso, name in transfers_told if by_casso]
    chance.shuffle(reports)
    half = len(reports) // 2
    lines = [f"12/11/2026,{name},,{amount},y" for amount, _sepay, _casso, name in transfers_told]
    for part in (reports[:half], None, reports, None):
        if part is None:
            await hand_in(*lines)
            continue
        for provider, amount, name in part:
            await hear("x", name, provider=provider, amount=amount, number=name)
    assert await ledger.balance(session, BANK) - before == sum(amount for amount, *_rest in told)
