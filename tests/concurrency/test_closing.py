"""The close while the market goes on: all its questions see one instant, which an ordinary transaction would not."""

from __future__ import annotations

from datetime import date

from app.core.ids import uuid7
from storefront.closing import service as closing
from storefront.ledger.periods import Period
from storefront.payments import receipts
from tests.factories.orders import BANK
from tests.factories.storefront import NOW

DAY = Period.of_day(date(2026, 11, 12))


async def money_comes(db):
    """Somebody transfers money meanwhile."""
    async with db.transaction() as session:
        arrival = receipts.Arrival(
            provider="sepay",
            external_id=str(uuid7()),
            account=BANK,
            amount_minor=120_000,
            memo="tien che",
            payment_id=None,
            arrived_at=NOW,
        )
        await receipts.record_arrival(session, arrival, now=NOW)


async def look_twice(db, session):
    """How many journals the close sees before and after money comes."""
    before = await closing.look_through(session, DAY)
    await money_comes(db)
    after = await closing.look_through(session, DAY)
    return before.journal_count, after.journal_count


async def test_all_questions_see_one_instant(db):
    """BC2: what is booked while the close asks is not there for any of its questions."""
    await money_comes(db)
    async with db.snapshot() as session:
        assert await look_twice(db, session) == (1, 1)


async def test_without_the_snapshot_the_books_move(db):
    """Negative control: in an ordinary transaction a later question sees money that an earlier one did not."""
    await money_comes(db)
    async with db.transaction() as session:
        assert await look_twice(db, session) == (1, 2)
