"""The listings' pages that a phone keeps."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.offline.ports import KeptPage
from producers.cooperatives.access import find_member
from producers.cooperatives.models import Role
from producers.listings import service

MOST_FORMS = 20


async def list_pages(request: Request, session: AsyncSession, person: Person) -> Sequence[KeptPage]:
    """The list, the empty forms, and the forms of what changed last."""
    member = await find_member(request, session, person)
    if member is None:
        return []
    url = request.app.url_path_for
    listed = KeptPage(str(url("producers.listings.list")))
    if not member.has(Role.MEMBER):
        return [listed]
    found = await service.list_listings(session, member.producer.id)
    return [
        listed,
        KeptPage(str(url("producers.listings.new")), is_first=True),
        KeptPage(str(url("producers.listings.new_bundle"))),
        *(KeptPage(str(url("producers.listings.edit", listing_id=one.id))) for one in found[:MOST_FORMS]),
    ]
