"""What a date shows, over HTTP: its host ticks the plots, waters and lots."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import departures, service, sights
from storefront.tours.errors import HouseFullError
from storefront.tours.models import Departure
from storefront.tours.pages import SightsPage
from storefront.tours.schemas import SightFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_when

router = APIRouter(prefix="/producer/tours")


@router.get("/departures/{departure_id}/sights", name="storefront.tours.sights")
async def show(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """What can be shown, with what is chosen already."""
    departure = await _own(session, departure_id, member)
    return await render(request, await _page(session, departure, member, Form()))


@router.post("/departures/{departure_id}/sights", name="storefront.tours.save_sights")
async def save(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Choose what the date shows."""
    departure = await _own(session, departure_id, member)
    fields, form = (await read_submission(request)).read(SightFields)
    if fields is None:
        page = await _page(session, departure, member, form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            await sights.choose(
                session,
                departure=departure,
                producer_id=member.producer.id,
                site_ids=dict.fromkeys(fields.sites),
                lot_ids=dict.fromkeys(fields.lots),
                now=now,
            )
    except HouseFullError as error:
        refused = Form(form.values, {"sites": error.message})
        page = await _page(session, departure, member, refused)
        return await render(request, page, status=status_of(error))
    path = request.app.url_path_for("storefront.tours.dates", tour_id=departure.tour_id)
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _own(session: AsyncSession, departure_id: UUID, member: Member) -> Departure:
    member.require(*HOST_ROLES)
    return await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )


async def _page(session: AsyncSession, departure: Departure, member: Member, form: Form) -> SightsPage:
    tour = await service.get_tour(session, departure.tour_id)
    offered = await sights.list_choices(session, member.producer.id)
    chosen = (await sights.list_sights(session, [departure.id]))[departure.id]
    named = {one.lot.id: one for one in (*chosen.lots, *offered.lots)}
    return SightsPage(
        tour=tour,
        departure=departure,
        when=say_when(tour, departure),
        sites=[(str(site.id), site.name) for site in offered.sites],
        lots=[(str(one.lot.id), sights.say_pack(one)) for one in named.values()],
        chosen=[str(site.id) for site in chosen.sites] + [str(one.lot.id) for one in chosen.lots],
        form=form,
    )
