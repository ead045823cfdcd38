"""The pages of the door that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.clock import VN, today
from app.offline.ports import KeptPage
from app.web.house import house_of
from producers.cooperatives.access import find_member
from storefront.stays import service


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """Who sleeps here tonight and tomorrow, for whoever has a house to let."""
    member = await find_member(request, session, person)
    if member is None or not await service.list_stays(session, member.producer.id):
        return []
    day = str(request.app.url_path_for("storefront.stays.tonight"))
    now = today(house_of(request).clock.now())
    tomorrow = now + timedelta(days=1)
    return [
        KeptPage(day, until=_ends_at(now)),
        KeptPage(f"{day}?on={tomorrow}", until=_ends_at(tomorrow)),
    ]


def _ends_at(on: date) -> datetime:
    """When a day is over in Vietnam: from then on no phone keeps its list."""
    return datetime.combine(on + timedelta(days=1), time(), VN)
