"""Who may enter the producers' pages: the person who is logged in, for one producer, with their roles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentPerson
from app.accounts.models import Person
from app.core.errors import ForbiddenError
from app.web.dependencies import DbSession, Now, get_now
from app.web.envelope import Envelope, envelope_of
from app.web.house import Helping, house_of
from producers.cooperatives import service
from producers.cooperatives.errors import NotAMemberError, OtherHelperError, RoleMissingError
from producers.cooperatives.help import HELP_COOKIE, Help, Helped
from producers.cooperatives.models import Producer, Role

PRODUCER_COOKIE = "producer"
HOME = "producers.cooperatives.today"
COOKIE_AGE = 400 * 24 * 3600
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Member:
    """A person at work for a producer; `helper` is who holds the phone when that is somebody else."""

    person: Person
    producer: Producer
    roles: frozenset[Role]
    helper: Person | None = None
    is_flagged: bool = False
    """Recorded under a mandate that was over when the record came: kept, and marked."""
    rooms: frozenset[str] | None = None
    """The rooms that a helper may enter ("producers.diaries"); None: no helper, all."""

    @property
    def helper_id(self) -> UUID | None:
        """Who helped, as records keep it."""
        return self.helper.id if self.helper else None

    def has(self, *roles: Role) -> bool:
        """Whether this member may do what one of `roles` may; a manager may do all."""
        return Role.MANAGER in self.roles or not self.roles.isdisjoint(roles)

    def may_enter(self, route: str) -> bool:
        """Whether a room's pages stand open; for a helper those that the mandate names."""
        return self.rooms is None or route.rpartition(".")[0] in self.rooms

    def require(self, *roles: Role) -> None:
        """Raise `ForbiddenError` unless this member has one of `roles` (a manager has all)."""
        if not self.has(*roles):
            raise RoleMissingError


async def find_member(request: Request, session: AsyncSession, person: Person) -> Member | None:
    """The member at home (whatever page asks), or None for somebody who belongs to nobody."""
    try:
        return await _find(request, session, person, get_now(request), route=HOME)
    except ForbiddenError:
        return None


async def get_member(request: Request, session: DbSession, person: CurrentPerson, now: Now) -> Member:
    """Find for whom this person works now: the farmer they help, the producer that the cookie names, the first joined.

    Raises `ForbiddenError` for somebody who belongs to nobody, and for a helper without a mandate for this act; a
    cookie can choose only among one's own. A practice farm is never come to by chance: only the cookie leads there, and
    the frame of the page then says so.
    """
    return await _find(request, session, person, now, route=request.scope["route"].name)


async def _find(
    request: Request, session: AsyncSession, person: Person, now: datetime, *, route: str
) -> Member:
    envelope = envelope_of(request)
    helped = await _find_helped(request, session, person, envelope)
    if helped is not None:
        recorded_at = now if envelope is None else envelope.captured_at
        member = await _help(request, session, person, helped, recorded_at=recorded_at, now=now, route=route)
        if envelope is not None:
            envelope.was_let_in = True
        return member
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


async def maybe_member(
    request: Request, session: DbSession, person: CurrentPerson, now: Now
) -> Member | None:
    """As `get_member`; None for somebody who belongs to nobody."""
    try:
        return await get_member(request, session, person, now)
    except NotAMemberError:
        return None


async def _find_helped(
    request: Request, session: AsyncSession, person: Person, envelope: Envelope | None
) -> Helped | None:
    port: Help = house_of(request).port(Help)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    if envelope is None:
        chosen = _read_uuid(request.cookies.get(HELP_COOKIE, ""))
        if chosen is None:
            return None
        return await port.find_chosen(session, helper_id=person.id, mandate_id=chosen)
    if envelope.helper_id is None:
        return None
    if envelope.helper_id != person.id:
        raise OtherHelperError
    return await port.get_written(
        session,
        helper_id=person.id,
        farmer_id=envelope.person_id,
        producer_id=_read_uuid(request.cookies.get(PRODUCER_COOKIE, "")),
    )


async def _help(
    request: Request,
    session: AsyncSession,
    helper: Person,
    helped: Helped,
    *,
    recorded_at: datetime,
    now: datetime,
    route: str,
) -> Member:
    request.state.context = {PRODUCER_COOKIE: str(helped.producer.id)}
    show_help(request, farmer=helped.farmer, helper=helper)  # first, so that a refusal shows the way out too
    port: Help = house_of(request).port(Help)  # type: ignore[type-abstract]  # as above
    acting = await port.judge(
        session,
        helped=helped,
        helper_id=helper.id,
        route=route,
        is_reading=request.method in _READING,
        recorded_at=recorded_at,
        now=now,
    )
    return Member(helped.farmer, helped.producer, acting.roles, helper, acting.is_flagged, acting.rooms)


async def keep_help(request: Request, session: AsyncSession, person: Person) -> Helped | None:
    """Keep the helper's strip on a page about the helper's own things; answers who is being helped."""
    chosen = _read_uuid(request.cookies.get(HELP_COOKIE, ""))
    port: Help = house_of(request).port(Help)  # type: ignore[type-abstract]  # as above
    helped = await port.find_chosen(session, helper_id=person.id, mandate_id=chosen) if chosen else None
    if helped is not None:
        show_help(request, farmer=helped.farmer, helper=person)
    return helped


def show_help(request: Request, *, farmer: Person, helper: Person) -> None:
    """Let the page say on top who helps whom, with the button that ends it."""
    viewer = request.state.viewer
    end_href = str(request.app.url_path_for("producers.mandates.end"))
    request.state.viewer = replace(viewer, helping=Helping(farmer.id, farmer.name, helper.name, end_href))


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
