"""Work of labels after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from traceability.labels import service

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.files import Files
    from traceability.labels.press import Press


async def make_pdf(database: Database, *, now: datetime, sheet_id: str, files: Files, press: Press) -> None:  # noqa: ARG001 - every job gets `now`
    """Set all files of a print job, one after the other; no transaction is open meanwhile, and again is the same."""
    made_of = UUID(sheet_id)
    async with database.transaction() as session:
        found = await service.get_sheet(session, made_of)
    if found.pdf_key is not None:  # somebody could not wait, and had it set on the spot
        return
    count = service.count_parts(found)
    for number in range(1, count + 1):
        async with database.transaction() as session:
            part = await service.read_part(session, sheet_id=made_of, number=number)
        await service.set_part(files, part, press)
    async with database.transaction() as session:
        await service.mark_ready(session, sheet_id=made_of)
