"""The weigh slips' pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member
from producers.intake.access import READERS, WEIGHERS


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """The empty slip for who weighs; the day's slips, of which everybody keeps those that they may read."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    new = [KeptPage(str(url("producers.intake.new")), is_first=True)] if member.has(*WEIGHERS) else []
    day = [KeptPage(str(url("producers.intake.list")))] if member.has(*READERS) else []
    return [*new, *day]
