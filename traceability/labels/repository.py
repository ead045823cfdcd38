"""Selects and conditional updates of labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_expression

from traceability.labels.models import LabelPrint, LabelSheet, PrintAct, Serial, SerialState


async def lock_id(session: AsyncSession, sheet_id: UUID) -> None:
    """Make whoever brings the same new id at this instant wait until we are through."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"labels {sheet_id}", 0))))


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


async def list_all_sheets(session: AsyncSession, after: UUID | None, limit: int) -> list[LabelSheet]:
    """Select print jobs by id, those behind `after`."""
    statement = select(LabelSheet).order_by(LabelSheet.id).limit(limit)
    if after is not None:
        statement = statement.where(LabelSheet.id > after)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_voids(session: AsyncSession, sheet_id: UUID) -> dict[UUID, datetime]:
    """Select when labels of a print job were made void."""
    statement = select(LabelPrint.serial_id, LabelPrint.created_at).where(
        LabelPrint.sheet_id == sheet_id, LabelPrint.act == PrintAct.VOID
    )
    return {row.serial_id: row.created_at for row in await session.execute(statement)}


async def list_serials(
    session: AsyncSession,
    sheet_id: UUID,
    *,
    offset: int = 0,
    limit: int | None = None,
    state: SerialState | None = None,
) -> list[Serial]:
    """Select serials of a print job (in one state), in the order of the sheet."""
    statement = select(Serial).where(Serial.sheet_id == sheet_id).order_by(Serial.id)
    if state is not None:
        statement = statement.where(Serial.state == state)
    statement = statement.offset(offset).limit(limit)
    return list(await session.scalars(statement))


async def list_codes(session: AsyncSession, sheet_id: UUID) -> list[str]:
    """Select the codes of a print job alone, in the order of the sheet."""
    return list(
        await session.scalars(select(Serial.serial).where(Serial.sheet_id == sheet_id).order_by(Serial.id))
    )


async def find_serial(session: AsyncSession, gtin: str, serial: str) -> Serial | None:
    """Select a label by GTIN-14 and serial, with whether it carries a PIN."""
    statement = (
        select(Serial)
        .join(LabelSheet, LabelSheet.id == Serial.sheet_id)
        .options(with_expression(Serial.has_pin, LabelSheet.has_pin))
        .where(Serial.gtin == gtin, Serial.serial == serial)
    )
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_serials_spelled(session: AsyncSession, serial: str) -> list[Serial]:
    """Select the labels that carry this serial, under whichever GTIN."""
    return list(await session.scalars(select(Serial).where(Serial.serial == serial).order_by(Serial.id)))


async def set_pdf_key(session: AsyncSession, sheet_id: UUID, key: str) -> None:
    """Remember where the sheet's PDF lies; the first writer stays."""
    statement = update(LabelSheet).where(LabelSheet.id == sheet_id, LabelSheet.pdf_key.is_(None))
    await session.execute(statement.values(pdf_key=key).execution_options(synchronize_session=False))


async def list_in_parcel(session: AsyncSession, parcel_id: UUID) -> list[Serial]:
    """Select the labels of a parcel."""
    return list(
        await session.scalars(select(Serial).where(Serial.parcel_id == parcel_id).order_by(Serial.id))
    )


async def mark_sold(
    session: AsyncSession, serials: Collection[str], now: datetime, parcel_id: UUID | None
) -> int:
    """Mark issued labels as sold; answers how many were."""
    statement = (
        update(Serial)
        .where(Serial.serial.in_(serials), Serial.state == SerialState.ISSUED)
        .values(state=SerialState.SOLD, sold_at=now, parcel_id=parcel_id)
        .returning(Serial.id)
        .execution_options(synchronize_session=False)
    )
    return len(list(await session.scalars(statement)))


async def mark_unsold(session: AsyncSession, parcel_id: UUID, lot_ids: Collection[UUID]) -> None:
    """Mark the labels of some lots as issued again that were scanned into a parcel."""
    statement = (
        update(Serial)
        .where(Serial.parcel_id == parcel_id, Serial.lot_id.in_(lot_ids), Serial.state == SerialState.SOLD)
        .values(state=SerialState.ISSUED, sold_at=None, parcel_id=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


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


async def find_serial_with_pin(session: AsyncSession, gtin: str, serial: str) -> Serial | None:
    """Select a label by GTIN-14 and serial, if its print job has PINs and it is not void."""
    statement = (
        select(Serial)
        .join(LabelSheet, LabelSheet.id == Serial.sheet_id)
        .where(
            Serial.gtin == gtin,
            Serial.serial == serial,
            Serial.state != SerialState.VOID,
            LabelSheet.has_pin,
        )
    )
    return await session.scalar(statement)


async def bind_pin(
    session: AsyncSession, serial_id: UUID, used_at: datetime, province_code: str | None
) -> bool:
    """Remember the first right PIN of a label; False when there was one before."""
    statement = (
        update(Serial)
        .where(Serial.id == serial_id, Serial.pin_used_at.is_(None))
        .values(pin_used_at=used_at, pin_province_code=province_code)
        .returning(Serial.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def count_before(session: AsyncSession, serial: Serial) -> int:
    """Count the labels that stand before this one on its print job."""
    statement = select(func.count()).where(Serial.sheet_id == serial.sheet_id, Serial.id < serial.id)
    return (await session.execute(statement)).scalar_one()


async def insert_print(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Note an act; False when it was noted before: the same id, or a first that there is once."""
    statement = insert_or(LabelPrint).values(**row).on_conflict_do_nothing().returning(LabelPrint.id)
    return await session.scalar(statement) is not None


def _of(sheet_id: UUID, part: int | None, serial_id: UUID | None) -> list[ColumnElement[bool]]:
    """The acts of a print job; of one of its files; or of one label by itself and on its file."""
    found: list[ColumnElement[bool]] = [LabelPrint.sheet_id == sheet_id]
    if part is not None:
        is_single = LabelPrint.serial_id == serial_id if serial_id is not None else false()
        found.append(or_(LabelPrint.part == part, is_single))
    return found


async def find_latest_print(
    session: AsyncSession, *, sheet_id: UUID, part: int, serial_id: UUID | None
) -> LabelPrint | None:
    """Select the latest time that a file, or a label (by itself or on its file), was printed."""
    statement = select(LabelPrint).where(*_of(sheet_id, part, serial_id), LabelPrint.act != PrintAct.VOID)
    statement = statement.order_by(LabelPrint.created_at.desc(), LabelPrint.id.desc()).limit(1)
    return await session.scalar(statement)


async def list_prints(
    session: AsyncSession, *, sheet_id: UUID, part: int | None, serial_id: UUID | None, limit: int
) -> list[LabelPrint]:
    """Select what was done with a print job, or with one label by itself and on its file; the newest first."""
    statement = select(LabelPrint).where(*_of(sheet_id, part, serial_id))
    statement = statement.order_by(LabelPrint.created_at.desc(), LabelPrint.id.desc()).limit(limit)
    return list(await session.scalars(statement))


async def list_printed_parts(session: AsyncSession, sheet_id: UUID) -> list[int]:
    """Select the numbers of the files that were printed at least once."""
    statement = select(LabelPrint.part).where(
        LabelPrint.sheet_id == sheet_id, LabelPrint.act == PrintAct.PRINT, LabelPrint.part.is_not(None)
    )
    return sorted(part for part in await session.scalars(statement) if part is not None)


async def list_serials_by_id(session: AsyncSession, ids: Collection[UUID]) -> list[Serial]:
    """Select several labels."""
    return list(await session.scalars(select(Serial).where(Serial.id.in_(ids))))
