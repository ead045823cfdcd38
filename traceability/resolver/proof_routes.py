"""The door of the proof: that a lot was written down in the public log, as a file that anybody checks without us."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from app.web.dependencies import DbSession
from traceability.chronicle.telling import lot_class
from traceability.events import service as events
from traceability.lots import service as lots
from traceability.resolver import answers
from traceability.resolver.errors import LotUnknownError, NotLoggedYetError
from traceability.transparency import service as transparency

router = APIRouter()


@router.get("/proof/{gtin}/{lot}", name="traceability.resolver.proof")
async def download_proof(gtin: str, lot: str, session: DbSession) -> Response:
    """Hand over the proof that a lot was made, under the head that a witness saw last (C2SP tlog-proof)."""
    found = await lots.find_lot(session, gtin=gtin, code=lot)
    if found is None:
        raise LotUnknownError
    entry = await events.find_birth(session, lot_class(found.gtin, found.code))
    proof = await transparency.find_proof(session, entry) if entry else None
    if proof is None:
        raise NotLoggedYetError
    disposition = f'attachment; filename="{found.gtin}-{"".join(filter(str.isalnum, found.code))}.tlog-proof"'
    headers = {**answers.CORS, "Content-Disposition": disposition, "Cache-Control": "public, max-age=60"}
    return PlainTextResponse(proof.spell(), headers=headers)
