"""Lessons over HTTP: choose one, do its steps in the practice farm."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentPerson
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.pages import render
from producers.cooperatives.access import MaybeMember, remember_producer
from producers.farms import service as farms
from producers.farms.models import Crop
from producers.lessons import service
from producers.lessons.catalogue import Goal
from producers.lessons.pages import LessonPage, LessonsPage, StepLine
from producers.listings import service as listings
from producers.practice import service as practice

router = APIRouter(prefix="/producer/lessons")


@router.get("", name="producers.lessons.list")
async def list_all(
    request: Request, session: DbSession, person: CurrentPerson, member: MaybeMember
) -> Response:
    """All lessons, and how far this person is."""
    del member  # asked for what it tells the frame: whether this is a practice farm
    progress = (await service.list_progress(session, [person.id]))[person.id]
    has_farm = await practice.find(session, person.id) is not None
    return await render(request, LessonsPage(progress=progress, has_farm=has_farm))


@router.get("/{lesson}", name="producers.lessons.show")
async def show(
    request: Request, lesson: str, session: DbSession, person: CurrentPerson, member: MaybeMember
) -> Response:
    """One lesson; the first step that is not done has the button."""
    del member  # as above
    wanted = service.get_lesson(lesson)
    progress = (await service.list_progress(session, [person.id]))[person.id]
    mine = next(one for one in progress if one.lesson is wanted)
    waiting = [step for step in wanted.steps if step.code not in mine.done]
    lines = [
        StepLine(step, "done" if step.code in mine.done else "now" if step in waiting[:1] else "next")
        for step in wanted.steps
    ]
    return await render(request, LessonPage(lesson=wanted, lines=lines, is_done=mine.is_done))


@router.post("/{lesson}/{step}", name="producers.lessons.go")
async def go(
    request: Request,
    lesson: str,
    step: str,
    *,
    session: DbSession,
    house: TheHouse,
    person: CurrentPerson,
    now: Now,
) -> Response:
    """Into the practice farm, to the page where this step is done."""
    goal = service.get_step(service.get_lesson(lesson), step).goal
    producer = await practice.enter(session, person_id=person.id, now=now)
    path = await _path(request, session, producer.id, goal)
    response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
    remember_producer(response, producer.id, is_secure=house.settings.is_secure)
    return response


async def _path(request: Request, session: AsyncSession, producer_id: UUID, goal: Goal) -> str:
    find = request.app.url_path_for
    if goal is Goal.DIARY:
        return str(find("producers.diaries.list"))
    if goal is Goal.GOODS:
        goods = await listings.list_listings(session, producer_id)
        return str(find("producers.listings.edit", listing_id=goods[-1].id))
    sites = await farms.list_sites(session, producer_id)
    plot = next(site for site in sites if site.crop is Crop.TEA)
    path = find("producers.diaries.choose") if goal is Goal.WORK else find("producers.diaries.new", kind=goal)
    return f"{path}?site={plot.id}"
