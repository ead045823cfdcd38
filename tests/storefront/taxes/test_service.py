"""Taxes: withheld of households by kind, set off with refunds, paid on by the month (ledger/BOOKS.md, T1 to T9)."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.core.ids import uuid7
from producers.cooperatives.models import ProducerKind
from producers.listings.models import TaxKind
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.taxes import repository, service
from storefront.taxes.errors import MonthNotOverError, MonthPaidError, NothingDueError
from storefront.taxes.models import RevenueLine, TaxEntry, TaxPayment, TaxRate, TaxThreshold
from storefront.taxes.service import choose_rate, compute_tax, share_set_off
from tests.books import list_breaches
from tests.factories.orders import BANK
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
IN_DECEMBER, IN_JANUARY = datetime(2026, 12, 2, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
GOODS = {TaxKind.GOODS: 1_000_000}


async def make_household(session, **facts):
    """A household that sells."""
    return await make_producer(session, kind=ProducerKind.HOUSEHOLD, **facts)


async def sell(session, producer_id, parts=None, *, now=NOW, what="order"):
    """A sale as the shop books it."""
    sale, parts = f"{what}:{uuid7()}", parts or GOODS
    sending = parts.get(TaxKind.TRANSPORT, 0)
    goods = sum(parts.values()) - sending
    await ledger.record(
        session,
        kind="sale",
        source=sale,
        memo="ABCD2345",
        entries=[
            (accounts.buyer_receivable(what, uuid7()), goods + sending),
            (accounts.seller_payable(producer_id), -goods),
            (accounts.delivery_payable(producer_id), -sending),
        ],
        occurred_at=now,
        now=now,
    )
    await service.withhold(session, sale=sale, memo="ABCD2345", parts={producer_id: parts}, now=now)
    return sale


async def set_off(session, sale, producer_id, parts, source="refund", *, now=NOW):
    """A refund of these parts, as far as it is about tax."""
    await service.set_off(
        session, sale=sale, producer_id=producer_id, parts=parts, source=source, memo="X", now=now
    )


async def pay(session, month=NOVEMBER, *, now=IN_DECEMBER):
    """The accountant pays a month on."""
    person = await make_person(session)
    return await service.pay_month(
        session, month=month, bank_account=BANK, reference="FT9", person_id=person.id, now=now
    )


async def withheld(session, producer_id):
    """What stands in the books for a seller, above zero."""
    return -await ledger.balance(session, accounts.tax_withheld(producer_id))


@pytest.mark.parametrize("kind", [ProducerKind.COOPERATIVE, ProducerKind.COMPANY])
async def test_an_entity_bears_nothing(session, kind):
    """T1: a cooperative declares its own tax like a company does; nothing is withheld, written or booked."""
    producer = await make_producer(session, kind=kind)
    sale = await sell(session, producer.id)
    await set_off(session, sale, producer.id, GOODS)
    assert await withheld(session, producer.id) == 0
    assert await session.scalar(select(func.count()).select_from(TaxEntry)) == 0


async def test_each_kind_bears_its_own_rate(session):
    """T2, T4: goods 1 % and 0,5 %, sending 3 % and 1,5 % taken from what sending earns, visits 5 % and 2 %."""
    producer = await make_household(session)
    await sell(session, producer.id, {TaxKind.GOODS: 1_000_000, TaxKind.TRANSPORT: 30_000})
    await sell(session, producer.id, {TaxKind.SERVICES: 200_000}, what="booking")
    assert await withheld(session, producer.id) == 15_000 + 1_350 + 14_000
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == -1_200_000 + 29_000
    assert await ledger.balance(session, accounts.delivery_payable(producer.id)) == -30_000 + 1_350
    booked = await ledger.list_journals(session, limit=9, account=accounts.tax_withheld(producer.id))
    assert [(one.journal.kind, one.journal.memo) for one in booked] == [("tax", "ABCD2345")] * 2


async def test_a_tax_of_nothing_moves_no_books(session):
    """T2: what rounds to nothing is written down with its base, and books no journal."""
    producer = await make_household(session)
    sale = await sell(session, producer.id, {TaxKind.GOODS: 10})
    assert await session.scalar(select(func.sum(TaxEntry.base_minor))) == 10
    assert await ledger.list_journals(session, limit=9, account=accounts.tax_withheld(producer.id)) == []
    await set_off(session, sale, producer.id, {TaxKind.GOODS: 10})
    assert await withheld(session, producer.id) == 0


async def test_the_unknown_bears_the_highest(session):
    """T3: nobody can tell what it is, so it bears what visits bear."""
    producer = await make_household(session)
    await sell(session, producer.id, {TaxKind.OTHER: 100_000})
    assert await withheld(session, producer.id) == 7_000


async def test_the_rate_of_the_day_counts(session):
    """T2: before the first rate nothing is withheld; a newer one counts from its day on, and an offset keeps the old."""
    producer = await make_household(session)
    await sell(session, producer.id, now=datetime(2025, 6, 30, 16, 59, tzinfo=UTC))
    assert await withheld(session, producer.id) == 0
    old = await sell(session, producer.id)
    changed = NOW.date() + timedelta(days=1)
    session.add(
        TaxRate(
            kind=TaxKind.GOODS, valid_from=changed, vat_basis_points=200, pit_basis_points=0, law="of a test"
        )
    )
    await session.flush()
    await sell(session, producer.id)
    assert await withheld(session, producer.id) == 30_000
    await sell(session, producer.id, now=NOW + timedelta(days=1))
    assert await withheld(session, producer.id) == 50_000
    await set_off(session, old, producer.id, GOODS, now=NOW + timedelta(days=2))
    assert await withheld(session, producer.id) == 35_000


@given(st.integers(1, 10**9), st.integers(0, 10_000))
def test_a_tax_is_rounded_once(base, points):
    """T4: half a đồng counts up, and no tax is more than its base."""
    tax = compute_tax(base, points)
    assert 0 <= tax <= base and -0.5 < tax - base * points / 10_000 <= 0.5


@given(st.integers(1, 10**8), st.data())
def test_parts_that_are_set_off_sum_up_to_the_tax(base, data):
    """T5: whatever the parts, what is set off never shrinks, and with the last of the base it is all of the tax."""
    tax = data.draw(st.integers(0, base))
    steps = [*sorted(data.draw(st.lists(st.integers(0, base), max_size=8))), base]
    back = [share_set_off(tax, base, step) for step in steps]
    assert back == sorted(back) and back[-1] == tax and back[0] >= 0


def test_no_law_no_rate():
    """T3: where no rate holds at all, the unknown bears nothing either."""
    assert choose_rate([], TaxKind.OTHER) is None


async def test_refunds_set_tax_off_to_the_last_dong(session):
    """T5: thirds of odd sums end at zero; sending is set off with sending; more than all changes nothing."""
    producer = await make_household(session)
    sale = await sell(session, producer.id, {TaxKind.GOODS: 333_335, TaxKind.TRANSPORT: 33_333})
    assert await withheld(session, producer.id) == 3_333 + 1_667 + 1_000 + 500
    for number in range(3):
        await set_off(session, sale, producer.id, {TaxKind.GOODS: 111_112}, f"part {number}")
    assert await withheld(session, producer.id) == 1_500
    await set_off(session, sale, producer.id, {TaxKind.GOODS: 0, TaxKind.TRANSPORT: 33_333}, "sending")
    await set_off(session, sale, producer.id, {TaxKind.GOODS: 500, TaxKind.TRANSPORT: 500}, "once more")
    assert await withheld(session, producer.id) == 0
    owed = [await ledger.balance(session, name(producer.id)) for name in
            (accounts.seller_payable, accounts.delivery_payable)]  # fmt: skip
    assert owed == [-333_335, -33_333]
    sums = select(*(func.sum(one) for one in (TaxEntry.base_minor, TaxEntry.vat_minor, TaxEntry.pit_minor)))
    assert (await session.execute(sums)).one() == (0, 0, 0)


async def test_a_visit_is_called_off(session):
    """T5: the refund of a visit has the source of its sale, and still sets all of it off."""
    producer = await make_household(session)
    sale = await sell(session, producer.id, {TaxKind.SERVICES: 300_000}, what="booking")
    await set_off(session, sale, producer.id, {TaxKind.SERVICES: 300_000}, sale)
    assert await withheld(session, producer.id) == 0


async def set_off_at_once(db):
    """Two refunds of half the goods at the same moment; answers how much base was set off in all."""
    async with db.transaction() as session:
        producer = await make_household(session)
        sale = await sell(session, producer.id)

    async def part(source):
        async with db.transaction() as session:
            await set_off(session, sale, producer.id, {TaxKind.GOODS: 600_000}, source)

    await asyncio.gather(part("one"), part("two"))
    async with db.transaction() as session:
        return await session.scalar(
            select(-func.sum(TaxEntry.base_minor)).where(TaxEntry.source != TaxEntry.sale)
        )


async def test_refunds_at_once_wait_for_each_other(db):
    """T6: two refunds of the same moment set off what was withheld and no more."""
    assert await set_off_at_once(db) == 1_000_000


async def test_without_the_lock_more_is_set_off_than_withheld(db, monkeypatch):
    """The control: without waiting each refund sees nothing set off, and together they set off too much."""
    ready = asyncio.Barrier(2)

    async def unlocked(session, sale, producer_id):
        found = (await session.scalars(select(TaxEntry).where(TaxEntry.sale == sale))).all()
        await ready.wait()
        return found

    async def nothing(session, sale, producer_id):
        await ready.wait()
        return {}

    monkeypatch.setattr(repository, "lock_withheld", unlocked)
    monkeypatch.setattr(repository, "sum_set_off", nothing)
    assert await set_off_at_once(db) == 1_200_000


async def test_what_was_withheld_is_never_changed(session):
    """T6: rows of tax, of rates and of payments are insert-only; the database refuses the rest."""
    producer = await make_household(session)
    await sell(session, producer.id)
    for change in (
        "UPDATE tax_entries SET vat_minor = 0",
        "DELETE FROM tax_entries",
        "UPDATE tax_rates SET vat_basis_points = 0",
        "DELETE FROM tax_thresholds",
    ):
        with pytest.raises(DBAPIError, match=r"insert.only|refused"):
            async with session.begin_nested():
                await session.execute(text(change))


async def test_a_month_is_paid_on_once_it_is_over(session):
    """T7: not before its last day is over, not twice, not when there is nothing; then the account of each seller is empty."""
    one, two = await make_household(session, name="An"), await make_household(session, name="Bình")
    await sell(session, one.id)
    await sell(session, two.id, {TaxKind.SERVICES: 100_000})
    with pytest.raises(MonthNotOverError):
        await pay(session, now=datetime(2026, 11, 30, 16, 59, tzinfo=UTC))
    with pytest.raises(NothingDueError):
        await pay(session, date(2026, 10, 1))
    assert await pay(session) == 22_000
    with pytest.raises(MonthPaidError):
        await pay(session)
    with pytest.raises(NothingDueError):
        await pay(session, DECEMBER, now=IN_JANUARY)
    assert await ledger.balance(session, BANK) == -22_000
    assert [await withheld(session, producer.id) for producer in (one, two)] == [0, 0]
    [paid] = await service.list_payments(session)
    assert (paid.payment.month, paid.vat_minor, paid.pit_minor) == (NOVEMBER, 15_000, 7_000)
    assert [row for row in await list_breaches(session, now=NOW) if "tax" in row[0]] == []


async def test_an_offset_after_the_payment_waits_for_the_next(session):
    """T8: goods of November that come back in December lessen December's payment of that seller, of nobody else."""
    one, two = await make_household(session, name="An"), await make_household(session, name="Bình")
    sale = await sell(session, one.id)
    await pay(session)
    await set_off(session, sale, one.id, GOODS, now=IN_DECEMBER)
    await sell(session, two.id, now=IN_DECEMBER)
    due = await service.list_due(session, DECEMBER)
    assert [(row.producer.id, row.vat_minor, row.pit_minor) for row in due] == [
        (one.id, -10_000, -5_000), (two.id, 10_000, 5_000),
    ]  # fmt: skip
    assert await pay(session, DECEMBER, now=IN_JANUARY) == 15_000
    await sell(session, one.id, {TaxKind.GOODS: 3_000_000}, now=IN_JANUARY)
    assert await pay(session, date(2027, 1, 1), now=datetime(2027, 2, 1, tzinfo=UTC)) == 30_000
    assert await withheld(session, one.id) == 0


async def pay_at_once(db):
    """Two accountants pay November and December at the same moment; answers what left the bank."""
    async with db.transaction() as session:
        await sell(session, (await make_household(session)).id)

    async def one(month):
        async with db.transaction() as session:
            await pay(session, month, now=IN_JANUARY)

    await asyncio.gather(one(NOVEMBER), one(DECEMBER), return_exceptions=True)
    async with db.transaction() as session:
        return -await ledger.balance(session, BANK)


async def test_two_months_at_once_pay_once(db):
    """T7: a later month takes in what an earlier one left, so both wait for each other."""
    assert await pay_at_once(db) == 15_000


async def test_without_the_lock_two_months_pay_twice(db, monkeypatch):
    """The control: without waiting both read the same debt and pay it."""
    ready = asyncio.Barrier(2)

    async def wait(session):
        """Lock nothing."""

    list_due = service.list_due

    async def together(session, month):
        found = await list_due(session, month)
        await ready.wait()
        return found

    monkeypatch.setattr(repository, "lock_payments", wait)
    monkeypatch.setattr(service, "list_due", together)
    assert await pay_at_once(db) == 30_000


async def test_a_month_is_listed_by_seller_and_kind(session):
    """T8: by name and kind, what was withheld and what was set off in that month, each apart."""
    one, two = await make_household(session, name="Bình"), await make_household(session, name="Ánh")
    sale = await sell(session, one.id, {TaxKind.TRANSPORT: 20_000, TaxKind.GOODS: 1_000_000})
    await set_off(session, sale, one.id, {TaxKind.GOODS: 400_000})
    await sell(session, two.id, now=IN_DECEMBER)
    await set_off(session, sale, one.id, {TaxKind.GOODS: 600_000}, "later", now=IN_DECEMBER)
    rows = [
        (row.producer.name, row.kind.value, row.base_minor, row.vat_minor, row.back_base_minor, row.back_pit_minor)
        for row in await service.list_month(session, NOVEMBER)
    ]  # fmt: skip
    assert rows == [
        ("Bình", "goods", 1_000_000, 10_000, -400_000, -2_000),
        ("Bình", "transport", 20_000, 600, 0, 0),
    ]
    later = [(row.producer.name, row.base_minor, row.back_vat_minor) for row in
             await service.list_month(session, date(2026, 12, 9))]  # fmt: skip
    assert later == [("Ánh", 1_000_000, 0), ("Bình", 0, -6_000)]


async def test_what_is_withheld_again_lessens_what_was_set_off(session):
    """T12: a refund that is withdrawn sets nothing off: to the last đồng, in the month of that day, however often."""
    producer = await make_household(session)
    sale = await sell(session, producer.id, {TaxKind.GOODS: 333_335})
    before = await withheld(session, producer.id)
    for number in range(3):
        parts, source = {TaxKind.GOODS: 111_113}, f"part {number}"
        await set_off(session, sale, producer.id, parts, source)
        how = {"sale": sale, "producer_id": producer.id, "parts": parts, "source": f"refund:{number}"}
        await service.withhold_again(session, **how, memo="ABCD2345", now=NOW)
        assert await withheld(session, producer.id) == before
    [row] = await service.list_month(session, NOVEMBER)
    assert (row.base_minor, row.back_base_minor, row.back_vat_minor, row.back_pit_minor) == (333_335, 0, 0, 0)


async def test_the_year_of_a_household_is_counted(session):
    """T9: sales of this year in Viet Nam less what went back and stays back, tax and payouts aside; the lines of that day, none for others."""
    producer = await make_household(session)
    await sell(session, producer.id, now=datetime(2025, 12, 31, 16, 59, tzinfo=UTC))
    await sell(
        session,
        producer.id,
        {TaxKind.GOODS: 900_000, TaxKind.TRANSPORT: 30_000},
        now=datetime(2025, 12, 31, 17, 0, tzinfo=UTC),
    )
    await ledger.record(
        session,
        kind="refund_owed",
        source="X",
        memo="X",
        entries=[(accounts.seller_payable(producer.id), 200_000), (accounts.refund_payable("order", uuid7()), -200_000)],
        occurred_at=NOW,
        now=NOW,
    )  # fmt: skip
    await ledger.record(
        session,
        kind="refund_withdrawn",
        source="refund:X",
        memo="X",
        entries=[(accounts.seller_payable(producer.id), -50_000), (accounts.refund_payable("order", uuid7()), 50_000)],
        occurred_at=NOW,
        now=NOW,
    )  # fmt: skip
    found = await service.count_revenue(session, producer, now=NOW)
    assert (found.year, found.sold_minor) == (2026, 780_000)
    assert [(one.line, one.amount_minor) for one in found.thresholds] == [
        (RevenueLine.TAX_FREE, 500_000_000), (RevenueLine.E_INVOICE, 1_000_000_000),
    ]  # fmt: skip
    session.add(
        TaxThreshold(line=RevenueLine.TAX_FREE, valid_from=date(2026, 11, 1), amount_minor=600_000_000)
    )
    await session.flush()
    newer = await service.count_revenue(session, producer, now=NOW)
    assert newer.thresholds[0].amount_minor == 600_000_000
    entity = await make_producer(session)
    assert (await service.count_revenue(session, entity, now=NOW)).thresholds == ()


async def test_a_payment_needs_its_first_day(session):
    """T7: the database knows a month by its first day."""
    person = await make_person(session)
    session.add(
        TaxPayment(
            month=date(2026, 11, 2), reference="X", paid_from=BANK, paid_by_id=person.id, created_at=NOW
        )
    )
    with pytest.raises(DBAPIError, match="first_day"):
        await session.flush()
