"""Selects and bulk writes of scans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.scans.history import History, Looks
from traceability.scans.models import Scan

Row = tuple[UUID, str, str | None, str | None, datetime, str, str | None, bool]

# One statement for all that a label's page asks, each part on an index and each bounded.
_READ_HISTORY = text("""
WITH newest AS (
    SELECT hour_at, device_class, province_code FROM scans
    WHERE gtin = :gtin AND serial = :serial AND is_issued AND device_class <> 'robot'
    ORDER BY hour_at DESC LIMIT :most
)
SELECT 'looks' AS part, hour_at, device_class, province_code, count(*) AS looks FROM newest GROUP BY 2, 3, 4
UNION ALL (
    SELECT 'first', hour_at, device_class, province_code, 1 FROM scans
    WHERE gtin = :gtin AND serial = :serial AND is_issued AND device_class <> 'robot'
    ORDER BY hour_at LIMIT 1
)
UNION ALL
SELECT 'unknown', NULL, NULL, NULL, count(DISTINCT serial) FROM (
    SELECT serial FROM scans
    WHERE gtin = :gtin AND NOT is_issued AND hour_at >= :unknown_since AND device_class <> 'robot' LIMIT :most_unknown
) AS tried
""")


async def copy_scans(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write scans by COPY on the session's own connection."""
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None  # noqa: S101 - a checked-out connection has its driver's
    async with (
        raw.cursor() as cursor,
        cursor.copy(
            "COPY scans (id, gtin, lot_code, serial, hour_at, device_class, province_code, is_issued) FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            await copy.write_row(row)


async def read_history(
    session: AsyncSession, *, gtin: str, serial: str, unknown_since: datetime, most: int, most_unknown: int
) -> History:
    """Read people's looks at one label: the newest `most` of them, and the first."""
    told = {
        "gtin": gtin,
        "serial": serial,
        "unknown_since": unknown_since,
        "most": most,
        "most_unknown": most_unknown,
    }
    first: Looks | None = None
    looks: list[Looks] = []
    unknown = 0
    for part, hour_at, device_class, province_code, count in (
        await session.execute(_READ_HISTORY, told)
    ).all():
        if part == "unknown":
            unknown = count
        elif part == "first":
            first = Looks(hour_at, device_class, province_code)
        else:
            looks.append(Looks(hour_at, device_class, province_code, count))
    is_cut = sum(look.count for look in looks) >= most
    return History(first, tuple(looks), is_cut, unknown)


async def place_look(
    session: AsyncSession, *, gtin: str, serial: str, own: Looks, province_code: str
) -> bool:
    """Say of one look like `own` in which province it was; False when none is written (yet)."""
    like = (
        select(Scan.id)
        .where(
            Scan.gtin == gtin,
            Scan.serial == serial,
            Scan.hour_at == own.hour_at,
            Scan.device_class == own.device_class,
            Scan.province_code.is_not_distinct_from(own.province_code),
        )
        .order_by(Scan.id.desc())
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = update(Scan).where(Scan.id == like).values(province_code=province_code).returning(Scan.id)
    placed = await session.scalar(statement.execution_options(synchronize_session=False))
    return placed is not None
