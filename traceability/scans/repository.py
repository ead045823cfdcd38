"""Selects and bulk writes of scans."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import Fetch, copy_rows
from traceability.labels.models import Serial, SerialState
from traceability.scans.history import History, KnownLabel, Looks, Name, Scanned
from traceability.scans.models import Scan, Suspect

Row = tuple[UUID, str, str | None, str | None, datetime, str, str | None, bool, bool]

# One statement for all that the pages of some labels ask, each part on an index and each bounded. Its words are the same
# for any number of labels: it is planned once for each connection.
_READ_LABELS = """
SELECT asked.gtin, asked.serial,
    serials.id, serials.lot_id, serials.state, serials.created_at, serials.sold_at, label_sheets.has_pin,
    first.hour_at, first.device_class, first.province_code, first.is_located,
    seen.hours, seen.devices, seen.provinces, seen.located, seen.counts,
    tried.codes
FROM unnest(CAST(%(gtins)s AS text[]), CAST(%(serials)s AS text[])) AS asked(gtin, serial)
LEFT JOIN serials ON serials.gtin = asked.gtin AND serials.serial = asked.serial
LEFT JOIN label_sheets ON label_sheets.id = serials.sheet_id
LEFT JOIN LATERAL (
    SELECT hour_at, device_class, province_code, is_located FROM scans
    WHERE scans.gtin = asked.gtin AND scans.serial = asked.serial AND device_class <> 'robot'
    ORDER BY hour_at LIMIT 1
) AS first ON true
CROSS JOIN LATERAL (
    SELECT array_agg(hour_at) AS hours, array_agg(device_class) AS devices, array_agg(province_code) AS provinces,
        array_agg(is_located) AS located, array_agg(looks) AS counts
    FROM (
        SELECT hour_at, device_class, province_code, is_located, count(*) AS looks FROM (
            SELECT hour_at, device_class, province_code, is_located FROM scans
            WHERE scans.gtin = asked.gtin AND scans.serial = asked.serial AND device_class <> 'robot'
            ORDER BY hour_at DESC LIMIT %(most)s
        ) AS newest
        GROUP BY 1, 2, 3, 4
    ) AS alike
) AS seen
CROSS JOIN LATERAL (
    SELECT count(DISTINCT unknown.serial) AS codes FROM (
        SELECT scans.serial FROM scans
        WHERE scans.gtin = asked.gtin AND NOT is_issued AND hour_at >= %(unknown_since)s AND device_class <> 'robot'
        ORDER BY hour_at DESC LIMIT %(most_unknown)s
    ) AS unknown
) AS tried
"""


# In the order of ids, so that two processes never wait for each other. A label that is gone is passed over: one row
# must not keep all other looks from being written.
_KEEP_SUSPECTS = text("""
INSERT INTO suspects (id, created_at, serial_id, producer_id, score, reasons, seen_at)
SELECT told.id, told.seen_at, serials.id, told.producer_id, told.score, told.reasons, told.seen_at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(
    id uuid, serial_id uuid, producer_id uuid, score bigint, reasons jsonb, seen_at timestamptz
)
JOIN serials ON serials.id = told.serial_id
ORDER BY serials.id
ON CONFLICT (serial_id) DO UPDATE SET
    seen_at = greatest(suspects.seen_at, EXCLUDED.seen_at),
    score = greatest(suspects.score, EXCLUDED.score),
    reasons = CASE WHEN EXCLUDED.score >= suspects.score THEN EXCLUDED.reasons ELSE suspects.reasons END
""")
_COUNT_UNKNOWN = text("""
SELECT product.gtin, count(DISTINCT tried.serial) AS codes FROM unnest(CAST(:gtins AS text[])) AS product(gtin)
CROSS JOIN LATERAL (
    SELECT serial FROM scans
    WHERE scans.gtin = product.gtin AND NOT is_issued AND hour_at >= :since AND device_class <> 'robot'
    ORDER BY hour_at DESC LIMIT :most
) AS tried
GROUP BY product.gtin ORDER BY codes DESC, product.gtin
""")


async def copy_scans(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write scans by COPY."""
    await copy_rows(
        session,
        "COPY scans (id, gtin, lot_code, serial, hour_at, device_class, province_code, is_located, is_issued) FROM STDIN",
        rows,
    )


_INSERT_ALIKE = text("""
INSERT INTO scans (id, gtin, lot_code, hour_at, device_class, province_code, is_located, is_issued)
SELECT uuidv7(), alike.gtin, alike.lot_code, alike.hour_at, alike.device_class, alike.province_code,
    alike.is_located, alike.is_issued
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS alike(
    gtin text, lot_code text, hour_at timestamptz, device_class text, province_code text,
    is_located boolean, is_issued boolean, number bigint
), generate_series(1, alike.number)
""")


async def insert_alike(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write scans that name no label, each as often as its `number` says."""
    await session.execute(_INSERT_ALIKE, {"rows": json.dumps(rows, ensure_ascii=False)})


async def read_labels(
    fetch: Fetch, names: Sequence[Name], *, unknown_since: datetime, most: int, most_unknown: int
) -> dict[Name, Scanned]:
    """Read labels with people's looks at each: the newest `most` of them, and the first.

    By the driver alone: each scan of a label comes here, and of so many columns the ORM would note the names each time.
    """
    asked = {
        "gtins": [gtin for gtin, _serial in names],
        "serials": [serial for _gtin, serial in names],
        "unknown_since": unknown_since,
        "most": most,
        "most_unknown": most_unknown,
    }
    return {
        (row[0], row[1]): Scanned(_read_label(row[2:8]), _read_history(row[8:12], row[12:17], row[17], most))
        for row in await fetch(_READ_LABELS, asked)
    }


def _read_label(told: Sequence[Any]) -> KnownLabel | None:
    serial_id, lot_id, state, printed_at, sold_at, has_pin = told
    if serial_id is None:
        return None
    return KnownLabel(serial_id, lot_id, SerialState(state), printed_at, sold_at, has_pin)


def _read_history(first: Sequence[Any], seen: Sequence[Any], unknown: int, most: int) -> History:
    if first[0] is None:
        return History(unknown_codes=unknown)
    looks = tuple(
        Looks(hour_at, device_class, province_code, count, is_located)
        for hour_at, device_class, province_code, is_located, count in zip(*seen, strict=True)
    )
    hour_at, device_class, province_code, is_located = first
    is_cut = sum(look.count for look in looks) >= most
    return History(Looks(hour_at, device_class, province_code, 1, is_located), looks, is_cut, unknown)


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
    statement = (
        update(Scan)
        .where(Scan.id == like)
        .values(province_code=province_code, is_located=False)
        .returning(Scan.id)
    )
    placed = await session.scalar(statement.execution_options(synchronize_session=False))
    return placed is not None


async def keep_suspects(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Remember suspicious labels: each once, with its highest score and the last time it was scanned."""
    await session.execute(_KEEP_SUSPECTS, {"rows": json.dumps(rows)})


async def list_suspects(session: AsyncSession, producer_id: UUID, limit: int) -> list[tuple[Suspect, Serial]]:
    """Select suspicious labels of a producer, the last scanned first."""
    statement = (
        select(Suspect, Serial)
        .join(Serial, Serial.id == Suspect.serial_id)
        .where(Suspect.producer_id == producer_id)
        .order_by(Suspect.seen_at.desc(), Suspect.id.desc())
        .limit(limit)
    )
    return [(suspect, serial) for suspect, serial in (await session.execute(statement)).all()]


async def count_unknown(
    session: AsyncSession, gtins: Collection[str], *, since: datetime, most: int
) -> dict[str, int]:
    """Count the codes of products that were never issued and were tried since: each once, of the newest `most` looks."""
    told = {"gtins": list(gtins), "since": since, "most": most}
    rows = (await session.execute(_COUNT_UNKNOWN, told)).all()
    return {row.gtin: row.codes for row in rows}
