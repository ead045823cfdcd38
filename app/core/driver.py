"""The driver itself, under a session: for COPY, and for the one statement whose way through the ORM costs too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, cast

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Driver = psycopg.AsyncConnection[tuple[Any, ...]]


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
        return await (await driver.execute(statement, values, prepare=True)).fetchall()
    except psycopg.Error as error:
        if driver.closed:
            await connection.invalidate(error)
        raise DBAPIError.instance(statement, dict(values), error, psycopg.Error) from error
