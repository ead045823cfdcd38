"""Guides, cars and boats over HTTP: the host's list, who is on a date, and a guide's own days."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import bookings, departures, resources, service
from storefront.tours.models import Departure
from storefront.tours.resource_models import ResourceKind, TourResource
from storefront.tours.resource_pages import CrewPage, LedLine, LedPage, ResourceForm, ResourcesPage, ShortLine
from storefront.tours.schemas import CrewFields, ResourceFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import TICKETED
from storefront.tours.words import say_when

router = APIRouter(prefix="/producer/tours")
NEW: dict[ResourceKind, Text] = {
    ResourceKind.GUIDE: _("Thêm người dẫn"),
    ResourceKind.CAR: _("Thêm xe"),
    ResourceKind.BOAT: _("Thêm thuyền"),
}


@router.get("/resources", name="storefront.tours.resources")
async def show_resources(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Who leads guests, and what they go in."""
    return await render(request, await _resources_page(request, session, member, now))


@router.post("/resources", name="storefront.tours.save_resource")
async def save_resource(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Save one guide, car or boat; a new one that is sent again stays one."""
    member.require(*HOST_ROLES)
    submission = await read_submission(request)
    fields, form = submission.read(ResourceFields)
    known = await resources.list_resources(session, member.producer.id)
    asked = form.values.get("resource_id", "")
    resource_id = next((one.id for one in known if str(one.id) == asked), None)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await resources.save_resource(
                    session,
                    producer_id=member.producer.id,
                    resource_id=resource_id,
                    new_id=form.new_id(),
                    fields=fields,
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            path = request.app.url_path_for("storefront.tours.resources")
            return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    page = await _resources_page(
        request,
        session,
        member,
        now,
        typed=(resource_id, form.values.get("kind", ""), form),
        languages=[str(value) for value in submission.data.getlist("languages")],
    )
    return await render(request, page, status=status)


@router.get("/led", name="storefront.tours.led")
async def show_led(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """The days that whoever is logged in leads."""
    found = await resources.list_led(
        session, producer_id=member.producer.id, person_id=member.person.id, now=now
    )
    parties = await bookings.list_parties(session, [one.departure for one in found], TICKETED)
    day = request.app.url_path_for("storefront.tours.day")
    lines = [
        LedLine(
            title=one.tour.title,
            when=say_when(one.tour, one.departure),
            meeting_point=one.tour.meeting_point,
            crew=resources.say_crew(one.crew),
            heads=sum(booking.heads for booking, _items in parties[one.departure.id]),
            day_href=f"{day}?on={one.departure.local_on}",
        )
        for one in found
    ]
    return await render(request, LedPage(lines=lines))


@router.get("/departures/{departure_id}/crew", name="storefront.tours.crew")
async def show_crew(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """Who can lead a date and what it can go in, with who is chosen already."""
    departure = await _own(session, departure_id, member)
    crew = (await resources.list_assigned(session, [departure.id]))[departure.id]
    form = Form({"limits_seats": "1"} if departure.car_seats is not None else {})
    page = await _crew_page(session, departure, form, crew, [str(one.id) for one in crew])
    return await render(request, page)


@router.post("/departures/{departure_id}/crew", name="storefront.tours.save_crew")
async def save_crew(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Choose who leads a date and what it goes in."""
    departure = await _own(session, departure_id, member)
    submission = await read_submission(request)
    fields, form = submission.read(CrewFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await resources.assign(
                    session,
                    departure_id=departure_id,
                    producer_id=member.producer.id,
                    resource_ids=fields.resources,
                    limits_seats=fields.limits_seats,
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
            await session.refresh(departure)
        else:
            path = request.app.url_path_for("storefront.tours.dates", tour_id=departure.tour_id)
            return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    crew = (await resources.list_assigned(session, [departure.id]))[departure.id]
    chosen = [str(value) for value in submission.data.getlist("resources")]
    page = await _crew_page(session, departure, form, crew, chosen)
    return await render(request, page, status=status)


async def _own(session: AsyncSession, departure_id: UUID, member: Member) -> Departure:
    member.require(*HOST_ROLES)
    return await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )


async def _crew_page(
    session: AsyncSession,
    departure: Departure,
    form: Form,
    crew: list[TourResource],
    chosen: list[str],
) -> CrewPage:
    tour = await service.get_tour(session, departure.tour_id)
    own = await resources.list_resources(session, tour.producer_id)
    on_it = {one.id for one in crew}
    offered = [one for one in own if one.is_active or one.id in on_it]
    said = [(one.kind, str(one.id), resources.say_resource(one)) for one in offered]
    return CrewPage(
        tour=tour,
        departure=departure,
        when=say_when(tour, departure),
        guides=[(value, words) for kind, value, words in said if kind is ResourceKind.GUIDE],
        vehicles=[(value, words) for kind, value, words in said if kind is not ResourceKind.GUIDE],
        chosen=chosen,
        form=form,
    )


async def _resources_page(
    request: Request,
    session: AsyncSession,
    member: Member,
    now: datetime,
    *,
    typed: tuple[UUID | None, str, Form] | None = None,
    languages: list[str] | None = None,
) -> ResourcesPage:
    """The list, with a form for each; `typed`: of which one, of which kind, and what was refused."""
    lines = []
    for one in await resources.list_resources(session, member.producer.id):
        values = {
            "name": one.name,
            "person_id": str(one.person_id or ""),
            "seats": str(one.seats or ""),
            "is_active": "1" if one.is_active else "",
        }
        form, spoken = Form(values), list(one.languages)
        if typed is not None and typed[0] == one.id:
            form, spoken = typed[2], languages or []
        lines.append(ResourceForm(one, one.kind, resources.say_resource(one), form, spoken))
    for kind, words in NEW.items():
        form, spoken = Form({"is_active": "1"}), ["vi"]
        if typed is not None and typed[0] is None and typed[1] == kind:
            form, spoken = typed[2], languages or []
        lines.append(ResourceForm(None, kind, words, form, spoken))
    members = await cooperatives.list_members(session, member.producer.id)
    can_edit = member.has(*HOST_ROLES)
    short = await resources.list_short(session, member.producer.id, now=now) if can_edit else []
    return ResourcesPage(
        lines=lines,
        members=[(str(person.id), person.name) for person in members],
        languages=list(resources.LANGUAGES.items()),
        short=[_say_short(request, one) for one in short],
        can_edit=can_edit,
    )


def _say_short(request: Request, one: resources.Short) -> ShortLine:
    words = _(
        "%(tour)s, %(when)s: đã đặt và giữ %(heads)s chỗ, xe chở được %(seats)s khách",
        tour=one.tour.title,
        when=say_when(one.tour, one.departure),
        heads=one.departure.car_seats,
        seats=one.seats,
    )
    path = request.app.url_path_for("storefront.tours.crew", departure_id=one.departure.id)
    return ShortLine(words, str(path))
