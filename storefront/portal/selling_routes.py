"""What can be sold, over HTTP: visits with both prices, and the form that holds seats for a guest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.money import format_dong
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.operators import service as operators
from storefront.operators.access import CurrentClerk
from storefront.operators.members import Clerk
from storefront.operators.service import Terms
from storefront.portal import service
from storefront.portal.pages import HomePage, VisitLine, VisitPage
from storefront.portal.schemas import HoldFields
from storefront.portal.service import Day
from storefront.tours import service as tours
from storefront.tours import views
from storefront.tours.pages import OfferLine, UnitLine
from storefront.tours.schemas import NewBooking, read_units
from storefront.tours.service import Offer
from storefront.tours.terms import steps_of
from storefront.tours.words import say_day, say_left, say_steps, say_when

router = APIRouter(prefix="/operator")


@router.get("/", name="storefront.portal.home")
async def show_home(request: Request, *, session: DbSession, clerk: CurrentClerk, now: Now) -> Response:
    """Every visit that can be sold, with the operator's price beside the visitor's."""
    terms = service.terms_of(clerk)
    lines = []
    for visit in await service.list_visits(session, clerk, now=now):
        lowest = tours.lowest_price(visit.offers)
        assert lowest is not None  # noqa: S101 - a visit that is sold has a price
        soonest = visit.soonest
        words = (
            _("%(day)s, %(left)s", day=say_day(soonest.departure), left=say_left(soonest.left))
            if soonest
            else None
        )
        lines.append(
            VisitLine(
                visit.tour.id,
                visit.tour.title,
                words,
                terms.net_minor(lowest.price_minor),
                lowest.price_minor,
            )
        )
    account = await operators.get_account(session, clerk.operator)
    page = HomePage(
        name=clerk.operator.name,
        owed_minor=account.owed_minor,
        limit_minor=clerk.operator.credit_limit_minor,
        visits=lines,
    )
    return await render(request, page)


@router.get("/visits/{tour_id}", name="storefront.portal.visit")
async def show_visit(
    request: Request, tour_id: UUID, *, session: DbSession, clerk: CurrentClerk, now: Now
) -> Response:
    """One visit: dates with room, and the form."""
    return await render(request, await _page(session, clerk, tour_id, Form(), str(uuid7()), now=now))


@router.post("/visits/{tour_id}", name="storefront.portal.hold")
async def hold(
    request: Request,
    tour_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    clerk: CurrentClerk,
    now: Now,
) -> Response:
    """Hold the seats; the same form sent twice leads to the same booking."""
    await service.get_visit(session, tour_id)
    fields, form = (await read_submission(request)).read(HoldFields)
    units, unit_errors = read_units(form.values)
    form = Form(form.values, {**form.errors, **unit_errors})
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None and not unit_errors:
        wish = NewBooking(
            id=fields.id,
            departure_id=fields.departure_id,
            units=units,
            contact_name=fields.contact_name,
            contact_phone=fields.contact_phone or clerk.operator.phone or "",
            note=fields.note,
        )
        try:
            async with session.begin_nested():
                made = await service.hold(session, clerk, wish, secret=house.secret, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            target = request.app.url_path_for("storefront.portal.booking", booking_id=made.id)
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    page = await _page(session, clerk, tour_id, form, form.values.get("id") or str(uuid7()), now=now)
    return await render(request, page, status=status)


def say_room(day: Day) -> Text:
    """How many seats are left for the operator, and how many of them are its own until when."""
    left = say_left(day.seats.left)
    if day.held is None or not day.held.left:
        return left
    until = in_vietnam(day.held.free_at)
    return _(
        "%(left)s, %(held)s chỗ giữ riêng đến %(until)s",
        left=left,
        held=day.held.left,
        until=f"{until.day}/{until.month}",
    )


def say_offer(day: Day, price: Text | None) -> Text:
    """The room of a day, and what it costs the operator where that is not the usual."""
    room = say_room(day)
    return room if price is None else _("%(room)s, %(price)s", room=room, price=price)


def show_offers(offers: Sequence[Offer], terms: Terms) -> list[OfferLine]:
    """Options at the operator's prices, with what a visitor pays beside each where that is another."""
    pairs = zip(views.show_offers(offers, terms=terms), views.show_offers(offers), strict=True)
    return [
        replace(net, units=[_beside(one, usual) for one, usual in zip(net.units, retail.units, strict=True)])
        for net, retail in pairs
    ]


def _beside(net: UnitLine, retail: UnitLine) -> UnitLine:
    if net.price_minor == retail.price_minor:
        return net
    price = format_dong(retail.price_minor)
    return replace(net, words=_("%(unit)s, khách lẻ %(price)s", unit=net.words, price=price))


async def _page(
    session: AsyncSession, clerk: Clerk, tour_id: UUID, form: Form, booking_id: str, *, now: datetime
) -> VisitPage:
    tour, offers = await service.get_visit(session, tour_id)
    terms = service.terms_of(clerk)
    return VisitPage(
        tour=tour,
        dates=[
            (
                str(day.seats.departure.id),
                say_when(tour, day.seats.departure),
                say_offer(day, views.say_price(offers, day.seats.departure.local_on, terms)),
            )
            for day in await service.list_days(session, clerk, tour, now=now)
        ],
        offers=show_offers(offers, terms),
        cutoff=say_steps(steps_of(tour)),
        booking_id=booking_id,
        form=form,
    )
