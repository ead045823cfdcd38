"""Prices by season, over HTTP: the host says what some days cost."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import InvalidError
from app.core.i18n import WEEKDAYS
from app.web.dependencies import DbSession, Now
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import season_prices, service, views
from storefront.tours.models import Tour
from storefront.tours.schemas import SeasonPriceFields
from storefront.tours.season_pages import SeasonPricesPage
from storefront.tours.settlement import HOST_ROLES

router = APIRouter(prefix="/producer/tours")
_PRICES = "storefront.tours.season_prices"
_WEEKDAY_TILES = [(str(number), words, "calendar") for number, words in enumerate(WEEKDAYS)]


@router.get("/{tour_id}/season-prices", name=_PRICES)
async def show(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The price lists of a tour, and a form for one more."""
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    return await render(request, await _page(session, tour, member, now=now))


@router.post("/{tour_id}/season-prices", name="storefront.tours.add_season_price")
async def add(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Keep a price list; sent again it stays one."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(SeasonPriceFields)
    if fields is not None:
        try:
            own = await service.list_option_ids(session, tour_id)
            await season_prices.add(session, option_ids=own, fields=fields, price_id=form.new_id(), now=now)
        except InvalidError as error:
            form = form.refused(error)
        else:
            return await _to(request, session, tour, now)
    chosen = [str(value) for value in submission.data.getlist("weekdays")]
    page = await _page(session, tour, member, form=form, chosen=chosen, now=now)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/{tour_id}/season-prices/{price_id}/remove", name="storefront.tours.remove_season_price")
async def remove(
    request: Request, tour_id: UUID, price_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take a price list away."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    own = await service.list_option_ids(session, tour_id)
    await season_prices.remove(session, option_ids=own, price_id=price_id)
    return await _to(request, session, tour, now)


async def _page(
    session: AsyncSession,
    tour: Tour,
    member: Member,
    *,
    form: Form | None = None,
    chosen: list[str] | None = None,
    now: datetime,
) -> SeasonPricesPage:
    offers = (await service.list_offers(session, [tour.id]))[tour.id]
    return SeasonPricesPage(
        tour=tour,
        seasons=views.show_seasons(offers),
        options=[(str(offer.option.id), offer.option.name) for offer in offers],
        form=form or Form({"from_on": str(today(now))}),
        weekdays=_WEEKDAY_TILES,
        chosen=chosen or [],
        can_edit=member.has(*HOST_ROLES) and bool(offers),
    )


async def _to(request: Request, session: AsyncSession, tour: Tour, now: datetime) -> RedirectResponse:
    await service.announce(session, tour, now=now)
    path = request.app.url_path_for(_PRICES, tour_id=tour.id)
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
