"""Pond-houses over HTTP: how many visitors a day each takes, and who went in."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, in_vietnam, today
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.tours import houses, seats
from storefront.tours.houses import HouseDays
from storefront.tours.resource_pages import EntryLine, HouseLine, HouseLogPage, HousesPage
from storefront.tours.schemas import HouseFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_date

router = APIRouter(prefix="/producer/tours")
SHOWN_DAYS = 6


@router.get("/houses", name="storefront.tours.houses")
async def show_houses(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """How many visitors a day each place takes, and how many are to come."""
    return await render(request, await _houses_page(session, member, now))


@router.post("/houses", name="storefront.tours.limit_house")
async def limit_house(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Say how many visitors a day one place takes."""
    member.require(*HOST_ROLES)
    fields, form = (await read_submission(request)).read(HouseFields)
    if fields is None:
        page = await _houses_page(session, member, now, typed=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    coming = await houses.set_limit(
        session,
        site_id=fields.site_id,
        producer_id=member.producer.id,
        visitors=fields.visitors,
        now=now,
    )
    for departure_id in coming:
        await seats.wake(session, departure_id)
    path = request.app.url_path_for("storefront.tours.houses")
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.get("/houses/{site_id}/log", name="storefront.tours.house_log")
async def show_log(
    request: Request, site_id: UUID, *, session: DbSession, member: CurrentMember, now: Now, on: str = ""
) -> Response:
    """Who went into a place on a day, for managers alone: names and numbers of guests are read to trace a disease."""
    member.require(Role.MANAGER)
    day = find_day(on) or today(now)
    site, found = await houses.list_log(session, site_id=site_id, producer_id=member.producer.id, on=day)
    path = request.url.path
    lines = [
        EntryLine(
            at=f"{in_vietnam(one.scan.scanned_at):%H:%M}",
            name=one.booking.contact_name,
            phone=format_phone(one.booking.contact_phone),
            heads=one.heads,
            code=one.booking.code,
            title=one.tour.title,
            by=one.by,
            is_odd=one.scan.trouble is not None or not one.heads,
        )
        for one in found
    ]
    page = HouseLogPage(
        name=site.name,
        day=say_date(day),
        lines=lines,
        heads=sum(line.heads for line in lines),
        previous_href=f"{path}?on={day - timedelta(days=1)}",
        next_href=f"{path}?on={day + timedelta(days=1)}",
    )
    return await render(request, page)


async def _houses_page(
    session: AsyncSession, member: Member, now: datetime, *, typed: Form | None = None
) -> HousesPage:
    found = await houses.list_houses(session, producer_id=member.producer.id, now=now)
    wrong = typed.values.get("site_id", "") if typed is not None else ""
    lines = []
    for house in found:
        form = Form({"visitors": str(house.limit or "")})
        if typed is not None and str(house.site.id) == wrong:
            form = typed
        lines.append(
            HouseLine(house.site.id, house.site.name, form, f"visitors-{house.site.id}", _say_days(house))
        )
    return HousesPage(houses=lines, can_edit=member.has(*HOST_ROLES), can_trace=member.has(Role.MANAGER))


def _say_days(house: HouseDays) -> list[tuple[Text, Text, str]]:
    """The next days on which somebody goes in; over the limit only who had booked before it was lowered."""
    said = []
    for day, heads in list(house.days.items())[:SHOWN_DAYS]:
        if house.limit is None:
            said.append((say_date(day), _("%(heads)s người", heads=heads), "plain"))
            continue
        kind = "bad" if heads > house.limit else "wait" if heads == house.limit else "good"
        words = _("%(heads)s trên %(limit)s người", heads=heads, limit=house.limit)
        said.append((say_date(day), words, kind))
    return said
