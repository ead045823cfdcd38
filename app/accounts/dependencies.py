"""Who is asking: what routes declare to know the person behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service
from app.accounts.errors import logged_out, not_staff
from app.accounts.models import Person, StaffRole
from app.web.dependencies import DbSession, Now
from app.web.house import Viewer, house_of

SESSION_COOKIE = "session"


@dataclass(frozen=True)
class Staff:
    """A member of the platform's staff who is logged in."""

    person: Person
    role: StaffRole

    def require(self, *roles: StaffRole) -> None:
        """ForbiddenError unless this member has one of `roles`; an admin has them all."""
        if self.role is not StaffRole.ADMIN and self.role not in roles:
            raise not_staff()


async def find_login(request: Request, session: AsyncSession, now: datetime) -> service.Login | None:
    """The login behind a request, or None; the header then shows the person's name."""
    token = request.cookies.get(SESSION_COOKIE)
    login = await service.find_login(session, token=token, now=now) if token else None
    if login is not None:
        request.state.viewer = Viewer(
            login.person.id,
            login.person.name,
            str(request.app.url_path_for("app.accounts.me")),
            service.proof_of(house_of(request).secret, login.device.id),
        )
    return login


async def _maybe_login(request: Request, session: DbSession, now: Now) -> service.Login | None:
    return await find_login(request, session, now)


MaybeLogin = Annotated[service.Login | None, Depends(_maybe_login)]


async def _current_login(login: MaybeLogin) -> service.Login:
    if login is None:
        raise logged_out()
    return login


CurrentLogin = Annotated[service.Login, Depends(_current_login)]


async def _maybe_person(login: MaybeLogin) -> Person | None:
    return login.person if login else None


async def _current_person(login: CurrentLogin) -> Person:
    return login.person


MaybePerson = Annotated[Person | None, Depends(_maybe_person)]
CurrentPerson = Annotated[Person, Depends(_current_person)]


async def _current_staff(session: DbSession, person: CurrentPerson) -> Staff:
    member = await service.find_staff(session, person.id)
    if member is None:
        raise not_staff()
    return Staff(person, member.role)


CurrentStaff = Annotated[Staff, Depends(_current_staff)]
