"""Settlements: each slip is paid once, corrections by the difference, advances set off, the books agree (ledger/BOOKS.md)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.core.clock import VN
from app.core.ids import uuid7
from app.notices.models import Notice
from producers.cooperatives.errors import PracticeOnlyError
from producers.farms.models import Farm
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.models import Journal, JournalEntry
from storefront.ledger.periods import Period
from storefront.payments import vietqr
from storefront.settlements import advances, households, service
from storefront.settlements.errors import (
    AdvanceDayError,
    AdvanceNotFoundError,
    AdvanceUsedError,
    HouseholdNotFoundError,
    NothingToSettleError,
    PeriodAheadError,
    PeriodOrderError,
    SettlementMovedError,
    SettlementNotFoundError,
    WrongAccountError,
)
from storefront.settlements.models import AdvanceKind
from tests.factories import producers
from tests.factories.settlements import (
    DAY,
    MONTH,
    NOW,
    ahead_of,
    make_advance,
    make_house,
    make_settlement,
    owed_to,
    weigh,
)


async def settled(session, house):
    """(slip, what the settlements paid for it) of a household, the oldest settlement first."""
    made = await service.list_settlements(session, producer_id=house.producer_id, person_id=house.person_id)
    lines = [line for one in reversed(made) for line, _slip in await service.list_lines(session, one.id)]
    return [(line.slip_id, line.amount_minor) for line in lines]


async def pay(session, settlement, house, reference="FT26330"):
    """The household got it."""
    return await service.record_paid(
        session,
        settlement_id=settlement.id,
        producer_id=house.producer_id,
        reference=reference,
        by_id=house.manager_id,
        now=NOW,
    )


async def set_account(session, house, **overrides):
    """The household has an account at VietinBank."""
    values = {
        "bank_bin": "970415",
        "bank_account": "113366668888",
        "account_name": "NGUYEN THI MAN",
    }
    await households.set_account(
        session, producer_id=house.producer_id, person_id=house.person_id, now=NOW, **values | overrides
    )


async def test_inputs_are_booked_and_set_off_as_money_is(session):
    """BM10: goods on credit stand in the books with what and how much, at their worth, and are set off like money."""
    house = await make_house(session)
    await weigh(session, house)
    goods = await make_advance(session, house, 60_000, given_on=DAY - timedelta(days=2))
    await make_advance(session, house, 40_000, kind=AdvanceKind.CASH, what_for="Tiền mặt")
    memo = select(Journal.memo).where(Journal.source == f"advance:{goods.id}")
    assert await session.scalar(memo) == goods.what == "2 bao phân NPK"
    assert await ahead_of(session, house) == 100_000
    settlement = await make_settlement(session, house)
    taken = await service.list_set_offs(session, settlement.id)
    assert [(advance.kind, advance.what, one.amount_minor) for one, advance in taken] == [
        (AdvanceKind.INPUT, "2 bao phân NPK", 60_000),
        (AdvanceKind.CASH, "Tiền mặt", 40_000),
    ]
    assert (settlement.due_minor, await ahead_of(session, house)) == (250_000, 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"quantity_milli": None},
        {"unit": None},
        {"quantity_milli": 0},
        {"kind": AdvanceKind.CASH, "quantity_milli": 1_000, "unit": "bao"},
    ],
)
async def test_the_table_refuses_half_a_quantity(session, odd):
    """BM10: a quantity has a unit, is above zero, and is of inputs alone."""
    house = await make_house(session)
    with pytest.raises(DBAPIError):
        await make_advance(session, house, **odd)


async def test_a_settlement_adds_the_slips(session):
    """BM1: each slip counts by what it says, rounded half up by itself; the sum is not rounded again."""
    house = await make_house(session)
    for grams in (1, 1, 12_500):  # 1 g at 35,500 đồng a kilo is 35.5 đồng: 36 each
        await weigh(session, house, grams, 35_500)
    made = await make_settlement(session, house)
    assert (made.goods_minor, made.due_minor) == (36 + 36 + 443_750, 443_822)
    assert await owed_to(session, house) == 443_822
    assert await ledger.balance(session, accounts.intake_cost(house.producer_id)) == 443_822


async def test_a_slip_is_settled_once(session):
    """BM2: pressed again with the same form the first result comes; with a new form there is nothing left."""
    house = await make_house(session)
    await weigh(session, house)
    key = uuid7()
    first = await make_settlement(session, house, settlement_id=key)
    assert await make_settlement(session, house, settlement_id=key) is first
    with pytest.raises(NothingToSettleError):
        await make_settlement(session, house)
    other = await make_house(session, producer_id=house.producer_id)
    with pytest.raises(SettlementNotFoundError):
        await make_settlement(session, other, settlement_id=key)
    assert await owed_to(session, house) == 350_000


async def test_only_the_days_asked_for(session):
    """A period takes both its days and nothing beside them; the rest waits for the next one."""
    house = await make_house(session)
    days = {back: await weigh(session, house, weighed_at=NOW - timedelta(days=back)) for back in (0, 3, 4, 5)}
    period = Period(since=DAY - timedelta(days=4), until=DAY - timedelta(days=3))
    await make_settlement(session, house, period=period)
    assert await settled(session, house) == [(days[4].id, 350_000), (days[3].id, 350_000)]
    left = await service.list_open(session, producer_id=house.producer_id, person_id=house.person_id)
    assert [line.slip.id for line in left] == [days[5].id, days[0].id]


async def test_a_day_ends_at_midnight_in_vietnam(session):
    """The first instant of the first day counts, that of the day after the last does not."""
    house = await make_house(session)
    midnight = datetime(2026, 11, 11, tzinfo=VN)
    first, *_others = [
        await weigh(session, house, weighed_at=midnight + timedelta(days=days)) for days in (0, 1)
    ]
    await make_settlement(session, house, period=Period.of_day(midnight.date()))
    assert await settled(session, house) == [(first.id, 350_000)]


async def test_only_the_households_own(session):
    """Neither a neighbour's slips, nor those of a place without a household, nor another cooperative's count."""
    house = await make_house(session)
    neighbour = await make_house(session, producer_id=house.producer_id, name="Lý Thị Chài")
    commons = await producers.make_farm(session, producer_id=house.producer_id)
    plot = await producers.make_site(session, farm_id=commons.id)
    for one in (house, neighbour, await make_house(session)):
        await weigh(session, one)
    await weigh(session, house, site_id=plot.id)
    assert (await make_settlement(session, house)).goods_minor == 350_000
    listed = await service.list_households(session, producer_id=house.producer_id)
    assert [(one.person.name, one.open_minor, one.due_minor) for one in listed] == [
        ("Lý Thị Chài", 350_000, 0),
        ("Nguyễn Thị Mận", 0, 350_000),
    ]


async def test_a_corrected_slip_counts_as_corrected(session):
    """What was corrected before it was settled counts by the newest slip alone."""
    house = await make_house(session)
    first = await weigh(session, house)
    second = await weigh(session, house, 9_000, corrects_id=first.id)
    last = await weigh(session, house, 8_000, corrects_id=second.id)
    await make_settlement(session, house)
    assert await settled(session, house) == [(last.id, 280_000)]


async def test_a_later_correction_counts_by_the_difference(session):
    """BM4: a slip corrected after it was settled, again and again, pays what is missing, and takes what was too much."""
    house = await make_house(session)
    first = await weigh(session, house)
    await make_settlement(session, house)
    second = await weigh(session, house, 12_000, corrects_id=first.id)
    await make_settlement(session, house)
    assert await settled(session, house) == [(first.id, 350_000), (second.id, 70_000)]
    third = await weigh(session, house, 11_000, corrects_id=second.id)
    fourth = await weigh(session, house, 10_500, corrects_id=third.id)
    fresh = await weigh(session, house, 20_000)
    await make_settlement(session, house)
    assert (await settled(session, house))[2:] == [(fourth.id, 367_500 - 420_000), (fresh.id, 700_000)]
    assert await owed_to(session, house) == 367_500 + 700_000


async def test_what_comes_to_nothing_waits(session):
    """BM6: a difference below zero, or of nothing, is not settled alone; it is taken off later slips."""
    house = await make_house(session)
    first = await weigh(session, house)
    await make_settlement(session, house)
    same = await weigh(session, house, corrects_id=first.id)
    with pytest.raises(NothingToSettleError):
        await make_settlement(session, house)
    less = await weigh(session, house, 4_000, corrects_id=same.id)
    with pytest.raises(NothingToSettleError):
        await make_settlement(session, house)
    more = await weigh(session, house, 6_000)
    with pytest.raises(NothingToSettleError):  # 210,000 against 210,000
        await make_settlement(session, house)
    await weigh(session, house, 1_000)
    assert (await make_settlement(session, house)).goods_minor == 35_000
    assert (less.id, -210_000) in await settled(session, house)
    assert (more.id, 210_000) in await settled(session, house)


async def test_a_slip_of_the_wrong_household_moves(session):
    """BM4: corrected to another household after it was settled, the first gives it back, the other gets all of it, once."""
    wrong = await make_house(session)
    right = await make_house(session, producer_id=wrong.producer_id, name="Lý Thị Chài")
    first = await weigh(session, wrong)
    await make_settlement(session, wrong)
    moved = await weigh(session, right, 10_000, corrects_id=first.id)
    listed = await service.list_households(session, producer_id=wrong.producer_id)
    assert [(one.person.name, one.open_minor) for one in listed] == [
        ("Lý Thị Chài", 350_000),
        ("Nguyễn Thị Mận", -350_000),
    ]
    assert (await make_settlement(session, right)).goods_minor == 350_000
    await weigh(session, wrong, 20_000)
    taken = await make_settlement(session, wrong)
    assert taken.goods_minor == 350_000
    assert (moved.id, -350_000) in await settled(session, wrong)
    assert await owed_to(session, wrong) == 350_000 + 350_000
    assert await owed_to(session, right) == 350_000
    assert await service.list_open(session, producer_id=wrong.producer_id) == []
    again = await weigh(session, right, 11_000, corrects_id=moved.id)
    left = await service.list_open(session, producer_id=wrong.producer_id)
    assert [(line.slip.id, line.person_id, line.amount_minor) for line in left] == [
        (again.id, right.person_id, 35_000)
    ]


async def test_a_moved_slip_is_taken_back_first(session):
    """BM4: who got the money by mistake may settle first; the slip still stands open for the household it belongs to."""
    wrong = await make_house(session)
    right = await make_house(session, producer_id=wrong.producer_id)
    first = await weigh(session, wrong)
    await make_settlement(session, wrong)
    moved = await weigh(session, right, 10_000, corrects_id=first.id)
    await weigh(session, wrong, 20_000)
    assert (await make_settlement(session, wrong)).goods_minor == 350_000
    assert (await make_settlement(session, right)).goods_minor == 350_000
    assert await settled(session, right) == [(moved.id, 350_000)]
    assert await service.list_open(session, producer_id=wrong.producer_id) == []


async def test_a_farm_in_new_hands_moves_no_money(session):
    """What was settled stays with whom it was settled, also when the farm is another's now and a slip was corrected before."""
    house = await make_house(session)
    heir = await make_house(session, producer_id=house.producer_id)
    first = await weigh(session, house)
    await make_settlement(session, house)
    second = await weigh(session, house, 12_000, corrects_id=first.id)
    await make_settlement(session, house)
    farm = await session.get_one(Farm, second.farm_id)
    farm.owner_id = heir.person_id
    await session.flush()
    assert await service.list_open(session, producer_id=house.producer_id) == []


async def test_an_advance_is_set_off(session):
    """BM5: the oldest advance first, never more than the goods; the rest waits for the next settlement."""
    house = await make_house(session)
    late = await make_advance(session, house, 300_000, what_for="Tiền mặt")
    early = await make_advance(session, house, 100_000, given_on=DAY - timedelta(days=9))
    last = await make_advance(session, house, 40_000)
    assert await ahead_of(session, house) == 440_000
    assert await ledger.balance(session, accounts.coop_funds(house.producer_id)) == -440_000
    await weigh(session, house)
    made = await make_settlement(session, house)
    assert (made.set_off_minor, made.due_minor, made.is_due) == (350_000, 0, False)
    taken = await service.list_set_offs(session, made.id)
    assert [(one.advance_id, one.amount_minor) for one, _advance in taken] == [
        (early.id, 100_000),
        (late.id, 250_000),
    ]
    assert (await owed_to(session, house), await ahead_of(session, house)) == (0, 90_000)
    left = await advances.list_advances(session, producer_id=house.producer_id, person_id=house.person_id)
    assert [(one.id, one.left_minor) for one in left] == [(late.id, 50_000), (last.id, 40_000)]
    await weigh(session, house)
    assert (await make_settlement(session, house)).due_minor == 260_000
    assert (await owed_to(session, house), await ahead_of(session, house)) == (260_000, 0)
    with pytest.raises(SettlementMovedError):
        await pay(session, made, house)


async def test_an_advance_is_written_once(session):
    """BM5: the same form again is the same advance; another cooperative's id is not found."""
    house, other = await make_house(session), await make_house(session)
    key = uuid7()
    first = await make_advance(session, house, id=key)
    assert await make_advance(session, house, id=key) is first
    assert await ahead_of(session, house) == 100_000
    with pytest.raises(AdvanceNotFoundError):
        await make_advance(session, other, id=key)


async def test_a_mistake_is_voided(session):
    """BM5: an advance is voided whole while nothing of it was set off, once, and the books take it back."""
    house = await make_house(session)
    named = {"producer_id": house.producer_id, "by_id": house.manager_id, "now": NOW}
    wrong = await make_advance(session, house)
    voided = await advances.void_advance(session, advance_id=wrong.id, **named)
    assert (voided.left_minor, await ahead_of(session, house)) == (0, 0)
    used = await make_advance(session, house)
    await weigh(session, house)
    assert (await make_settlement(session, house)).due_minor == 250_000
    for one in (wrong, used):
        with pytest.raises(AdvanceUsedError):
            await advances.void_advance(session, advance_id=one.id, **named)
    for unknown in (uuid7(), (await make_advance(session, await make_house(session))).id):
        with pytest.raises(AdvanceNotFoundError):
            await advances.void_advance(session, advance_id=unknown, **named)


async def test_a_day_that_has_not_come_is_refused(session):
    """Nothing is settled or given ahead of its day, and no period ends before it begins."""
    house = await make_house(session)
    tomorrow = DAY + timedelta(days=1)
    with pytest.raises(PeriodAheadError):
        await make_settlement(session, house, period=Period(since=DAY, until=tomorrow))
    with pytest.raises(PeriodOrderError):
        await make_settlement(session, house, period=Period(since=DAY, until=DAY - timedelta(days=1)))
    with pytest.raises(AdvanceDayError):
        await make_advance(session, house, given_on=tomorrow)


async def test_a_practice_farm_has_no_money(session):
    """BM7: on a practice farm nothing is settled and nothing given ahead."""
    house = await make_house(session)
    producer = await producers.make_producer(session, is_practice=True)
    for act in (make_settlement, make_advance):
        with pytest.raises(PracticeOnlyError):
            await act(session, type(house)(producer.id, house.person_id, house.site_id, house.manager_id))


async def test_strangers_have_no_book(session):
    """Who sells nothing here is not found: no settlement, no advance, no account."""
    house, other = await make_house(session), await make_house(session)
    stranger = type(house)(house.producer_id, other.person_id, house.site_id, house.manager_id)
    for act in (make_settlement, make_advance, set_account):
        with pytest.raises(HouseholdNotFoundError):
            await act(session, stranger)


async def test_a_payment_is_booked_once(session):
    """BM8: paid with a reference, once; the household is told by short message too."""
    house = await make_house(session)
    await set_account(session, house)
    await weigh(session, house)
    made = await make_settlement(session, house)
    paid = await pay(session, made, house)
    assert (paid.reference, paid.paid_to, paid.is_due) == ("FT26330", "970415:113366668888", False)
    assert await owed_to(session, house) == 0
    assert await ledger.balance(session, accounts.coop_funds(house.producer_id)) == -350_000
    with pytest.raises(SettlementMovedError):
        await pay(session, made, house, "FT2")
    told = (await session.scalars(select(Notice.kind).where(Notice.person_id == house.person_id))).all()
    assert sorted(told) == ["settlement_made", "settlement_paid"]
    with pytest.raises(SettlementNotFoundError):
        await pay(session, made, await make_house(session))


async def test_what_comes_back_is_owed_again(session):
    """BM8: a payment that came back is owed again, and each payment is a journal of its own."""
    house = await make_house(session)
    await weigh(session, house)
    made = await make_settlement(session, house)
    named = {"settlement_id": made.id, "producer_id": house.producer_id, "reason": "Sai tên", "now": NOW}
    with pytest.raises(SettlementMovedError):
        await service.return_payment(session, **named)
    for _turn in range(2):
        assert (await pay(session, made, house)).paid_to is None
        assert await owed_to(session, house) == 0
        again = await service.return_payment(session, **named)
        assert (again.is_due, again.return_reason, again.reference) == (True, "Sai tên", None)
        assert await owed_to(session, house) == 350_000
    await pay(session, made, house)
    assert await owed_to(session, house) == 0


async def test_a_household_finds_its_own_alone(session):
    """A neighbour's settlement does not exist for a household, nor another cooperative's for a manager."""
    house = await make_house(session)
    neighbour = await make_house(session, producer_id=house.producer_id)
    await weigh(session, house)
    made = await make_settlement(session, house)
    named = {"settlement_id": made.id, "producer_id": house.producer_id}
    assert await service.get_own_settlement(session, person_id=house.person_id, **named) is made
    with pytest.raises(SettlementNotFoundError):
        await service.get_own_settlement(session, person_id=neighbour.person_id, **named)
    with pytest.raises(SettlementNotFoundError):
        await service.get_settlement(session, settlement_id=uuid7(), producer_id=house.producer_id)


async def test_the_account_makes_a_code(session):
    """The VietQR asks for what is due to the household's account with the settlement's code; a bank must be on the list."""
    house = await make_house(session)
    named = {"producer_id": house.producer_id, "person_id": house.person_id}
    await make_advance(session, house)  # opens the book, without an account
    assert await households.find_account(session, **named) is None
    with pytest.raises(WrongAccountError):
        await set_account(session, house, bank_bin="000000")
    await set_account(session, house)
    await weigh(session, house)
    made = await make_settlement(session, house)
    book = await households.find_account(session, **named)
    read = vietqr.parse(service.spell_transfer(made, book))
    assert (read.bank_bin, read.account, read.amount, read.purpose) == (
        "970415",
        "113366668888",
        250_000,
        made.code,
    )
    await set_account(session, house, bank_account="11 33.66")
    assert service.spell_transfer(made, book) is None


async def test_settled_lines_stay(session):
    """BM2: what was settled is neither changed nor deleted."""
    house = await make_house(session)
    await weigh(session, house)
    made = await make_settlement(session, house)
    [(line, _slip)] = await service.list_lines(session, made.id)
    line.amount_minor = 1
    with pytest.raises(DBAPIError):
        await session.flush()


async def test_no_account_of_the_market_is_touched(session):
    """BM7: the journals of a settlement stand on the cooperative's own accounts, and each sums to zero."""
    house = await make_house(session)
    await make_advance(session, house)
    await weigh(session, house)
    made = await make_settlement(session, house)
    await pay(session, made, house)
    rows = await session.execute(
        select(Journal.kind, JournalEntry.account, JournalEntry.amount_minor)
        .join(JournalEntry, JournalEntry.journal_id == Journal.id)
        .order_by(Journal.id, JournalEntry.amount_minor.desc())
    )
    booked = [(kind, accounts.kind_of(account), amount) for kind, account, amount in rows]
    assert booked == [
        ("advance_given", "member_advance", 100_000),
        ("advance_given", "coop_funds", -100_000),
        ("intake_settled", "intake_cost", 350_000),
        ("intake_settled", "member_payable", -350_000),
        ("advance_set_off", "member_payable", 100_000),
        ("advance_set_off", "member_advance", -100_000),
        ("member_paid", "member_payable", 250_000),
        ("member_paid", "coop_funds", -250_000),
    ]


ACTS = st.one_of(
    st.tuples(st.just("weigh"), st.integers(0, 1), st.integers(1, 30_000)),
    st.tuples(st.just("correct"), st.integers(0, 1), st.integers(1, 30_000)),
    st.tuples(st.just("advance"), st.integers(0, 1), st.integers(1, 900_000)),
    st.tuples(st.just("settle"), st.integers(0, 1), st.just(0)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, max_size=14))
async def test_the_books_agree_whatever_happens(session, acts):
    """BM1 to BM6: whatever is weighed, corrected, moved, given ahead and settled, what was paid and what is open is what was weighed."""
    first = await make_house(session)
    houses = [first, await make_house(session, producer_id=first.producer_id)]
    holding = []  # (slip that holds, whose)
    given_minor = [0, 0]
    for act, who, amount in acts:
        house = houses[who]
        if act == "weigh":
            holding.append((await weigh(session, house, amount), who))
        elif act == "correct" and holding:
            old, _whose = holding.pop(amount % len(holding))
            holding.append((await weigh(session, house, amount, corrects_id=old.id), who))
        elif act == "advance":
            given_minor[who] += amount
            await make_advance(session, house, amount)
        elif act == "settle":
            try:
                await make_settlement(session, house, period=MONTH)
            except NothingToSettleError:
                continue
    lines = await service.list_open(session, producer_id=first.producer_id)
    for who, house in enumerate(houses):
        made = await service.list_settlements(
            session, producer_id=house.producer_id, person_id=house.person_id
        )
        open_minor = sum(line.amount_minor for line in lines if line.person_id == house.person_id)
        goods = sum(one.goods_minor for one in made)
        set_off = sum(one.set_off_minor for one in made)
        assert goods + open_minor == sum(slip.amount_minor for slip, whose in holding if whose == who)
        assert sum(amount for _slip, amount in await settled(session, house)) == goods
        assert await owed_to(session, house) == goods - set_off >= 0
        assert await ahead_of(session, house) == given_minor[who] - set_off >= 0
    assert sum(line.balance_minor for line in await ledger.get_trial_balance(session)) == 0
