"""The transport's own pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage

PHONE_PAGES = ("app.accounts.phone", "app.accounts.phone_pin")


async def list_pages(request: Request, _session: AsyncSession, _person: Person) -> Sequence[KeptPage]:
    """The outbox, and what stands in for a page that is not kept."""
    names = ("app.offline.outbox", "app.offline.no_signal", *PHONE_PAGES)
    return [KeptPage(request.app.url_path_for(name), is_first=True) for name in names]
