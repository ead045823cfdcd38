"""The diary's pages that a phone keeps: where, what, every form of this producer's crops, and the latest of the book."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member
from producers.cooperatives.models import Role
from producers.diaries.schemas import KINDS
from producers.farms import service as farms

MOST_SITES = 40


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """The forms open from the phone even with signal; the book itself is asked for first."""
    member = await find_member(request, session, person)
    if member is None or not member.has(Role.MEMBER):
        return []
    url = request.app.url_path_for
    choose = str(url("producers.diaries.choose"))
    sites = await farms.list_sites(session, member.producer.id)
    kinds = dict.fromkeys(kind for site in sites for kind in KINDS[site.crop])
    return [
        KeptPage(choose, is_first=True),
        *(KeptPage(f"{choose}?site={site.id}", is_first=True) for site in sites[:MOST_SITES]),
        *(KeptPage(str(url("producers.diaries.new", kind=kind.value)), is_first=True) for kind in kinds),
        KeptPage(str(url("producers.diaries.list"))),
    ]
