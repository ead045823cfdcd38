"""The driver under a session: rows in and out, faults in the session's own words."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.db import Database, count_queries
from app.core.driver import copy_rows, driver_of, fetch_rows


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


async def test_a_fault_is_told_as_the_session_tells_it(db: Database) -> None:
    """A statement that the database does not understand raises SQLAlchemy's error, the driver's in it."""
    async with db.reading() as session:
        with pytest.raises(ProgrammingError) as told:
            await fetch_rows(session, "SELECT nothing FROM nowhere", {})
        assert isinstance(told.value.orig, psycopg.errors.UndefinedTable)
        assert await fetch_rows(session, "SELECT 1", {}) == [(1,)]


async def test_a_broken_connection_is_not_used_again(db: Database) -> None:
    """The database hangs up: the session says so, and the next one gets a connection that works."""
    async with db.reading() as session:
        pid = (await driver_of(session)).info.backend_pid
        with psycopg.connect(db.conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 3000)", [pid])
        with pytest.raises(OperationalError):
            await fetch_rows(session, "SELECT 1", {})
    async with db.reading() as session:
        assert await fetch_rows(session, "SELECT 1", {}) == [(1,)]
