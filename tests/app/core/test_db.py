"""Transactions: committed once, rolled back on error, busy rather than stuck."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.accounts import attempts
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


REGULARS, ROUNDS = 25, 20


async def longest_wait(open_session: Callable[[], AbstractAsyncContextManager[AsyncSession]]) -> int:
    """How many others were served at most between two turns of somebody who comes again at once."""
    served: list[int] = []

    async def come_again(number: int) -> None:
        for _round in range(ROUNDS):
            async with open_session() as session:
                await session.execute(text("SELECT 1"))
                served.append(number)

    await asyncio.gather(*(come_again(number) for number in range(REGULARS)))
    turns = [[at for at, one in enumerate(served) if one == number] for number in range(REGULARS)]
    return max(later - sooner for own in turns for sooner, later in pairwise(own))


async def test_whoever_waits_is_served_before_newcomers(db: Database) -> None:
    """Twenty-five at eight connections: nobody waits for more than two rounds of all."""
    async with Database(db.url, pool_size=8) as other:
        assert await longest_wait(other.transaction) <= 2 * REGULARS


async def test_the_librarys_pool_forgets_who_waits(db: Database) -> None:
    """Negative control: without a row somebody waits while others are served again and again."""
    engine = create_async_engine(db.url, pool_size=8, max_overflow=0)
    sessions = async_sessionmaker(engine)
    try:
        for _try in range(20):
            if await longest_wait(sessions) > 2 * REGULARS:
                return
    finally:
        await engine.dispose()
    pytest.fail("the pool served everybody in turn")


async def test_a_connection_that_does_not_come_is_busy(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a connection for ever."""
    monkeypatch.setattr("app.core.db.TURN_S", 0.05)
    async with Database(db.url, pool_size=1) as other:
        async with other.transaction() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(BusyError):
                async with other.transaction() as second:
                    await second.execute(text("SELECT 1"))
        async with other.transaction() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_who_says_nothing_holds_no_connection(db: Database) -> None:
    """A request that has said nothing yet, or gave its connection back, keeps nobody waiting, itself included."""
    async with Database(db.url, pool_size=1) as other, asyncio.timeout(5), other.transaction() as session:
        async with other.transaction() as attempt:
            await attempt.execute(text("SELECT 1"))
        assert await session.scalar(text("SELECT 2")) == 2
        await session.close()
        async with other.transaction() as fresh:
            assert await fresh.scalar(text("SELECT 3")) == 3


async def test_many_count_an_attempt_before_they_look_at_anything(db: Database) -> None:
    """More requests than connections, each with a session of its own that waits meanwhile: all come through."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    async with Database(db.url, pool_size=2) as few, asyncio.timeout(5):

        async def ask(number: int) -> int | None:
            async with few.transaction() as session:
                await attempts.limit(
                    few, kind="probe", key=str(number), most=1, per=timedelta(hours=1), now=now
                )
                return await session.scalar(text("SELECT 1"))

        assert await asyncio.gather(*map(ask, range(12))) == [1] * 12


async def wait_in_row(other: Database) -> asyncio.Task[int | None]:
    """Somebody who stands in the row by now."""

    async def ask() -> int | None:
        async with other.transaction() as session:
            return await session.scalar(text("SELECT 1"))

    task = asyncio.create_task(ask())
    for _turn in range(10):
        await asyncio.sleep(0)
    return task


async def test_who_goes_away_takes_no_connection_along(db: Database) -> None:
    """Whoever gives up waiting leaves the row, also at the moment at which a connection is put into their hand."""
    async with Database(db.url, pool_size=1) as other, asyncio.timeout(5):
        async with other.transaction() as session:
            await session.execute(text("SELECT 1"))
            gone, at_the_last_moment, stays = [await wait_in_row(other) for _number in range(3)]
            gone.cancel()
            await asyncio.sleep(0)
            await session.close()
            at_the_last_moment.cancel()
        assert await stays == 1
        assert gone.cancelled() and at_the_last_moment.cancelled()
        async with other.transaction() as session:
            assert await session.scalar(text("SELECT 1")) == 1


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
