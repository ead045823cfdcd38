"""The driver itself: under a session for COPY, and beside it for the one statement that is asked all day long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString, cast, overload

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

Row = tuple[Any, ...]
Driver = psycopg.AsyncConnection[tuple[Any, ...]]
Fetch = Callable[[LiteralString, Mapping[str, Any]], Awaitable[list[tuple[Any, ...]]]]
"""Answers the rows of a statement and its values."""


class _Columns(Sequence[psycopg.Column]):
    """The columns of a result, described when somebody looks at them."""

    def __init__(self, describe: Callable[[], list[psycopg.Column]], number: int) -> None:
        self._describe, self._number = describe, number

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, place: int) -> psycopg.Column: ...
    @overload
    def __getitem__(self, place: slice) -> list[psycopg.Column]: ...
    def __getitem__(self, place: int | slice) -> psycopg.Column | list[psycopg.Column]:
        return self._describe()[place]

    def __iter__(self) -> Iterator[psycopg.Column]:
        return iter(self._describe())


class Cursor(psycopg.AsyncCursor[Row]):
    """The driver's cursor, for sessions: they ask for the columns of each result, and look at those of new statements only.

    A row of fifty columns costs more to describe than to read.
    """

    @property
    def description(self) -> Any:
        """As the driver's: a sequence of columns, None without rows."""
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        return _Columns(lambda: super(Cursor, self).description or [], result.nfields)


async def _driver_under(connection: AsyncConnection) -> Driver:
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver's
    return cast("Driver", driver)


async def driver_of(session: AsyncSession) -> Driver:
    """The driver's own connection of a session, in the session's transaction."""
    return await _driver_under(await session.connection())


async def copy_rows(session: AsyncSession, statement: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by COPY in the session's transaction."""
    driver = await driver_of(session)
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


async def fetch_rows(
    session: AsyncSession, statement: LiteralString, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of one statement (places spelled `%(name)s`); raises what the session would raise.

    Whoever counts the session's statements counts this one too.
    """
    connection = await session.connection()
    driver = await _driver_under(connection)
    sync = connection.sync_connection
    assert sync is not None  # noqa: S101 - `session.connection` answers a started one
    sync.dispatch.before_cursor_execute(sync, None, statement, values, None, False)
    try:
        return await _fetch(driver, statement, values)
    except psycopg.Error as error:
        if driver.closed:
            await connection.invalidate(error)
        raise _as_session_says(error, statement, values) from error


class Line:
    """A connection of its own that stays open between statements which only read, each for itself.

    Taking a session costs five times what such a statement does. Opened when it is first asked, and again when the
    database hung up. Statements follow one another: whoever asks more at once takes sessions, or several `Lines`.
    """

    def __init__(self, conninfo: str, options: str, engine: AsyncEngine) -> None:
        self._conninfo, self._options, self._engine = conninfo, options, engine.sync_engine
        self._driver: Driver | None = None
        self._opening = asyncio.Lock()
        self.waiting = 0
        """How many statements are on their way."""

    async def fetch_rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """As `fetch_rows` of a session, and counted with the engine's statements."""
        self.waiting += 1
        try:
            driver = self._driver
            if driver is None or driver.closed:
                driver = await self._open()
            self._engine.dispatch.before_cursor_execute(self._engine, None, statement, values, None, False)
            return await _fetch(driver, statement, values)
        except psycopg.Error as error:
            raise _as_session_says(error, statement, values) from error
        finally:
            self.waiting -= 1

    async def _open(self) -> Driver:
        async with self._opening:
            if self._driver is None or self._driver.closed:
                self._driver = await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, options=self._options
                )
            return self._driver

    async def close(self) -> None:
        """Hang up."""
        if self._driver is not None:
            await self._driver.close()


class Lines:
    """A few lines: each statement takes the first one that is free, or the one with the shortest queue.

    One that takes long holds up nobody else while another line is free.
    """

    def __init__(self, most: int, conninfo: str, options: str, engine: AsyncEngine) -> None:
        self._lines = [Line(conninfo, options, engine) for _number in range(most)]

    async def fetch_rows(self, statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """As `Line.fetch_rows`."""
        line = min(self._lines, key=lambda one: one.waiting)
        return await line.fetch_rows(statement, values)

    async def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            await line.close()


async def _fetch(
    driver: Driver, statement: LiteralString, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    return await (await driver.execute(statement, values, prepare=True)).fetchall()


def _as_session_says(
    error: psycopg.Error, statement: LiteralString, values: Mapping[str, Any]
) -> BaseException:
    return DBAPIError.instance(statement, dict(values), error, psycopg.Error)
