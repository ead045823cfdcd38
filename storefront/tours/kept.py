"""The gate's pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.clock import today
from app.offline.ports import KeptPage
from app.web.house import house_of
from producers.cooperatives.access import find_member


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """Who comes today and tomorrow, and the gate."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    day = str(url("storefront.tours.day"))
    tomorrow = today(house_of(request).clock.now()) + timedelta(days=1)
    return [
        KeptPage(str(url("storefront.tours.gate"))),
        KeptPage(day),
        KeptPage(f"{day}?on={tomorrow}"),
    ]
