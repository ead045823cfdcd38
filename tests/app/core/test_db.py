"""Transactions: committed once, rolled back on error, busy rather than stuck."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError

from app.core.db import Database, async_url
from app.core.errors import BusyError
from tests.queries import count_queries


@pytest.mark.parametrize(
    "spelling",
    [
        "postgres://u:p@h/d",
        "postgresql://u:p@h/d",
        "postgresql+psycopg://u:p@h/d",
        "postgresql+asyncpg://u:p@h/d",
    ],
)
def test_async_url_takes_every_usual_spelling(spelling: str) -> None:
    """Any PostgreSQL address is given to psycopg, password and all."""
    assert async_url(spelling) == "postgresql+psycopg://u:p@h/d"


async def test_transaction_commits_at_the_end_and_rolls_back_on_error(db: Database) -> None:
    """What was written stands after a good end and is gone after an error."""
    async with db.transaction() as session:
        await session.execute(text("CREATE TABLE db_probe (n int)"))
    try:
        with pytest.raises(RuntimeError):
            async with db.transaction() as session:
                await session.execute(text("INSERT INTO db_probe VALUES (1)"))
                raise RuntimeError
        async with db.transaction() as session:
            assert (await session.execute(text("SELECT count(*) FROM db_probe"))).scalar_one() == 0
    finally:
        async with db.transaction() as session:
            await session.execute(text("DROP TABLE db_probe"))


async def test_lock_not_had_in_time_is_busy(db: Database) -> None:
    """A row that somebody holds too long is answered with `BusyError`, not with a hang."""
    async with db.transaction() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(77)"))
        with pytest.raises(BusyError):
            async with db.transaction() as waiting:
                await waiting.execute(text("SET LOCAL lock_timeout = '50ms'"))
                await waiting.execute(text("SELECT pg_advisory_xact_lock(77)"))


async def test_a_statement_that_waits_too_long_in_all_is_busy(db: Database) -> None:
    """In a long row each wait may be short enough and their sum too long: that is busy too, and no fault."""
    async with db.transaction() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(77)"))
        with pytest.raises(BusyError):
            async with db.transaction() as waiting:
                await waiting.execute(text("SET LOCAL statement_timeout = '50ms'"))
                await waiting.execute(text("SELECT pg_advisory_xact_lock(77)"))


async def test_deadlock_is_busy(db: Database) -> None:
    """Two that wait for each other: one goes on, the other is told that it is busy."""

    async def take(first: int, second: int, met: asyncio.Barrier) -> None:
        async with db.transaction() as session:
            await session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            await session.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": first})
            await met.wait()
            await session.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": second})

    barrier = asyncio.Barrier(2)
    outcomes = await asyncio.gather(take(1, 2, barrier), take(2, 1, barrier), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BusyError", "NoneType"]


async def test_other_database_errors_pass_through(db: Database) -> None:
    """A broken rule is not called busy."""
    with pytest.raises(IntegrityError):
        async with db.transaction() as session:
            await session.execute(text("INSERT INTO people (id, name) VALUES (NULL, 'x')"))


async def test_closed_session_raises_instead_of_opening_a_new_connection(db: Database) -> None:
    """A session used after its transaction is a bug, and says so."""
    async with db.transaction() as session:
        pass
    with pytest.raises((InvalidRequestError, StatementError)):
        await session.execute(text("SELECT 1"))


async def test_ping_and_context_close(db: Database) -> None:
    """A database answers a ping, and gives its connections back."""
    async with Database(db.url, pool_size=1) as other:
        await other.ping()


async def test_count_queries_sees_what_its_caller_runs(db: Database) -> None:
    """The recorder lists what its caller and the tasks of its caller ran, and nothing that goes on beside it."""

    async def ask(number: int) -> None:
        async with db.transaction() as session:
            await session.execute(text(f"SELECT {number}"))

    async def ask_when_told() -> None:
        await told.wait()
        await ask(41)

    told = asyncio.Event()
    beside = asyncio.create_task(ask_when_told())
    seen = count_queries(db.engine)
    told.set()
    await asyncio.gather(beside, ask(42))
    await ask(43)
    assert [statement for statement in seen if statement.startswith("SELECT 4")] == ["SELECT 42", "SELECT 43"]


async def test_an_orders_statements_stay_prepared(db: Database) -> None:
    """A connection that runs more kinds of statements in turn than the driver keeps by itself has them all prepared."""
    kinds = [f"SELECT {number}, count(*) FROM attempts" for number in range(150)]
    prepared = text(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT %, count(*) FROM attempts'"
    )
    async with db.transaction() as session:
        for statement in kinds * 6:
            await session.execute(text(statement))
        assert await session.scalar(prepared) == len(kinds)
