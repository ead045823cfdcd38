"""Following a query: every event once, in order of capture, in looks that are bounded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from app.core.ids import uuid7
from tests.factories import epcis as made
from tests.house import NOW
from traceability.events import following, service
from traceability.events.following import News
from traceability.events.querying import Query

LEAVES = [{"epcClass": made.LEAF, "quantity": 2, "uom": "KGM"}]


async def write(db: Database, count: int, first: int = 0, **fields: Any) -> None:
    """Store so many events."""
    events = [
        {**made.ORDER, "epcList": [made.PACK.format(f"S{first + number}")], **fields}
        for number in range(count)
    ]
    async with db.transaction() as session:
        owner = uuid7()
        done = await service.write_events(
            session, events, owner_id=owner, namespaces=made.NAMESPACES, now=NOW + timedelta(seconds=first)
        )
        assert done == count


async def head_of(db: Database) -> int:
    """The number of the last event."""
    async with db.transaction() as session:
        return await following.find_head(session)


async def look(db: Database, after: int, limit: int, query: Query | None = None, **since: Any) -> News:
    async with db.transaction() as session:
        return await following.list_news(
            session, query=query or Query(), sight=service.see_all(), after=after, limit=limit, **since
        )


async def test_looks_lead_through_everything(db: Database) -> None:
    """Each says where the next begins and whether there is more; a limit that fits exactly is the end."""
    async with db.transaction() as session:
        start = await following.find_start(session, since=None)
    assert await look(db, start, 5) == News([], start, is_more=False)
    await write(db, 10)
    start = await head_of(db) - 10
    found = [await look(db, start + first, 5) for first in (0, 5, 10)]
    assert [(len(news.events), news.after - start, news.is_more) for news in found] == [
        (5, 5, True),
        (5, 10, False),
        (0, 10, False),
    ]


async def test_the_querys_own_order_and_limits_do_not_hold(db: Database) -> None:
    """A query that shows the latest two is followed like any other."""
    await write(db, 5)
    latest = Query(order_by="eventTime", is_ascending=False, limit=2, most=2)
    found = await look(db, 0, 10, latest)
    assert [row.recorded_at for row in found.events] == [NOW] * 5


async def test_what_was_recorded_before_is_left_out(db: Database) -> None:
    """Of two starts the later one holds."""
    for first in (0, 10, 20):
        await write(db, 1, first=first)
    for start, since, count in (
        (None, None, 3),
        (None, 10, 2),
        (20, 10, 1),
        (10, 20, 1),
        (10, None, 2),
    ):
        query = Query(recorded=(None if start is None else NOW + timedelta(seconds=start), None))
        bound = None if since is None else NOW + timedelta(seconds=since)
        assert len((await look(db, 0, 10, query, since=bound)).events) == count, (start, since)


async def test_a_look_in_vain_is_bounded_and_moves_on(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how far it went, and what it passed over need not be looked at again."""
    async with db.transaction() as session:
        query = await service.build_query(session, {"GE_quantity_KGM": 1}, sight=service.see_all())
    await write(db, 11)
    head = await head_of(db) - 11
    whole = await look(db, head, 10, query)  # the first page of the look ends with the last event
    assert (whole.events, whole.after, whole.is_more) == ([], head + 11, False)
    await write(db, 20, first=11)
    await write(db, 1, first=40, quantityList=LEAVES)
    whole = await look(db, head, 10, query)
    assert (len(whole.events), whole.after, whole.is_more) == (1, head + 32, False)
    monkeypatch.setattr(following, "MOST_SCANNED", 15)
    monkeypatch.setattr(following, "_BATCH", 15)
    short = await look(db, head, 10, query)
    assert (short.events, short.after, short.is_more) == ([], head + 26, True)
    rest = await look(db, short.after, 10, query)
    assert (len(rest.events), rest.after, rest.is_more) == (1, head + 32, False)
