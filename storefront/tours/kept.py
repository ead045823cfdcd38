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
from app.web.templating import static_url
from producers.cooperatives.access import find_member
from storefront.tours.manifest import ends_at
from storefront.tours.settlement import HOST_ROLES

SCRIPTS = tuple(f"tickets/{name}.js" for name in ("page", "book", "judge", "symbol"))


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """Who comes today and tomorrow, and the gate; for those who stand at it, what it needs without signal."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    day = str(url("storefront.tours.day"))
    now = today(house_of(request).clock.now())
    tomorrow = now + timedelta(days=1)
    is_host = member.has(*HOST_ROLES)
    gate = str(url("storefront.tours.gate"))
    kept = [
        KeptPage(gate, files=tuple(static_url(name) for name in SCRIPTS) if is_host else ()),
        KeptPage(day, until=ends_at(now)),
        KeptPage(f"{day}?on={tomorrow}", until=ends_at(tomorrow)),
    ]
    if is_host:
        lists = str(url("storefront.tours.manifest"))
        kept += [KeptPage(f"{lists}?on={on}", until=ends_at(on), is_data=True) for on in (now, tomorrow)]
    return kept
