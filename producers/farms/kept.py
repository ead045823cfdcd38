"""The farms' pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """Farms, plots and ponds, to be read."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    return [KeptPage(str(url("producers.farms.list")))]
