"""Who of an operator's guests comes, over HTTP: the next days, and the paper for the driver and the guide."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.core.clock import find_day, today
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.operators.access import CurrentClerk
from storefront.portal import service
from storefront.portal.pages import BookingLine, GroupLine, GuestLine, GuestsPage, ManifestPage
from storefront.portal.words import say_state
from storefront.tours import views
from storefront.tours.models import Booking, Departure, Tour
from storefront.tours.words import say_date, say_hours, say_unit, say_when

router = APIRouter(prefix="/operator")
_DAY = timedelta(days=1)


@router.get("/guests", name="storefront.portal.guests")
async def show_guests(request: Request, *, session: DbSession, clerk: CurrentClerk, now: Now) -> Response:
    """Every booking to come, day by day."""
    days: dict[date, list[BookingLine]] = {}
    for booking, departure, tour in await service.list_coming(session, clerk, now=now):
        days.setdefault(departure.local_on, []).append(_line(booking, departure, tour))
    page = GuestsPage(days=[(on, say_date(on), lines) for on, lines in days.items()])
    return await render(request, page)


def _line(booking: Booking, departure: Departure, tour: Tour) -> BookingLine:
    state, kind = say_state(booking.state, departure)
    words: Text = _(
        "%(heads)s người, %(tour)s, %(hours)s",
        heads=booking.heads,
        tour=tour.title,
        hours=say_hours(tour, departure),
    )
    return BookingLine(booking.id, booking.contact_name, words, state, kind)


@router.get("/day", name="storefront.portal.day")
async def show_day(
    request: Request, *, session: DbSession, clerk: CurrentClerk, now: Now, on: str = ""
) -> Response:
    """Who comes on a day (today unless another is asked for), departure by departure."""
    day = find_day(on) or today(now)
    found = await service.list_day(session, clerk, day)
    hosts = await cooperatives.get_producers(session, {group.tour.producer_id for group in found})
    said = await places.describe_many(session, {group.tour.commune_code for group in found})
    groups = []
    for group in found:
        host = hosts[group.tour.producer_id]
        groups.append(
            GroupLine(
                title=group.tour.title,
                when=say_when(group.tour, group.departure),
                meeting_point=group.tour.meeting_point,
                place=said[group.tour.commune_code],
                host=host.name,
                host_phone=_phone(host.phone),
                heads=group.heads,
                guests=[
                    GuestLine(
                        name=booking.contact_name,
                        phone=_phone(booking.contact_phone),
                        is_company=service.is_reached_by(clerk, booking),
                        heads=booking.heads,
                        who=[(number, say_unit(unit)) for unit, number, _sum in views.count_units(items)],
                        code=booking.code,
                        note=booking.note,
                    )
                    for booking, items in group.parties
                ],
            )
        )
    page = ManifestPage(
        name=clerk.operator.name,
        day=say_date(day),
        on=day,
        before=day - _DAY,
        after=day + _DAY,
        groups=groups,
    )
    return await render(request, page)


def _phone(phone: str | None) -> str:
    return format_phone(phone) if phone else ""
