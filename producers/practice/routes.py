"""In and out of the practice farm: one tap each."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.accounts.dependencies import CurrentPerson
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import House
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import PRODUCER_COOKIE, remember_producer
from producers.cooperatives.models import Producer
from producers.practice import service

router = APIRouter(prefix="/producer/practice")


@router.post("/enter", name="producers.practice.enter")
async def enter(
    request: Request, session: DbSession, house: TheHouse, person: CurrentPerson, now: Now
) -> Response:
    """Go in; whoever belongs to nobody may too."""
    return _go_in(request, house, await service.enter(session, person_id=person.id, now=now))


@router.post("/reset", name="producers.practice.reset")
async def reset(
    request: Request, session: DbSession, house: TheHouse, person: CurrentPerson, now: Now
) -> Response:
    """Begin anew in a fresh one."""
    return _go_in(request, house, await service.reset(session, person_id=person.id, now=now))


def _go_in(request: Request, house: House, producer: Producer) -> Response:
    response = _to(request, "producers.cooperatives.today")
    remember_producer(response, producer.id, is_secure=house.settings.is_secure)
    return response


@router.post("/leave", name="producers.practice.leave")
async def leave(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """Go back to one's own producer, or to the page about oneself."""
    has_work = bool(await cooperatives.list_belongings(session, person.id))
    response = _to(request, "producers.cooperatives.today" if has_work else "app.accounts.me")
    response.delete_cookie(PRODUCER_COOKIE)
    return response


def _to(request: Request, route: str) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for(route)), HTTPStatus.SEE_OTHER)
