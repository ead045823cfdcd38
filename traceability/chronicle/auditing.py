"""The audit of labels: what stands in the books of labels is, to the letter, what was told when they were printed.

An event is the same from the same record whenever it is told, so each is told once more and looked for among the stored
ones, which the audit of events holds against the public log. A changed serial, lot code, day or state makes another event.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives import service as cooperatives
from traceability.chronicle import repository, telling
from traceability.chronicle.models import Fact
from traceability.events import service as events
from traceability.events.errors import AuditError
from traceability.labels import service as labels
from traceability.labels.models import LabelSheet, SerialState
from traceability.lots import service as lots
from traceability.lots.models import Lot

_BATCH = 100


async def audit_labels(session: AsyncSession) -> int:
    """Tell every print job and every void label once more; answers how many serials there are.

    What waits to be told is left out, and so are practice labels. Raises `AuditError` at the first fault, and, but for a
    session that sees one instant alone (`Database.snapshot`), for labels that are printed or told meanwhile.
    """
    count = 0
    after: UUID | None = None
    waiting = await repository.list_record_ids(session, Fact.LABELS)
    waiting_voids = await repository.list_record_ids(session, Fact.LABEL_VOID)
    while sheets := await labels.list_all_sheets(session, after=after, limit=_BATCH):
        found = await lots.get_lots(session, {sheet.lot_id for sheet in sheets})
        for sheet in sheets:
            lot = found[sheet.lot_id]
            if (await cooperatives.get_producer(session, lot.producer_id)).is_practice:
                continue
            if sheet.id not in waiting:
                count += await _audit_sheet(session, sheet, lot)
            await _audit_voids(session, sheet, lot, waiting_voids)
        after = sheets[-1].id
    return count


async def _audit_sheet(session: AsyncSession, sheet: LabelSheet, lot: Lot) -> int:
    serials = await labels.list_serials(session, sheet.id)
    codes = [serial.serial for serial in serials]
    told = telling.tell_labels(lot, sheet, codes)
    is_told = await events.are_stored(session, told, namespaces=telling.NAMESPACES)
    if (
        not is_told
        or len(codes) != sheet.count
        or any((serial.gtin, serial.lot_id) != (lot.gtin, lot.id) for serial in serials)
    ):
        raise AuditError(f"tờ nhãn {sheet.id} của lô {lot.code}: không khớp với lúc in")
    return len(codes)


async def _audit_voids(session: AsyncSession, sheet: LabelSheet, lot: Lot, waiting: Collection[UUID]) -> None:
    """A label is void if it was made void, and only then, and that was told."""
    noted = await labels.list_voids(session, sheet.id)
    void = {one.id: one for one in await labels.list_serials(session, sheet.id, state=SerialState.VOID)}
    for serial_id in noted.keys() ^ void.keys():
        raise AuditError(f"nhãn {serial_id} của lô {lot.code}: hủy hay chưa hủy không khớp với sổ")
    told = [
        telling.tell_void(lot, void[serial_id], at)
        for serial_id, at in noted.items()
        if serial_id not in waiting
    ]
    if not await events.are_stored(session, told, namespaces=telling.NAMESPACES):
        raise AuditError(f"tờ nhãn {sheet.id} của lô {lot.code}: nhãn hủy không khớp với lúc hủy")
