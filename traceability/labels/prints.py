"""What happened to printed labels: the first print, reprints and voids, each with who, when and why.

A reprint is the same serials once more, so it takes no weight of the lot (lots/BALANCE.md, 11). Paper that comes out of a
printer cannot be counted; what is counted is each time that somebody fetched it, and a second time asks for a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.ids import uuid7
from traceability.labels import repository, service
from traceability.labels.errors import (
    ReprintHeldError,
    ReprintReasonError,
    SerialVoidError,
    SheetNotFoundError,
)
from traceability.labels.events import LabelVoided
from traceability.labels.models import LabelPrint, LabelSheet, PrintAct, Reason, Serial, SerialState
from traceability.labels.schemas import Layout
from traceability.lots.models import Lot, LotState

SAME_PRINT = timedelta(minutes=10)
"""Who fetches a file again within this time is at the same print: a line that broke, a printer that was off."""
MOST_LISTED = 100
_MAY_REPRINT = (LotState.RELEASED, LotState.EXHAUSTED)


@dataclass(frozen=True)
class Again:
    """Why labels are printed again. `id` was made with the form: a form that is sent twice is one reprint."""

    id: UUID
    reason: Reason
    note: str = ""


@dataclass(frozen=True)
class Target:
    """What is printed: one file of a print job, or one label by itself (`part` is then the file that it stands in)."""

    sheet_id: UUID
    part: int
    serial_id: UUID | None = None


async def part_of(session: AsyncSession, serial: Serial, sheet: LabelSheet) -> int:
    """The number of the file in which a label stands."""
    return await repository.count_before(session, serial) // service.part_size(Layout(sheet.layout)) + 1


def target_file(sheet: LabelSheet, number: int) -> Target:
    """One file of a print job; raises `SheetNotFoundError` for a number that there is not."""
    if not 1 <= number <= service.count_parts(sheet):
        raise SheetNotFoundError
    return Target(sheet.id, number)


async def target_serial(session: AsyncSession, serial: Serial) -> Target:
    """One label by itself; raises `SerialVoidError` for a void one, which is never printed again."""
    if serial.state is SerialState.VOID:
        raise SerialVoidError
    sheet = await service.get_sheet(session, serial.sheet_id)
    return Target(sheet.id, await part_of(session, serial, sheet), serial.id)


async def open_print(session: AsyncSession, target: Target, *, person_id: UUID, now: datetime) -> None:
    """Note that something is fetched to be printed: the first time, or once more within the same print.

    Raises `ReprintReasonError` when it was printed before: `reprint` says why, and opens it.
    """
    latest = await _find_latest(session, target)
    if latest is None:
        row = _row(target, PrintAct.PRINT, person_id=person_id, now=now)
        if await repository.insert_print(session, row):
            return
        latest = await _find_latest(session, target)
    is_same = (
        latest is not None
        and latest.person_id == person_id
        and latest.serial_id == target.serial_id
        and latest.created_at > now - SAME_PRINT
    )
    if not is_same:
        raise ReprintReasonError


async def reprint(
    session: AsyncSession, target: Target, *, again: Again, lot: Lot, person_id: UUID, now: datetime
) -> None:
    """Note why something is printed again; what was never printed is simply printed.

    Raises `ReprintHeldError` for a lot that is held or recalled.
    """
    if lot.state not in _MAY_REPRINT:
        raise ReprintHeldError(code=lot.code)
    if await _find_latest(session, target) is None:
        await open_print(session, target, person_id=person_id, now=now)
        return
    row = _row(target, PrintAct.REPRINT, person_id=person_id, now=now)
    row |= {"id": again.id, "reason": again.reason, "note": again.note}
    await repository.insert_print(session, row)


async def void(
    session: AsyncSession,
    *,
    typed: str,
    producer_id: UUID,
    reason: Reason,
    note: str,
    person_id: UUID,
    now: datetime,
) -> Serial:
    """Take a label back as `service.void_serial` does, and note who did and why; the same refusals."""
    serial = await service.void_serial(session, typed=typed, producer_id=producer_id)
    row = _row(Target(serial.sheet_id, 0, serial.id), PrintAct.VOID, person_id=person_id, now=now)
    await repository.insert_print(session, row | {"reason": reason, "note": note})
    await emit(session, LabelVoided(serial_id=serial.id, voided_at=now))
    return serial


async def list_of_sheet(session: AsyncSession, sheet_id: UUID) -> list[LabelPrint]:
    """List what was done with a print job and its labels, the newest first, MOST_LISTED at most."""
    return await repository.list_prints(
        session, sheet_id=sheet_id, part=None, serial_id=None, limit=MOST_LISTED
    )


async def list_of_serial(session: AsyncSession, serial: Serial) -> list[LabelPrint]:
    """List what was done with one label, by itself or with its file; the newest first, MOST_LISTED at most."""
    part = await part_of(session, serial, await service.get_sheet(session, serial.sheet_id))
    return await repository.list_prints(
        session, sheet_id=serial.sheet_id, part=part, serial_id=serial.id, limit=MOST_LISTED
    )


async def list_printed_parts(session: AsyncSession, sheet_id: UUID) -> list[int]:
    """List the numbers of a print job's files that were printed at least once."""
    return await repository.list_printed_parts(session, sheet_id)


async def name_serials(session: AsyncSession, prints: list[LabelPrint]) -> Mapping[UUID, str]:
    """The codes of the labels that these acts name, by their ids."""
    ids = {found.serial_id for found in prints if found.serial_id is not None}
    return {serial.id: serial.serial for serial in await repository.list_serials_by_id(session, ids)}


# ---------------------------------------------------------------- inside


async def _find_latest(session: AsyncSession, target: Target) -> LabelPrint | None:
    return await repository.find_latest_print(
        session, sheet_id=target.sheet_id, part=target.part, serial_id=target.serial_id
    )


def _row(target: Target, act: PrintAct, *, person_id: UUID, now: datetime) -> dict[str, object]:
    return {
        "id": uuid7(),
        "sheet_id": target.sheet_id,
        "part": None if target.serial_id else target.part,
        "serial_id": target.serial_id,
        "act": act,
        "reason": None,
        "note": "",
        "person_id": person_id,
        "created_at": now,
    }
