"""Where visits are found: the year of a tour as a table, and the file that Google reads."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.places import service as places
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import house_of
from app.web.public import Built, cached_page
from app.web.structured import embed
from producers.cooperatives import service as cooperatives
from storefront.tours import availability, discovery, resources, service, sights, things_to_do, views
from storefront.tours.availability import Month
from storefront.tours.departures import Seats
from storefront.tours.discovery import Invitation
from storefront.tours.models import Tour
from storefront.tours.pages import DateLine, MonthLine, YearPage
from storefront.tours.service import Offer

router = APIRouter()
_SHOW = "storefront.tours.show"
_PHOTO_WIDTH = 1280


@router.get("/tours/{slug}/days", name="storefront.tours.year")
async def show_year(request: Request, slug: str, house: TheHouse, now: Now, month: str = "") -> Response:
    """The dates of a tour, a month at a time; an address that names no month of it shows the first."""

    async def build() -> Built:
        async with house.database.transaction() as session:
            tour = await service.get_public_tour(session, slug)
            months = availability.by_month(await availability.list_year(session, tour, now=now))
            shown = availability.choose(months, month, now=now)
            told = await invite(request, session, tour)
            lines = await show_dates(session, tour, shown.dates, told.offers)
        path = request.app.url_path_for("storefront.tours.year", slug=slug)
        page = YearPage(
            tour=tour,
            month=_say_month(shown),
            months=[
                MonthLine(_name(one), _say_month(one), one.bookable, is_shown=one is shown) for one in months
            ],
            dates=lines,
            address=f"{house.settings.public_url.rstrip('/')}{path}?month={_name(shown)}",
            json_ld=embed(discovery.describe_tour(told, shown.dates)),
        )
        return page, ["catalog", f"tour:{tour.id}", f"producer:{tour.producer_id}"]

    # What is no month is asked for as none: made-up ones never fill the cache.
    return await cached_page(
        request, build, asked={"month": month} if availability.is_month(month, now) else None
    )


@router.get("/feeds/things-to-do.json", name="storefront.tours.things_to_do")
async def show_things_to_do(request: Request, *, session: DbSession, now: Now) -> Response:
    """Every visit as Google's "Things to do" takes it (a snapshot: what is not in it is taken off there)."""
    found = await service.list_published(session)
    told = await invite_all(request, session, found)
    return JSONResponse(
        things_to_do.describe(told, now=now), headers={"Cache-Control": "public, max-age=3600"}
    )


async def show_dates(
    session: AsyncSession, tour: Tour, shown: Sequence[Seats], offers: Sequence[Offer]
) -> list[DateLine]:
    """Dates as visitors read them, with what each shows, in which languages, and its price where that is not the usual."""
    ids = [one.departure.id for one in shown]
    seen = await sights.list_sights(session, ids)
    crews = await resources.list_assigned(session, ids)
    return [
        views.show_date(
            tour,
            one,
            sights.say(seen[one.departure.id]),
            resources.say_languages(crews[one.departure.id]),
            offers=offers,
        )
        for one in shown
    ]


async def invite(request: Request, session: AsyncSession, tour: Tour) -> Invitation:
    """What is told of a tour, with the addresses of this house."""
    [told] = await invite_all(request, session, [tour])
    return told


async def invite_all(request: Request, session: AsyncSession, found: Sequence[Tour]) -> list[Invitation]:
    """What is told of tours, in as many selects as for one."""
    base = house_of(request).settings.public_url.rstrip("/")
    url = request.app.url_path_for
    ids = [tour.id for tour in found]
    offers = await service.list_offers(session, ids)
    photos = await service.photo_ids(session, ids)
    said = await places.describe_many(session, {tour.commune_code for tour in found})
    producers = await cooperatives.get_producers(session, {tour.producer_id for tour in found})
    return [
        Invitation(
            tour=tour,
            producer=producers[tour.producer_id],
            place=said[tour.commune_code],
            offers=offers[tour.id],
            photos=[
                f"{base}{url('app.media.show', photo_id=photo_id, width=_PHOTO_WIDTH)}"
                for photo_id in photos[tour.id]
            ],
            address=f"{base}{url(_SHOW, slug=tour.slug)}",
            form_address=f"{base}{url('storefront.tours.form', slug=tour.slug)}",
            producer_address=f"{base}{url('storefront.catalog.producer', slug=producers[tour.producer_id].slug)}",
        )
        for tour in found
    ]


def _name(month: Month) -> str:
    return f"{month.first:%Y-%m}"


def _say_month(month: Month) -> Text:
    return _("Tháng %(month)s/%(year)s", month=month.first.month, year=month.first.year)
