"""The driver itself: under a session for COPY, and beside it for the one statement that is asked all day long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, LiteralString, cast, overload

import psycopg
from sqlalchemy import Select, UpdateBase
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

_DIALECT = PGDialectAsync_psycopg()  # type: ignore[no-untyped-call]  # the library has no types there
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


class Prepared:
    """A statement that is built once, compiled once, and asked of the driver in the session's transaction.

    For rows of columns, as `select` or RETURNING names them: what a session does besides costs as much again, or twice as
    much. Objects come from the session. Values are given by the names of its `bindparam`s; those that list several are
    arrays (`any_`, ValueError otherwise). As with the session, what it holds is written before.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase) -> None:
        self._statement = statement

    @cached_property
    def _compiled(self) -> _Compiled:
        """Made when it is first asked: a start waits for none of them."""
        return _Compiled(self._statement)

    async def fetch(self, session: AsyncSession, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows; raises what the session would raise, KeyError for a value that is not given."""
        if session.dirty or session.new or session.deleted:
            await session.flush()
        compiled = self._compiled
        rows = await fetch_rows(session, compiled.text, compiled.write(values))
        return [compiled.read(row) for row in rows] if compiled.readers else rows

    async def scalar(self, session: AsyncSession, values: Mapping[str, Any]) -> Any:
        """The first column of the first row; None without one."""
        rows = await self.fetch(session, values)
        return rows[0][0] if rows else None


class _Compiled:
    """The text of a statement, and how its values and columns are turned; ValueError for an IN of values that come later."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._names = {name for name, bind in compiled.binds.items() if bind.required}
        if any(bind.expanding and bind.required for bind in compiled.binds.values()):
            raise ValueError("an IN of values that come later is another text with each number of them: any_")
        whole = compiled.construct_expanded_state(dict.fromkeys(self._names))
        self.text = whole.statement
        own = ((name, bind.type.dialect_impl(_DIALECT)) for name, bind in compiled.binds.items())
        writers = {name: writer for name, kind in own if (writer := kind.bind_processor(_DIALECT))}
        self._writers = {**writers, **whole.processors}
        self._fixed = self._turn(
            {name: value for name, value in whole.parameters.items() if name not in self._names}
        )
        self.readers = [
            (place, reader)
            for place, column in enumerate(statement.exported_columns)
            if (reader := column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
        ]

    def _turn(self, values: Mapping[str, Any]) -> dict[str, Any]:
        writers = self._writers
        return {name: writers[name](value) if name in writers else value for name, value in values.items()}

    def write(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the driver takes them, with those that never change."""
        return {**self._fixed, **self._turn({name: values[name] for name in self._names})}

    def read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row as the session would give it."""
        columns = list(row)
        for place, reader in self.readers:
            columns[place] = reader(columns[place])
        return tuple(columns)


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
