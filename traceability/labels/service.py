"""Labels: printed units of a lot, each a GTIN + lot + serial of its own. The balance rules are in lots/BALANCE.md."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from app.core.events import emit
from app.core.files import Files
from app.core.ids import is_valid_code, new_code, uuid7, with_check
from app.places import service as places
from producers.cooperatives import service as cooperatives
from producers.listings import service as listings
from traceability.labels import repository, sheet
from traceability.labels.errors import (
    AllVoidError,
    CountError,
    SerialNotFoundError,
    SerialSpentError,
    SheetNotFoundError,
)
from traceability.labels.events import LabelsIssued
from traceability.labels.models import LabelSheet, Serial, SerialState
from traceability.labels.press import Press
from traceability.labels.schemas import PER_PAGE, Layout, Picture
from traceability.labels.sheet import LabelFace
from traceability.lots import service as lots
from traceability.lots.models import Lot

MOST_LABELS = 10_000
PART = 432
"""Labels in one file at most: 18 sheets of A4. A phone opens it, and the process that sets it stays under 140 MB."""
PRACTICE_MARK = "NHÃN TẬP"
_RANDOM_LENGTH = 12  # of 32 characters: 60 random bits, and a 13th that checks them
_SPELLING = re.compile(r"[\s.\-–]+")


def new_serial() -> str:
    """Make an unguessable serial (AI 21, 13 characters of at most 20): 60 random bits and a check character."""
    return with_check(new_code(_RANDOM_LENGTH))


def read_serial(typed: str) -> str | None:
    """Read a serial as people copy it from a label, with blanks or dashes; None when it cannot be one."""
    serial = _SPELLING.sub("", typed).upper()
    return serial if len(serial) == _RANDOM_LENGTH + 1 and is_valid_code(serial) else None


async def print_labels(
    session: AsyncSession,
    *,
    lot_id: UUID,
    count: int,
    layout: Layout,
    person_id: UUID,
    now: datetime,
    has_pin: bool = False,
    sheet_id: UUID | None = None,
) -> LabelSheet:
    """Issue `count` labels of a released lot, never more than its weight allows; the PDFs are made by a job.

    With PINs there is no job: such a sheet is set when somebody fetches it, and never kept.

    With a `sheet_id` that issued labels of this lot before that sheet is answered. Raises `LotNotFoundError`,
    `CountError`, `SheetNotFoundError` (an id of another lot's), and the lots' `LotHeldError`, `LotClosedError`,
    `LabelsExceededError`.
    """
    if not 0 < count <= MOST_LABELS:
        raise CountError(MOST_LABELS)
    lot = await lots.get_lot(session, lot_id)
    variant = await listings.get_variant(session, lot.variant_id)
    wanted = sheet_id or uuid7()
    await repository.lock_id(session, wanted)
    known = await repository.find_sheet(session, wanted)
    if known is not None:
        if known.lot_id != lot.id:
            raise SheetNotFoundError
        return known
    await lots.take_for_labels(session, lot=lot, variant=variant, count=count)
    made = LabelSheet(
        id=wanted,
        lot_id=lot.id,
        count=count,
        layout=layout.value,
        printed_by_id=person_id,
        pdf_key=None,
        has_pin=has_pin,
        created_at=now,
    )
    session.add(made)
    await session.flush()
    rows = [
        {
            "id": uuid7(),
            "sheet_id": made.id,
            "lot_id": lot.id,
            "gtin": lot.gtin,
            "serial": new_serial(),
            "state": SerialState.ISSUED,
            "created_at": now,
        }
        for _number in range(count)
    ]
    await repository.insert_serials(session, rows)
    await emit(session, LabelsIssued(sheet_id=made.id, issued_at=now))
    if not has_pin:
        await jobs.defer(session, "labels.make_pdf", sheet_id=str(made.id))
    return made


def is_ready(sheet: LabelSheet) -> bool:
    """Whether there is nothing to wait for: all files are kept, or none ever will be."""
    return sheet.has_pin or sheet.pdf_key is not None


def part_size(layout: Layout) -> int:
    """How many labels one file of this paper holds: whole pages alone."""
    return PART - PART % PER_PAGE[layout] or PART


def count_parts(sheet: LabelSheet) -> int:
    """How many files a print job is."""
    return -(-sheet.count // part_size(Layout(sheet.layout)))


@dataclass(frozen=True)
class Part:
    """What one file of a print job shows, and under which key it is kept.

    A label that was made void leaves its place empty (None): it is on no later print.
    """

    key: str
    face: LabelFace
    layout: Layout
    serials: Sequence[str | None]
    has_pin: bool


async def read_part(session: AsyncSession, *, sheet_id: UUID, number: int) -> Part:
    """Read one file's labels, in the order of the sheet; raises `SheetNotFoundError` for a number that there is not."""
    found = await get_sheet(session, sheet_id)
    if not 1 <= number <= count_parts(found):
        raise SheetNotFoundError
    layout = Layout(found.layout)
    size = part_size(layout)
    serials = await repository.list_serials(session, sheet_id, offset=(number - 1) * size, limit=size)
    face = await describe_face(session, await lots.get_lot(session, found.lot_id))
    key = f"labels/{sheet_id}.pdf" if number == 1 else f"labels/{sheet_id}.{number}.pdf"
    left = [None if serial.state is SerialState.VOID else serial.serial for serial in serials]
    return Part(key, face, layout, left, found.has_pin)


async def compile_part(part: Part, press: Press) -> bytes:
    """Set one file."""
    return await sheet.compile_pdf(
        part.face,
        part.serials,
        layout=part.layout,
        press=press_for(part.face, press),
        has_pin=part.has_pin,
    )


async def set_part(files: Files, part: Part, press: Press) -> bytes:
    """Set one file and keep it."""
    pdf = await compile_part(part, press)
    await files.put(part.key, pdf)
    return pdf


async def make_pdf(
    session: AsyncSession, files: Files, *, sheet_id: UUID, press: Press, number: int = 1
) -> bytes:
    """One file of a print job: as it is kept, or set on the spot. Raises `SheetNotFoundError`, `AllVoidError`."""
    part = await read_part(session, sheet_id=sheet_id, number=number)
    if not any(part.serials):
        raise AllVoidError
    found = await get_sheet(session, sheet_id)
    if part.has_pin or None in part.serials:  # what is kept would tell PINs, or bring a void label back
        return await compile_part(part, press)
    if found.pdf_key is not None:
        return await files.get(part.key)
    pdf = await set_part(files, part, press)
    if count_parts(found) == 1:
        await repository.set_pdf_key(session, sheet_id, part.key)
    return pdf


async def draw_label(session: AsyncSession, serial: Serial, *, form: Picture, press: Press) -> bytes:
    """One label alone as a picture, with all that stands on it."""
    face = await describe_face(session, await lots.get_lot(session, serial.lot_id))
    has_pin = (await get_sheet(session, serial.sheet_id)).has_pin
    return await sheet.compile_label(
        face, serial.serial, form=form, press=press_for(face, press), has_pin=has_pin
    )


async def get_own_serial(session: AsyncSession, *, typed: str, producer_id: UUID) -> tuple[Serial, Lot]:
    """Get a label of this producer by its code, with its lot; raises `SerialNotFoundError`."""
    serial = await find_by_code(session, typed)
    if serial is None:
        raise SerialNotFoundError
    lot = await lots.get_lot(session, serial.lot_id)
    if lot.producer_id != producer_id:
        raise SerialNotFoundError
    return serial, lot


async def mark_ready(session: AsyncSession, *, sheet_id: UUID) -> None:
    """All files of a print job are kept."""
    await repository.set_pdf_key(session, sheet_id, f"labels/{sheet_id}.pdf")


def press_for(face: LabelFace, press: Press) -> Press:
    """The press for these labels: what is printed in a practice farm is never signed."""
    return replace(press, signer=None) if face.is_practice else press


async def describe_face(session: AsyncSession, lot: Lot) -> LabelFace:
    """Read what stands on every label of a lot."""
    variant = await listings.get_variant(session, lot.variant_id)
    listing = await listings.get_listing(session, variant.listing_id)
    producer = await cooperatives.get_producer(session, lot.producer_id)
    commune = await places.describe(session, producer.commune_code)
    return LabelFace(
        product=f"{PRACTICE_MARK} · {listing.title}" if producer.is_practice else listing.title,
        variant=variant.name,
        producer=producer.name,
        address=", ".join(part for part in (producer.address_line, commune) if part),
        gtin=lot.gtin,
        lot_code=lot.code,
        produced_on=lot.produced_on,
        expires_on=lot.expires_on,
        net_weight_g=variant.net_weight_g,
        storage=listing.storage,
        is_practice=producer.is_practice,
        least_weight_g=variant.least_g,
    )


async def get_sheet(session: AsyncSession, sheet_id: UUID) -> LabelSheet:
    """Get a print job; raises `SheetNotFoundError`."""
    found = await repository.find_sheet(session, sheet_id)
    if found is None:
        raise SheetNotFoundError
    return found


async def get_own_sheet(
    session: AsyncSession, *, sheet_id: UUID, producer_id: UUID
) -> tuple[LabelSheet, Lot]:
    """Get a print job of this producer with its lot; another producer's does not exist for them."""
    found = await get_sheet(session, sheet_id)
    lot = await lots.get_lot(session, found.lot_id)
    if lot.producer_id != producer_id:
        raise SheetNotFoundError
    return found, lot


async def list_sheets(
    session: AsyncSession, lot_ids: Collection[UUID], *, limit: int = 60
) -> list[LabelSheet]:
    """List print jobs of lots, the newest first."""
    return await repository.list_sheets(session, lot_ids, limit)


async def list_all_sheets(session: AsyncSession, *, after: UUID | None, limit: int) -> list[LabelSheet]:
    """List print jobs of all producers by id, those behind `after`."""
    return await repository.list_all_sheets(session, after, limit)


async def list_voids(session: AsyncSession, sheet_id: UUID) -> dict[UUID, datetime]:
    """When labels of a print job were made void, by their ids."""
    return await repository.list_voids(session, sheet_id)


async def list_serials(
    session: AsyncSession, sheet_id: UUID, *, limit: int | None = None, state: SerialState | None = None
) -> list[Serial]:
    """List the labels of a print job (in one state) in the order of the sheet, the first `limit` of them."""
    return await repository.list_serials(session, sheet_id, limit=limit, state=state)


async def list_codes(session: AsyncSession, sheet_id: UUID) -> list[str]:
    """List the codes of a print job in the order of the sheet, void ones too."""
    return await repository.list_codes(session, sheet_id)


async def get_serial(session: AsyncSession, serial_id: UUID) -> Serial:
    """Get a label by its id; raises `SerialNotFoundError`."""
    found = await repository.list_serials_by_id(session, [serial_id])
    if not found:
        raise SerialNotFoundError
    return found[0]


async def find_serial(session: AsyncSession, *, gtin: str, serial: str) -> Serial | None:
    """Find a label by its GTIN-14 and serial."""
    return await repository.find_serial(session, gtin, serial)


async def find_by_code(session: AsyncSession, typed: str) -> Serial | None:
    """Find a label by the code that people read from it; None when it was never issued."""
    serial = read_serial(typed)
    found = await repository.list_serials_spelled(session, serial) if serial else []
    return found[0] if found else None


async def record_sold(
    session: AsyncSession, *, serials: Collection[str], now: datetime, parcel_id: UUID | None = None
) -> int:
    """Remember that labels left with a buyer; answers how many were issued until now (a repeat changes nothing)."""
    return await repository.mark_sold(session, serials, now, parcel_id)


async def take_out(session: AsyncSession, *, parcel_id: UUID, lot_ids: Collection[UUID]) -> None:
    """Take the packs of some lots out of a parcel that has not left: their labels are issued, and with nobody, again."""
    await repository.mark_unsold(session, parcel_id, lot_ids)


async def list_in_parcel(session: AsyncSession, parcel_id: UUID) -> list[Serial]:
    """List the labels that were scanned into a parcel."""
    return await repository.list_in_parcel(session, parcel_id)


async def void_serial(session: AsyncSession, *, typed: str, producer_id: UUID) -> Serial:
    """Take a label back: its code is refused from now on, its weight may be labelled again. `prints.void` notes why.

    Raises `SerialNotFoundError`, and `SerialSpentError` when it was sold or spoilt before.
    """
    serial, lot = await get_own_serial(session, typed=typed, producer_id=producer_id)
    if not await repository.mark_void(session, serial.id):
        raise SerialSpentError
    variant = await listings.get_variant(session, lot.variant_id)
    await lots.give_back_labels(session, lot_id=lot.id, grams=variant.net_weight_g)
    await session.refresh(serial)
    return serial
