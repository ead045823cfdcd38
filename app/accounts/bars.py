"""Bars: which bottom bar follows a person onto the pages about themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.accounts import service
from app.accounts.workplaces import Desks, Workplaces
from app.web.house import house_of

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import Request
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Belonging:
    """What a person does here besides buying: producers by name, a tour operator's desk, and whether they are staff."""

    workplaces: list[str]
    is_staff: bool
    desk: tuple[str, str] | None = None
    """An operator's name and the route of its pages."""


async def keep_bar(request: Request, session: AsyncSession, person_id: UUID) -> Belonging:
    """Let a farmer keep the farmer's bar, staff the office's and a clerk the operator's; answers where the person belongs."""
    house = house_of(request)
    names: list[str] = []
    if house.has_port(Workplaces):
        names = await house.port(Workplaces).list_names(session, person_id)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    is_staff = await service.find_staff(session, person_id) is not None
    desk = None
    if house.has_port(Desks):
        desk = await house.port(Desks).find_desk(session, person_id)  # type: ignore[type-abstract]  # as above
    viewer = getattr(request.state, "viewer", None)
    if viewer and (names or is_staff or desk):
        area = "farmer" if names else "office" if is_staff else "operator"
        request.state.viewer = replace(viewer, area=area)
    return Belonging(names, is_staff, desk)
