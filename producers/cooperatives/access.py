"""Who may enter the producers' pages: the person who is logged in, for one producer, with their roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentPerson
from app.accounts.models import Person
from app.web.dependencies import DbSession
from app.web.envelope import envelope_of
from producers.cooperatives import service
from producers.cooperatives.errors import NotAMemberError, RoleMissingError
from producers.cooperatives.models import Producer, Role

PRODUCER_COOKIE = "producer"
COOKIE_AGE = 400 * 24 * 3600


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

    Raises `ForbiddenError` for somebody who belongs to nobody; a cookie can choose only among one's own. A practice
    farm is never come to by chance: only the cookie leads there, and the frame of the page then says so.
    """
    belongings = await service.list_belongings(session, person.id, with_practice=True)
    chosen = _read_uuid(request.cookies.get(PRODUCER_COOKIE, ""))
    real = (one for one in belongings if not one.producer.is_practice)
    found = next((one for one in belongings if one.producer.id == chosen), None)
    if found is None and envelope_of(request) is None:
        found = next(real, None)  # a record goes into the books that it was written for, or into none
    if found is None:
        raise NotAMemberError
    request.state.context = {PRODUCER_COOKIE: str(found.producer.id)}
    request.state.is_practice = found.producer.is_practice
    return Member(person, found.producer, found.roles)


async def maybe_member(request: Request, session: DbSession, person: CurrentPerson) -> Member | None:
    """As `get_member`; None for somebody who belongs to nobody."""
    try:
        return await get_member(request, session, person)
    except NotAMemberError:
        return None


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


CurrentMember = Annotated[Member, Depends(get_member, scope="function")]
MaybeMember = Annotated[Member | None, Depends(maybe_member, scope="function")]


def remember_producer(response: Response, producer_id: UUID, *, is_secure: bool) -> None:
    """Work for this producer from now on, in this browser."""
    response.set_cookie(
        PRODUCER_COOKIE,
        str(producer_id),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )
