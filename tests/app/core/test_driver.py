"""The driver under a session: rows in and out, faults in the session's own words."""

from __future__ import annotations

import asyncio
from functools import partial

import psycopg
import pytest
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.db import Database
from app.core.driver import Prepared, copy_rows, driver_of, fetch_rows
from app.notices.models import Notice
from producers.intake.models import IntakeSlip
from tests.factories.people import NOW, make_person
from tests.factories.producers import make_slip
from tests.queries import count_queries


async def test_rows_go_in_by_copy_and_come_back(db: Database) -> None:
    """What is copied is in the session's own transaction, and a fetched statement counts as one of the session's."""
    statements = count_queries(db.engine)
    async with db.transaction() as session:
        await session.execute(text("CREATE TEMPORARY TABLE jars (name text, grams bigint) ON COMMIT DROP"))
        await copy_rows(session, "COPY jars (name, grams) FROM STDIN", [("chè", 100), ("mật", 250)])
        said = await fetch_rows(session, "SELECT name FROM jars WHERE grams > %(least)s", {"least": 200})
    assert said == [("mật",)]
    assert [statement for statement in statements if "least" in statement] == [
        "SELECT name FROM jars WHERE grams > %(least)s"
    ]


@pytest.mark.parametrize("way", ["session", "line"])
async def test_a_fault_is_told_as_the_session_tells_it(db: Database, way: str) -> None:
    """A statement that the database does not understand raises SQLAlchemy's error, the driver's in it."""
    async with db.transaction() as session:
        fetch = partial(fetch_rows, session) if way == "session" else db.line.fetch_rows
        with pytest.raises(ProgrammingError) as told:
            await fetch("SELECT nothing FROM nowhere", {})
        assert isinstance(told.value.orig, psycopg.errors.UndefinedTable)
        await session.rollback()
    assert await db.line.fetch_rows("SELECT 1", {}) == [(1,)]


async def hang_up(db: Database, pid: int) -> None:
    """Let the database end one of its connections."""
    with psycopg.connect(db.conninfo, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 3000)", [pid])


async def test_a_broken_connection_is_not_used_again(db: Database) -> None:
    """The database hangs up: the session says so, and the next one gets a connection that works."""
    with pytest.raises(OperationalError):
        async with db.transaction() as session:
            await hang_up(db, (await driver_of(session)).info.backend_pid)
            await fetch_rows(session, "SELECT 1", {})
    async with db.transaction() as session:
        assert await fetch_rows(session, "SELECT 1", {}) == [(1,)]


async def test_a_line_stays_open_and_opens_again(db: Database) -> None:
    """One connection for all that follows; when the database hung up, who asks hears it, and the next one is answered."""
    asked = "SELECT pg_backend_pid(), %(name)s::text"
    statements = count_queries(db.engine)
    [(pid, name)] = await db.line.fetch_rows(asked, {"name": "chè"})
    assert name == "chè" and await db.line.fetch_rows(asked, {"name": None}) == [(pid, None)]
    assert statements == [asked, asked]
    await hang_up(db, pid)
    with pytest.raises(OperationalError):
        await db.line.fetch_rows(asked, {"name": None})
    together = await asyncio.gather(*(db.line.fetch_rows(asked, {"name": None}) for _again in range(3)))
    assert len({other for [(other, _name)] in together} - {pid}) == 1


async def test_a_line_keeps_the_houses_limits(db: Database) -> None:
    """What holds for a session's statements holds for a line's: times, the zone, where names are looked up."""
    asked = (
        "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'TimeZone',"
        " 'search_path', 'jit') ORDER BY name"
    )
    async with db.transaction() as session:
        said = await fetch_rows(session, asked, {})
    assert len(said) == 5 and await db.line.fetch_rows(asked, {}) == said


async def test_a_slow_statement_holds_up_no_other(db: Database) -> None:
    """A list is answered while another takes its time; asked one after the other all take the same line."""
    who = "SELECT pg_backend_pid()"
    [[first], [again]] = [await db.lists.fetch_rows(who, {}) for _time in range(2)]
    assert first == again
    async with db.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock_shared(4711)"))
        slow = asyncio.create_task(db.lists.fetch_rows("SELECT pg_advisory_xact_lock(4711)", {}))
        await asyncio.sleep(0)
        [other] = await asyncio.wait_for(db.lists.fetch_rows(who, {}), 10)
        assert other != first and not slow.done()
    await slow


_OF_KIND = Prepared(
    select(Notice.kind, Notice.params, Notice.person_id)
    .where(Notice.kind.in_(("a", "b")), Notice.person_id == any_(bindparam("people", type_=ARRAY(Uuid))))
    .order_by(Notice.kind)
)
_GRADES = Prepared(select(IntakeSlip.grade).where(IntakeSlip.site_id == bindparam("site_id")))


async def test_a_prepared_statement_answers_as_the_sessions(db: Database) -> None:
    """Values and columns are turned as the session turns them, and what the session holds is written first."""
    async with db.transaction() as session:
        one, other = await make_person(session), await make_person(session)
        session.add_all(
            Notice(person_id=who.id, kind=kind, msgid="m", params={"n": 1}, href="/me", created_at=NOW)
            for who, kind in ((one, "b"), (one, "a"), (one, "c"), (other, "a"))
        )
        assert await _OF_KIND.fetch(session, {"people": [one.id]}) == [
            ("a", {"n": 1}, one.id),
            ("b", {"n": 1}, one.id),
        ]
        assert await _OF_KIND.scalar(session, {"people": []}) is None
        slip = await make_slip(session)
        assert await _GRADES.scalar(session, {"site_id": slip.site_id}) is slip.grade
        with pytest.raises(KeyError, match="people"):
            await _OF_KIND.fetch(session, {})


async def test_a_list_of_any_length_is_no_prepared_statement(db: Database) -> None:
    """An IN of values that come later would be another text with each number of them."""
    listing = Prepared(select(Notice.id).where(Notice.kind.in_(bindparam("kinds", expanding=True))))
    async with db.transaction() as session:
        with pytest.raises(ValueError, match="any_"):
            await listing.fetch(session, {"kinds": ["a"]})
