"""Facts, messages from outside, and work after commit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import inbox
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.events import Event, Handlers, emit
from app.core.jobs import MOST_ATTEMPTS, TAKE_UP_JOB, Jobs, defer

NOW = datetime(2026, 11, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LeafPicked(Event):
    """A fact for these tests."""

    grams: int


async def test_handlers_run_in_order_in_the_announcers_transaction(db: Database) -> None:
    """Every handler of exactly this fact acts, first named first, on the same session."""
    seen: list[tuple[str, object]] = []
    handlers = Handlers()

    async def first(session: AsyncSession, event: LeafPicked) -> None:
        seen.append(("first", session))

    async def second(session: AsyncSession, event: LeafPicked) -> None:
        seen.append(("second", event.grams))

    handlers.on(LeafPicked, first)
    handlers.on(LeafPicked, second)
    async with db.sessions(info={"handlers": handlers}) as session:
        await emit(session, LeafPicked(grams=5))
        await emit(session, Event())
        assert seen == [("first", session), ("second", 5)]


def test_a_handler_is_named_once() -> None:
    """The same reaction named twice would act twice: it is refused."""
    handlers = Handlers()

    async def act(session: AsyncSession, event: LeafPicked) -> None:
        return

    handlers.on(LeafPicked, act)
    with pytest.raises(ValueError, match="twice"):
        handlers.on(LeafPicked, act)


async def test_a_failing_handler_fails_the_fact(db: Database) -> None:
    """What a handler refuses does not happen."""
    handlers = Handlers()

    async def refuse(session: AsyncSession, event: LeafPicked) -> None:
        raise RuntimeError

    handlers.on(LeafPicked, refuse)
    async with db.sessions(info={"handlers": handlers}) as session:
        with pytest.raises(RuntimeError):
            await emit(session, LeafPicked(grams=5))


async def test_emit_without_handlers_does_nothing(db: Database) -> None:
    """A bare session announces to nobody."""
    async with db.sessions() as session:
        await emit(session, LeafPicked(grams=1))


async def _receive(db: Database, external_id: str) -> object:
    async with db.transaction() as session:
        return await inbox.receive(
            session, source="t", external_id=external_id, kind="k", payload={"a": 1}, now=NOW
        )


async def test_a_message_is_received_once_also_twenty_at_once(db: Database) -> None:
    """Twenty deliveries of one message: one id, nineteen times None."""
    answers = await asyncio.gather(*[_receive(db, "m1") for _ in range(20)])
    assert sum(answer is not None for answer in answers) == 1
    assert await _receive(db, "m2") is not None


@pytest.mark.parametrize(("is_handled", "handled_at"), [(True, NOW), (False, None)])
async def test_a_handled_message_carries_the_instant(
    db: Database, *, is_handled: bool, handled_at: datetime | None
) -> None:
    """A message whose effect is booked carries the instant; one that waits for a human does not."""
    async with db.transaction() as session:
        message_id = await inbox.receive(
            session, source="t", external_id="m3", kind="k", payload={}, now=NOW, is_handled=is_handled
        )
        assert message_id is not None
        row = await session.get_one(inbox.InboxMessage, message_id)
        assert (row.received_at, row.handled_at) == (NOW, handled_at)


async def _count(db: Database) -> int:
    async with db.transaction() as session:
        return int((await session.execute(text("SELECT count(*) FROM jobs.procrastinate_jobs"))).scalar_one())


async def test_a_job_commits_or_dies_with_the_fact(db: Database) -> None:
    """Rolled back with its transaction, a job was never there; committed, it runs."""
    ran: list[dict[str, Any]] = []

    async def note(session: AsyncSession, *, now: datetime, word: str) -> None:
        ran.append({"word": word, "now": now, "has_session": session.in_transaction()})

    async def bare(database: Database, *, now: datetime) -> None:
        ran.append({"word": "bare"})

    with pytest.raises(RuntimeError):
        async with db.transaction() as session:
            await defer(session, "t.note", word="lost")
            raise RuntimeError
    assert await _count(db) == 0
    async with db.transaction() as session:
        await defer(session, "t.note", word="kept")
        await defer(session, "t.bare")
        await defer(session, "t.note", word="later", at=datetime.now(UTC) + timedelta(days=1))
    jobs = Jobs(db, SystemClock())
    jobs.add("t.note", note)
    jobs.add_bare("t.bare", bare)
    await jobs.work(forever=False)
    assert sorted(item["word"] for item in ran) == ["bare", "kept"]
    assert next(item for item in ran if item["word"] == "kept")["has_session"]
    assert await _count(db) == 1


async def test_a_queueing_lock_keeps_one_and_spares_the_transaction(db: Database) -> None:
    """A second job under a waiting word is dropped, and what the transaction wrote before stays."""
    async with db.transaction() as session:
        await defer(session, "t.sweep", queueing_lock="sweep")
        await session.execute(text("CREATE TEMP TABLE spared (n int) ON COMMIT DROP"))
        await defer(session, "t.sweep", queueing_lock="sweep")
        await session.execute(text("INSERT INTO spared VALUES (1)"))
    assert await _count(db) == 1


async def test_a_periodic_job_is_known_to_the_worker(db: Database) -> None:
    """A job with a cron line is deferred by the worker itself."""

    async def sweep(session: AsyncSession, *, now: datetime) -> None:
        return

    jobs = Jobs(db, SystemClock())
    jobs.add("t.periodic", sweep, cron="* * * * * *")
    assert [task.task.name for task in jobs.app.periodic_registry.periodic_tasks.values()] == [
        TAKE_UP_JOB,
        "t.periodic",
    ]


_ABANDON = """
WITH gone AS (INSERT INTO jobs.procrastinate_workers (last_heartbeat) VALUES (now() - :age) RETURNING id)
UPDATE jobs.procrastinate_jobs SET status = 'doing', attempts = :attempts, worker_id = (SELECT id FROM gone)
WHERE task_name = 't.pick'
"""


async def take_up(db: Database, pick: Any) -> None:
    """Look for abandoned jobs, twice at once, and then do what there is to do."""
    for _round in range(3):  # they are put back while the queue is being emptied
        jobs = Jobs(db, SystemClock())
        jobs.add("t.pick", pick)
        await look(jobs, times=2)
        await jobs.work(forever=False)


async def look(jobs: Jobs, *, times: int = 1) -> None:
    """Put looks for abandoned jobs into the queue, beside the worker's own."""
    async with jobs.app.open_async():
        for _time in range(times):
            await jobs.app.tasks[TAKE_UP_JOB].configure(queueing_lock=str(uuid4())).defer_async()


@pytest.mark.parametrize(
    ("age", "attempts", "left"),
    [
        (timedelta(seconds=40), 0, []),
        (timedelta(seconds=20), 0, ["doing"]),
        (timedelta(seconds=40), MOST_ATTEMPTS, ["failed"]),
    ],
    ids=["its worker is gone", "its worker lives", "it takes each worker with it"],
)
async def test_a_job_whose_worker_is_gone_is_taken_up(
    db: Database, age: timedelta, attempts: int, left: list[str]
) -> None:
    """After half a minute without a sign of life another worker does the job; not for ever, and not while the first lives."""
    done = []

    async def pick(session: AsyncSession, *, now: datetime) -> None:
        done.append(now)

    async with db.transaction() as session:
        await defer(session, "t.pick")
        await session.execute(text(_ABANDON), {"age": age, "attempts": attempts})
    await take_up(db, pick)
    assert len(done) == (not left)
    async with db.transaction() as session:
        said = await session.scalars(
            text("SELECT status::text FROM jobs.procrastinate_jobs WHERE task_name = 't.pick'")
        )
        assert list(said) == left


async def test_a_job_that_waits_again_already_holds_up_no_other(db: Database) -> None:
    """An abandoned job that waits under its word anew is left at that, and what was abandoned with it is taken up."""
    done = []

    async def pick(session: AsyncSession, *, now: datetime, place: str) -> None:
        done.append(place)

    async with db.transaction() as session:
        for place in ("abandoned", "beside it"):
            await defer(session, "t.pick", place=place, queueing_lock=place)
        await session.execute(text(_ABANDON), {"age": timedelta(seconds=40), "attempts": 0})
        later = datetime.now(UTC) + timedelta(hours=9)
        await defer(session, "t.pick", place="waits", queueing_lock="abandoned", at=later)
    await take_up(db, pick)
    assert done == ["beside it"]
    async with db.transaction() as session:
        said = await session.execute(
            text(
                "SELECT args->>'place', status::text FROM jobs.procrastinate_jobs WHERE task_name = 't.pick'"
            )
        )
        assert [tuple(row) for row in said] == [("waits", "todo")]


async def test_a_job_that_ends_while_it_is_looked_at_holds_up_no_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker was slow and not gone: there is nothing to put back, and what was abandoned beside it is taken up."""
    done = []

    async def pick(session: AsyncSession, *, now: datetime, place: str) -> None:
        done.append(place)

    async with db.transaction() as session:
        for place in ("ends", "abandoned"):
            await defer(session, "t.pick", place=place)
        await session.execute(text(_ABANDON), {"age": timedelta(seconds=40), "attempts": 0})
    for _round in range(2):  # as above
        jobs = Jobs(db, SystemClock())
        jobs.add("t.pick", pick)
        await look(jobs)
        find = jobs.app.job_manager.get_stalled_jobs

        async def find_slowly(find: Any = find) -> Any:
            found = sorted(await find(), key=lambda job: job.id)
            async with db.transaction() as session:
                await session.execute(
                    text("DELETE FROM jobs.procrastinate_jobs WHERE args->>'place' = 'ends'")
                )
            return found

        monkeypatch.setattr(jobs.app.job_manager, "get_stalled_jobs", find_slowly)
        await jobs.work(forever=False)
    assert done == ["abandoned"]
