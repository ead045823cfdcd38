"""Selects and conditional updates of labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.labels.models import LabelSheet, Serial, SerialState


async def insert_serials(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the serials of one print job in bulk."""
    await session.execute(insert(Serial), rows)


async def find_sheet(session: AsyncSession, sheet_id: UUID) -> LabelSheet | None:
    """Select a print job, as it stands now."""
    statement = select(LabelSheet).where(LabelSheet.id == sheet_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_sheets(session: AsyncSession, lot_ids: Collection[UUID], limit: int) -> list[LabelSheet]:
    """Select print jobs of lots, the newest first."""
    statement = (
        select(LabelSheet).where(LabelSheet.lot_id.in_(lot_ids)).order_by(LabelSheet.id.desc()).limit(limit)
    )
    return list(await session.scalars(statement))


async def list_serials(
    session: AsyncSession, sheet_id: UUID, *, offset: int = 0, limit: int | None = None
) -> list[Serial]:
    """Select serials of a print job, in the order of the sheet."""
    statement = select(Serial).where(Serial.sheet_id == sheet_id).order_by(Serial.id)
    statement = statement.offset(offset).limit(limit)
    return list(await session.scalars(statement))


async def find_serial(session: AsyncSession, gtin: str, serial: str) -> Serial | None:
    """Select a label by GTIN-14 and serial."""
    return await session.scalar(select(Serial).where(Serial.gtin == gtin, Serial.serial == serial))


async def list_serials_spelled(session: AsyncSession, serial: str) -> list[Serial]:
    """Select the labels that carry this serial, under whichever GTIN."""
    return list(await session.scalars(select(Serial).where(Serial.serial == serial).order_by(Serial.id)))


async def set_pdf_key(session: AsyncSession, sheet_id: UUID, key: str) -> None:
    """Remember where the sheet's PDF lies; the first writer stays."""
    statement = update(LabelSheet).where(LabelSheet.id == sheet_id, LabelSheet.pdf_key.is_(None))
    await session.execute(statement.values(pdf_key=key).execution_options(synchronize_session=False))


async def mark_sold(session: AsyncSession, serials: Collection[str], now: datetime) -> int:
    """Mark issued labels as sold; answers how many were."""
    statement = (
        update(Serial)
        .where(Serial.serial.in_(serials), Serial.state == SerialState.ISSUED)
        .values(state=SerialState.SOLD, sold_at=now)
        .returning(Serial.id)
        .execution_options(synchronize_session=False)
    )
    return len(list(await session.scalars(statement)))


async def mark_void(session: AsyncSession, serial_id: UUID) -> bool:
    """Mark an issued label as spoilt; False when it is no longer merely issued."""
    statement = (
        update(Serial)
        .where(Serial.id == serial_id, Serial.state == SerialState.ISSUED)
        .values(state=SerialState.VOID)
        .returning(Serial.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
