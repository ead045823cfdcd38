"""The close: every question finds what it asks for and nothing else, and closed days are never silently others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.accounts.models import StaffRole
from app.core.ids import uuid7
from storefront.closing import service as closing
from storefront.closing.errors import NotBalancedError, NotOverError
from storefront.closing.questions import Question
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.orders import cancelling, parcels
from storefront.payments import receipts
from storefront.payouts import service as payouts
from storefront.refunds import service as refunds
from tests.factories.orders import BANK, make_order, make_paid_order, make_refund, pay, walk
from tests.factories.payouts import MINIMUM, make_payee
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.storefront import NOW, make_listing, make_stock, make_variant

DAY = Period.of_day(date(2026, 11, 12))
TOMORROW = NOW + timedelta(days=1)


async def unmatched(session, amount=120_000, *, at=NOW, now=NOW):
    """Money of nobody known."""
    arrival = receipts.Arrival(
        provider="sepay",
        external_id=str(uuid7()),
        account=BANK,
        amount_minor=amount,
        memo="tien che",
        payment_id=None,
        arrived_at=at,
    )
    receipt = await receipts.record_arrival(session, arrival, now=now)
    assert receipt is not None
    return receipt


async def a_day(session):
    """A day on which all happened that can: orders, every queue, refunds, payouts that wait, arrived and came back."""
    producer = await make_payee(session)
    listing = await make_listing(session, producer_id=producer.id)
    variant = await make_variant(session, listing_id=listing.id)
    await make_stock(session, variant, on_hand=100)
    person = await make_person(session)
    made = {"person_id": person.id}
    made["paid"] = await make_paid_order(session, variant)
    made["unpaid"] = await make_order(session, variant)
    made["short"] = await make_order(session, variant)
    made["short_receipt"] = await pay(session, made["short"], amount_minor=100_000)
    await pay(session, await make_order(session, variant), amount_minor=900_000)
    twice = await make_paid_order(session, variant)
    await pay(session, twice)
    late = await make_order(session, variant)
    await cancelling.cancel_order(session, order_id=late.id, now=NOW)
    await pay(session, late)
    made["unmatched"] = await unmatched(session)
    given_back = await unmatched(session, 70_000)
    await receipts.return_receipt(
        session, receipt_id=given_back.id, reference="FT1", person_id=person.id, now=NOW
    )
    made["open_refund"] = await make_refund(session, twice)
    back = await make_refund(session, await make_paid_order(session, variant))
    mark = {"bank_account": BANK, "reference": "FT2", "person_id": person.id, "now": NOW}
    made["paid_refund"] = await refunds.record_paid(session, refund_id=back.id, **mark)
    for step in ("settle", "settle and return", "return", "wait"):
        [sent] = await parcels.list_parcels(session, await make_paid_order(session, variant))
        await walk(session, sent.consignment, person_id=person.id, until="deliver")
        batch = await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person.id, now=NOW)
        [payout] = await payouts.list_payouts(session, batch.id)
        named = {"batch_id": batch.id, "payout_id": payout.id, "person_id": person.id, "now": NOW}
        if "settle" in step:
            await payouts.settle_payout(session, bank_account=BANK, reference="FT3", **named)
        if "return" in step:
            await payouts.return_payout(session, reason="Sai tên", **named)
    made["payout"] = payout
    await session.flush()
    return made


async def wrong(session, period=DAY):
    """The questions that find something."""
    found = await closing.look_through(session, period)
    return {check.question for check in found.checks if check.count}


async def change(session, statement, **values):
    """Change what the program would never change, past the guards of the database."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    await session.execute(text(statement), values)
    await session.execute(text("SET LOCAL session_replication_role = origin"))


async def test_a_day_of_everything_fits(session):
    """BC1: after orders, short, double, late and unknown money, refunds and payouts every question answers nothing."""
    await a_day(session)
    found = await closing.look_through(session, DAY)
    assert [(check.question, check.findings) for check in found.checks if check.count] == []
    assert found.is_whole and found.journal_count > 20
    assert sum(one.balance_minor for one in found.sums) == 0
    assert sum(one.debit_minor for one in found.sums) == sum(one.credit_minor for one in found.sums)
    names = {one.account for one in found.sums}
    assert {BANK, "suspense_unmatched", "buyer_receivable", "refund_payable"} <= names


MISCHIEF = [
    (
        Question.JOURNALS,
        (
            "INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at)"
            " SELECT :new, id, 'platform_fee', 5, created_at FROM journals WHERE kind = 'sale' LIMIT 1"
        ),
    ),
    (
        Question.JOURNALS,
        (
            "INSERT INTO journals (id, kind, source, memo, occurred_at, created_at)"
            " VALUES (:new, 'odd', '1', '', :now, :now)"
        ),
    ),
    (
        Question.SALES,
        "UPDATE orders SET goods_minor = goods_minor + 1, total_minor = total_minor + 1 WHERE paid_at IS NOT NULL",
    ),
    (
        Question.SALES,
        "UPDATE orders SET paid_at = :now WHERE id = :unpaid",
    ),
    (Question.MONEY, "UPDATE receipts SET amount_minor = amount_minor + 1 WHERE outcome = 'matched'"),
    (
        Question.MONEY,
        (
            "INSERT INTO receipts (id, provider, external_id, account, amount_minor, memo, outcome, arrived_at, created_at)"
            " VALUES (:new, 'x', 'x', 'bank:1:1', 9, 'x', 'matched', :now, :now)"
        ),
    ),
    (Question.MONEY, "UPDATE refunds SET paid_at = NULL WHERE paid_at IS NOT NULL"),
    (Question.MONEY, "UPDATE payouts SET settled_at = NULL WHERE state = 'returned'"),
    (Question.SUSPENSE, "UPDATE receipts SET resolved_at = :now WHERE outcome = 'unmatched'"),
    (Question.REFUNDS, "DELETE FROM refunds WHERE paid_at IS NULL"),
    (Question.REFUNDS, "UPDATE receipts SET resolved_at = :now WHERE outcome = 'duplicate'"),
    (Question.RECEIVABLES, "UPDATE receipts SET resolved_at = :now WHERE outcome = 'under'"),
    (Question.RECEIVABLES, "UPDATE receipts SET resolved_at = :now WHERE outcome = 'late'"),
    (
        Question.TRANSIT,
        "UPDATE payouts SET amount_minor = amount_minor + 1, goods_minor = goods_minor + 1 WHERE state = 'in_transit'",
    ),
    (Question.SHELVES, "UPDATE stock_items SET reserved = reserved + 1"),
    (Question.HOLDS, "UPDATE orders SET state = 'cancelled' WHERE id = :unpaid"),
    (Question.HOLDS, "UPDATE consignments SET state = 'shipping' WHERE state = 'awaiting_confirmation'"),
]


async def test_each_question_finds_its_own(session):
    """BC1: whatever is changed behind the books' back is found by its question, with words, figures and a link."""
    made = await a_day(session)
    values = {"new": uuid7(), "now": NOW, "unpaid": made["unpaid"].id}
    for question, statement in MISCHIEF:
        async with session.begin_nested() as before:
            await change(
                session,
                statement,
                **{name: value for name, value in values.items() if f":{name}" in statement},
            )
            found = await closing.look_through(session, DAY)
            check = next(one for one in found.checks if one.question is question)
            assert check.count >= len(check.findings) > 0, statement
            assert all(one.label is not None and one.must_be != one.is_now for one in check.findings), (
                statement
            )
            with pytest.raises(NotBalancedError):
                await closing.close_books(session, found, person_id=None, now=TOMORROW)
            await before.rollback()
        assert await wrong(session) == set(), statement


async def test_a_finished_order_owes_nothing(session):
    """BC1: a buyer who still owes for a completed order is found; for an order that goes on it is no matter."""
    made = await a_day(session)
    owing = [
        (accounts.buyer_receivable("order", made["paid"].id), 5_000),
        (accounts.platform_fee(), -5_000),
    ]
    await ledger.record(session, kind="extra", source="1", memo="", entries=owing, occurred_at=NOW, now=NOW)
    assert await wrong(session) == set()
    await change(session, "UPDATE orders SET state = 'completed' WHERE id = :id", id=made["paid"].id)
    assert await wrong(session) == {Question.FINISHED}


async def test_other_days_are_other_days(session):
    """Questions about days look at those days alone; what the queues hold is asked of the books as they stand."""
    await a_day(session)
    await change(
        session,
        "UPDATE orders SET goods_minor = goods_minor + 1, total_minor = total_minor + 1 WHERE paid_at IS NOT NULL",
    )
    assert await wrong(session, Period.of_day(date(2026, 11, 11))) == set()
    assert await wrong(session, Period.of_month(date(2026, 11, 30))) == {Question.SALES}


async def test_a_close_keeps_who_when_and_the_sums(session):
    """BC3 and BC4: only days that are over are closed; the row keeps the sums of each account and cannot be changed."""
    made = await a_day(session)
    found = await closing.look_through(session, DAY)
    with pytest.raises(NotOverError):
        await closing.close_books(session, found, person_id=made["person_id"], now=NOW)
    kept = await closing.close_books(session, found, person_id=made["person_id"], now=TOMORROW)
    assert (kept.closed_by_id, kept.created_at, kept.journal_count) == (
        made["person_id"],
        TOMORROW,
        found.journal_count,
    )
    assert kept.sums["suspense_unmatched"] == [70_000, 190_000, -120_000]
    assert await closing.list_closes(session) == [kept]
    again = await closing.look_through(session, DAY)
    assert again.close == kept and not again.after and not again.moved
    with pytest.raises(DBAPIError):
        async with session.begin_nested():
            await session.execute(text("UPDATE book_closes SET journal_count = 0"))


async def test_what_comes_later_stands_apart(session):
    """BC5: money that arrived on a closed day is booked all the same, shown as after the close, and taken in by the next."""
    await a_day(session)
    first = await closing.look_through(session, DAY)
    await closing.close_books(session, first, person_id=None, now=TOMORROW)
    late = await unmatched(session, 33_000, at=NOW, now=TOMORROW + timedelta(hours=1))
    found = await closing.look_through(session, DAY)
    assert [one.source for one in found.after] == [str(late.id)]
    assert found.moved == {BANK: 33_000, "suspense_unmatched": -33_000}
    assert found.is_whole
    later = TOMORROW + timedelta(hours=2)
    newest = await closing.close_books(session, found, person_id=None, now=later)
    found = await closing.look_through(session, DAY)
    assert (found.close, found.after, found.moved) == (newest, [], {})
    assert len(await closing.list_closes(session)) == 2


async def test_what_was_open_during_the_close_shows_too(session):
    """BC5: a journal that was begun before the close and ended after it is no "later" one, yet the accounts show it."""
    await a_day(session)
    found = await closing.look_through(session, DAY)
    await closing.close_books(session, found, person_id=None, now=TOMORROW)
    await unmatched(session, 44_000, at=NOW, now=TOMORROW - timedelta(seconds=1))
    found = await closing.look_through(session, DAY)
    assert found.after == [] and found.moved == {BANK: 44_000, "suspense_unmatched": -44_000}


async def test_days_in_order_alone(session):
    """The database refuses a close whose last day is before its first."""
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await session.execute(
                text(
                    "INSERT INTO book_closes (id, since, until, journal_count, sums, created_at)"
                    " VALUES (:id, '2026-11-12', '2026-11-11', 0, '{}', now())"
                ),
                {"id": uuid7()},
            )


async def test_the_accountant_closes_a_day(db, house, client):
    """From the books to the close: what fits, the button only when the day is over, who closed it, what came after."""
    async with db.transaction() as session:
        await a_day(session)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, staff.person_id)
    assert "/admin/ledger/close" in (await client.get("/admin/ledger")).text
    day = {"from": "2026-11-12", "to": "2026-11-12"}
    page = await client.get("/admin/ledger/close", params=day)
    assert "Mọi chỗ đều khớp" in page.text and "chưa hết" in page.text
    refused = await client.post("/admin/ledger/close", data=day)
    assert refused.status_code == 409 and "chưa hết" in refused.text
    house.clock.advance(days=1)
    page = (await client.get("/admin/ledger/close")).text  # yesterday, unasked
    assert 'value="2026-11-12"' in page and "Khóa sổ</span></button>" in page
    closed = await client.post("/admin/ledger/close", data=day)
    assert closed.status_code == 303
    page = (await client.get(closed.headers["location"])).text
    assert "Đã khóa sổ lúc" in page and "Lường Thị Hoa" in page and "Khóa sổ</span></button>" not in page
    async with db.transaction() as session:
        await unmatched(session, 33_000, at=NOW, now=house.clock.now() + timedelta(minutes=1))
    page = (await client.get(closed.headers["location"])).text
    assert "ghi sau khi khóa sổ" in page and "33.000" in page and "Khóa sổ</span></button>" in page
    month = await client.get("/admin/ledger/close", params={"from": "2026-11-30", "to": "2026-11-01"})
    assert "01/11" in month.text or "Từ" in month.text


async def test_the_page_shows_what_does_not_fit(db, house, client):
    """Findings have figures and lead to the account or the receipt; goods are counted, not priced; closing is refused."""
    async with db.transaction() as session:
        made = await a_day(session)
        staff = await make_staff(session)
        await log_in(session, client, staff.person_id)
        await change(
            session,
            "UPDATE orders SET goods_minor = goods_minor + 7, total_minor = total_minor + 7 WHERE id = :id",
            id=made["paid"].id,
        )
        await change(session, "UPDATE stock_items SET reserved = reserved + 1")
        await change(
            session,
            "INSERT INTO receipts (id, provider, external_id, account, amount_minor, memo, outcome, arrived_at,"
            " created_at) VALUES (:new, 'x', 'x', 'bank:1:1', 9, 'x', 'matched', :now, :now)",
            new=(receipt_id := uuid7()),
            now=NOW,
        )
    house.clock.advance(days=1)
    page = (await client.get("/admin/ledger/close")).text
    assert f"account=buyer_receivable%3Aorder%3A{made['paid'].id}" in page
    assert f"/admin/payments/{receipt_id}" in page and "trong sổ –" in page
    assert "1 chỗ chưa khớp" in page and "Khóa sổ</span></button>" not in page
    refused = await client.post("/admin/ledger/close", data={"from": "2026-11-12"})
    assert refused.status_code == 409 and "chưa khớp" in refused.text


def test_periods_are_days_in_vietnam():
    """A month has its last day, also February; the first instant of a day is 17:00 UTC of the day before."""
    assert Period.of_month(date(2028, 2, 10)) == Period(since=date(2028, 2, 1), until=date(2028, 2, 29))
    assert Period.of_month(date(2026, 12, 31)).days == 31
    since, until = DAY.instants
    assert since == datetime(2026, 11, 11, 17, tzinfo=UTC) and until - since == timedelta(days=1)
