"""The database: engine, sessions, and the one place where a transaction begins and ends."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.core.driver import Cursor, Line, Lines
from app.core.errors import BusyError
from app.core.i18n import _
from app.core.pool import FairPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.core.events import Handlers

STATEMENT_TIMEOUT_MS = 30_000
TURN_S = 10.0
PREPARED_MOST = 300
MOST_LISTS = 4
# lock_not_available, deadlock_detected, serialization_failure; query_canceled: in a long row each wait may be short enough,
# and all of them together too long.
_BUSY_STATES = {"55P03", "40P01", "40001", "57014"}


def async_url(url: str) -> str:
    """Give a PostgreSQL address in any usual spelling the driver that we use (psycopg 3)."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Database:
    """One engine and its sessions.

    Sessions carry the house's event handlers in `session.info["handlers"]`, so that a service announces a
    fact without knowing who listens.
    """

    def __init__(
        self,
        url: str,
        *,
        handlers: Handlers | None = None,
        pool_size: int = 20,
        lock_wait: timedelta = timedelta(seconds=3),
    ) -> None:
        self.url = async_url(url)
        self.handlers = handlers
        options = (
            f"-c lock_timeout={lock_wait // timedelta(milliseconds=1)} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
            "-c idle_in_transaction_session_timeout=60000 -c search_path=public,jobs -c timezone=UTC "
            # Requests ask for few rows: helpers of a query and its compiling cost more than the query.
            "-c max_parallel_workers_per_gather=0 -c jit=off"
        )
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            poolclass=FairPool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=TURN_S,
            pool_pre_ping=False,
            # Nearly all statements come again: planned and described once, an order costs half of the database's time.
            connect_args={"options": options, "prepare_threshold": 1, "cursor_factory": Cursor},
        )
        event.listen(self.engine.sync_engine, "connect", _remember_statements)
        # A closed session that is used again raises instead of silently taking a new connection.
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, close_resets_only=False)
        self.line = Line(self.conninfo, options, self.engine)
        self.lists = Lines(MOST_LISTS, self.conninfo, options, self.engine)
        """For lists and searches, whose statements may take longer: scans do not wait for them, nor they for each other."""

    @property
    def conninfo(self) -> str:
        """The same address as libpq reads it."""
        return self.url.replace("postgresql+psycopg://", "postgresql://", 1)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on any error; what cannot be had in time is `BusyError`.

        Its connection is taken with its first statement and goes back with its end, or with `session.close()`: a request
        that reads a body, counts an attempt or asks another house meanwhile keeps nobody waiting.
        """
        async with self.sessions(info={"handlers": self.handlers}) as session:
            try:
                async with session.begin():
                    yield session
            except PoolTimeoutError as error:
                raise _busy() from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in _BUSY_STATES:
                    raise _busy() from error
                raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees everything as it stood at one instant, whatever others write meanwhile."""
        async with self.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give all connections back."""
        await self.line.close()
        await self.lists.close()
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()


def _busy() -> BusyError:
    return BusyError(_("Đang có nhiều người cùng làm việc này. Bạn thử lại sau vài giây."))


def _remember_statements(connection: Any, _record: object) -> None:
    """Let a connection keep more statements prepared than one order asks: the driver's hundred forget all in turn."""
    connection.driver_connection.prepared_max = PREPARED_MOST
