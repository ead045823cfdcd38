"""The door of the proof: that a lot or a label was written down in the public log, as a file that anybody checks without us."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from app.web.dependencies import DbSession
from traceability.chronicle.telling import lot_class, unit
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.lots import service as lots
from traceability.resolver import answers
from traceability.resolver.errors import LotUnknownError, NotLoggedYetError
from traceability.transparency import service as transparency

router = APIRouter()


@router.get("/proof/{gtin}/{lot}", name="traceability.resolver.proof")
async def download_proof(gtin: str, lot: str, session: DbSession, serial: str | None = None) -> Response:
    """Hand over the proof that a lot was made, under the head that a witness saw last (C2SP tlog-proof).

    With `?serial=` of a label of this lot: that the label was issued, together with those of the same event.
    """
    found = await lots.find_lot(session, gtin=gtin, code=lot)
    if found is None:
        raise LotUnknownError
    name = lot_class(found.gtin, found.code)
    if serial is not None:
        label = await labels.find_serial(session, gtin=gtin, serial=serial)
        if label is None or label.lot_id != found.id:
            raise LotUnknownError
        name = unit(label.gtin, label.serial)
    entry = await events.find_birth(session, name)
    proof = await transparency.find_proof(session, entry) if entry else None
    if proof is None:
        raise NotLoggedYetError
    stem = "-".join(filter(None, [found.gtin, "".join(filter(str.isalnum, found.code)), serial]))
    disposition = f'attachment; filename="{stem}.tlog-proof"'
    headers = {**answers.CORS, "Content-Disposition": disposition, "Cache-Control": "public, max-age=60"}
    return PlainTextResponse(proof.spell(), headers=headers)
