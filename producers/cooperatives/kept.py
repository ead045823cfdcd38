"""The page of the day, as a phone keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives import service


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """Home, for whoever works for a producer."""
    if not await service.list_belongings(session, person.id):
        return []
    return [KeptPage(request.app.url_path_for("producers.cooperatives.today"), is_first=True)]
