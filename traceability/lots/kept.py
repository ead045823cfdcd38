"""The lots' pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member
from traceability.lots import service
from traceability.lots.models import OPEN

MOST_LOTS = 20


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """The form of a new lot, the list, and the newest lots that may still be sold."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    found = await service.list_lots(session, member.producer.id, limit=MOST_LOTS)
    return [
        KeptPage(str(url("traceability.lots.new"))),
        KeptPage(str(url("traceability.lots.list"))),
        *(
            KeptPage(str(url("traceability.lots.show", lot_id=str(lot.id))))
            for lot in found
            if lot.state in OPEN
        ),
    ]
