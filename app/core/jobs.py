"""Work after commit: the port to procrastinate, which keeps its queue in the same database."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, LiteralString

import procrastinate
from procrastinate import PsycopgConnector, RetryStrategy
from procrastinate.jobs import Job, Status
from structlog import get_logger

from app.core.driver import driver_of, fetch_rows

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.clock import Clock
    from app.core.db import Database

SCHEMA = "jobs"
MOST_ATTEMPTS = 12
_RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=3)
TAKE_UP_JOB = "jobs.take_up"
_deferrer = procrastinate.App(connector=PsycopgConnector())
# What procrastinate's own call asks of the database. It writes a job as the text of a row inside an array, and to escape
# that costs more than all the rest of the call.
_DEFER: LiteralString = """
SELECT procrastinate_defer_jobs_v1(array_agg(
    ROW('default', %(name)s::text, 0, NULL, NULL, arguments, %(at)s::timestamptz)::procrastinate_job_to_defer_v1
)) FROM jsonb_array_elements(%(arguments)s::jsonb) AS arguments
"""

log = get_logger()

Transactional = Callable[..., Awaitable[None]]
"""`async def job(session, *, now, **arguments)`: runs in one transaction of its own."""
Bare = Callable[..., Awaitable[None]]
"""`async def job(database, *, now, **arguments)`: for work that calls the network between transactions."""


async def defer(
    session: AsyncSession,
    name: str,
    *,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> None:
    """Put a job in the queue on the session's own connection: it commits or dies with the fact.

    `arguments` are JSON values. With `queueing_lock`, a job that already waits under that word is enough.
    `at`: not before this instant (UTC).
    """
    if queueing_lock is None:
        await _put(session, name, [arguments], at)
        return
    try:
        # Fetched inside the savepoint: a refused lock must roll back to here and no further.
        async with session.begin_nested():
            await _deferrer.configure_task(
                name, connection=await driver_of(session), queueing_lock=queueing_lock, schedule_at=at
            ).defer_async(**arguments)
    except procrastinate.exceptions.AlreadyEnqueued:
        return


async def defer_all(session: AsyncSession, name: str, arguments: Sequence[dict[str, Any]]) -> None:
    """Put a job in the queue for each of `arguments`, as `defer` does with one, by one statement."""
    await _put(session, name, arguments, None)


async def _put(
    session: AsyncSession, name: str, arguments: Sequence[dict[str, Any]], at: datetime | None
) -> None:
    await fetch_rows(session, _DEFER, {"name": name, "arguments": json.dumps(arguments), "at": at})


async def _commit_each(connection: AsyncConnection[Any]) -> None:
    """Each statement of the queue is a whole act: to begin and to end a transaction for it costs more than itself."""
    await connection.set_autocommit(True)


class Jobs:
    """The jobs that this house knows; `app.wiring` names them, the worker runs them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.app = procrastinate.App(
            connector=PsycopgConnector(
                conninfo=database.conninfo,
                # Nobody waits for the disk to hear that a job was begun or is done: what a power cut takes of that is
                # done once more, as after any end of a worker. That a job is there at all is in its fact's own commit.
                kwargs={"options": "-c search_path=public,jobs -c synchronous_commit=off"},
                configure=_commit_each,
                min_size=1,
                max_size=4,
            )
        )

        # One look at a time: of two at once the second would put back what the first one gave to a worker that lives.
        self._register(TAKE_UP_JOB, self._take_up, "* * * * * */15", lock=TAKE_UP_JOB)

    async def _take_up(self, timestamp: int | None = None) -> None:  # noqa: ARG002 - periodic jobs get it
        """Put jobs back into the queue whose worker was gone for half a minute in the middle of them.

        One that has taken its worker with it again and again is given up. Of one that waits anew already, under the word
        of its queueing lock, that is enough.
        """
        for job in await self.app.job_manager.get_stalled_jobs():
            log.warning("job_without_worker", job=job.task_name, attempts=job.attempts)
            try:
                await self._take_up_one(job)
            except procrastinate.exceptions.ConnectorException:
                # It came to its end since: that is no matter of the others.
                log.info("job_not_put_back", job=job.task_name, exc_info=True)

    async def _take_up_one(self, job: Job) -> None:
        manager = self.app.job_manager
        if job.attempts >= MOST_ATTEMPTS:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
            return
        try:
            await manager.retry_job(job)
        except procrastinate.exceptions.UniqueViolation:
            await manager.finish_job(job, Status.ABORTED, delete_job=True)

    def add(self, name: str, run: Transactional, *, cron: str | None = None) -> None:
        """Name a job that runs inside one transaction; `cron` (six fields, seconds last) makes it periodic."""

        async def task(timestamp: int | None = None, **arguments: Any) -> None:  # noqa: ARG001 - periodic jobs get it
            async with self._database.transaction() as session:
                await run(session, now=self._clock.now(), **arguments)

        self._register(name, task, cron)

    def add_bare(self, name: str, run: Bare, *, cron: str | None = None) -> None:
        """Name a job that opens its own transactions, because it talks to the network between them."""

        async def task(timestamp: int | None = None, **arguments: Any) -> None:  # noqa: ARG001 - periodic jobs get it
            await run(self._database, now=self._clock.now(), **arguments)

        self._register(name, task, cron)

    def _register(
        self, name: str, task: Callable[..., Awaitable[None]], cron: str | None, *, lock: str | None = None
    ) -> None:
        word = name if cron else None
        registered = self.app.task(name=name, retry=_RETRY, queueing_lock=word, lock=lock)(task)
        if cron:
            self.app.periodic(cron=cron, periodic_id=name)(registered)

    async def work(self, *, forever: bool = True, concurrency: int = 4) -> None:
        """Run the queue: for ever (a worker), or until it is empty (tests and commands)."""
        async with self.app.open_async():
            await self.app.run_worker_async(
                wait=forever,
                concurrency=concurrency,
                install_signal_handlers=forever,
                delete_jobs="successful",
            )
