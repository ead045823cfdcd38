"""The village over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.dependencies import CurrentPerson
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.pages import render
from producers.cooperatives.access import keep_help
from producers.village import service
from producers.village.pages import VillagePage
from producers.village.ports import PhoneReports
from producers.village.service import Need

router = APIRouter(prefix="/producer/village")


@router.get("", name="producers.village.show")
async def show(
    request: Request, session: DbSession, house: TheHouse, person: CurrentPerson, now: Now
) -> Response:
    """The farmers whom this person helps, whom to visit first at the top."""
    await keep_help(request, session, person)
    phones: PhoneReports = house.port(PhoneReports)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    found = await service.list_neighbours(session, helper_id=person.id, phones=phones, now=now)
    page = VillagePage(
        to_visit=[one for one in found if one.need is not Need.NONE],
        steady=[one for one in found if one.need is Need.NONE],
    )
    return await render(request, page)
