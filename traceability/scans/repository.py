"""Selects and bulk writes of scans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.scans.models import Scan

Row = tuple[UUID, str, str | None, str | None, datetime, str]


async def copy_scans(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write scans by COPY on the session's own connection."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None  # noqa: S101 - a checked-out connection has its driver's
    async with (
        raw.cursor() as cursor,
        cursor.copy("COPY scans (id, gtin, lot_code, serial, hour_at, device_class) FROM STDIN") as copy,
    ):
        for row in rows:
            await copy.write_row(row)


async def count_looks(session: AsyncSession, gtin: str, serial: str) -> tuple[int, datetime | None]:
    """Count scans of one label by people, and the first hour."""
    statement = select(func.count(), func.min(Scan.hour_at)).where(
        Scan.gtin == gtin, Scan.serial == serial, Scan.device_class != "robot"
    )
    count, first = (await session.execute(statement)).one()
    return count, first
