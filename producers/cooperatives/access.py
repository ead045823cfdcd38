"""Who may enter the producers' pages: the person who is logged in, for one producer, with their roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentPerson
from app.accounts.models import Person
from app.web.dependencies import DbSession
from app.web.envelope import envelope_of
from producers.cooperatives import service
from producers.cooperatives.errors import NotAMemberError, RoleMissingError
from producers.cooperatives.models import Producer, Role

PRODUCER_COOKIE = "producer"


@dataclass(frozen=True)
class Member:
    """A person at work for a producer."""

    person: Person
    producer: Producer
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Whether this member may do what one of `roles` may; a manager may do all."""
        return Role.MANAGER in self.roles or not self.roles.isdisjoint(roles)

    def require(self, *roles: Role) -> None:
        """Raise `ForbiddenError` unless this member has one of `roles` (a manager has all)."""
        if not self.has(*roles):
            raise RoleMissingError


async def find_member(request: Request, session: AsyncSession, person: Person) -> Member | None:
    """The member whom `get_member` would find, or None for somebody who belongs to nobody."""
    try:
        return await get_member(request, session, person)
    except NotAMemberError:
        return None


async def get_member(request: Request, session: DbSession, person: CurrentPerson) -> Member:
    """Find for whom this person works now: the producer that the cookie names, else the first joined.

    Raises `ForbiddenError` for somebody who belongs to nobody; a cookie can choose only among one's own.
    """
    belongings = await service.list_belongings(session, person.id)
    if not belongings:
        raise NotAMemberError
    chosen = _read_uuid(request.cookies.get(PRODUCER_COOKIE, ""))
    found = next((one for one in belongings if one.producer.id == chosen), None)
    if found is None and envelope_of(request) is not None:
        raise NotAMemberError  # a record goes into the books that it was written for, or into none
    found = found or belongings[0]
    request.state.context = {PRODUCER_COOKIE: str(found.producer.id)}
    return Member(person, found.producer, found.roles)


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


CurrentMember = Annotated[Member, Depends(get_member, scope="function")]
