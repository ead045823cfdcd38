"""Seasons, single days and days on which nobody is received, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam, today
from app.core.errors import AppError
from app.core.i18n import WEEKDAYS, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import blackouts, departures, seasons, service
from storefront.tours.models import Departure, SeasonRule, Tour
from storefront.tours.schemas import BlackoutFields, DayFields, EndFields, SeasonFields
from storefront.tours.season_pages import (
    BlackoutLine,
    BlackoutsPage,
    DayChangePage,
    SeasonLine,
    SeasonPage,
    SeasonsPage,
    StandingDay,
)
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_date, say_season, say_when

router = APIRouter(prefix="/producer/tours")
_WEEKDAY_TILES = [(str(number), words, "calendar") for number, words in enumerate(WEEKDAYS)]
_ONE = "storefront.tours.season"
_BLACKOUTS = "storefront.tours.blackouts"


@router.get("/blackouts", name=_BLACKOUTS)
async def show_blackouts(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Days on which nobody new is received."""
    return await render(request, await _blackouts_page(session, member, Form(), now))


@router.post("/blackouts", name="storefront.tours.close_days")
async def close_days(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Receive nobody new on some days."""
    member.require(*HOST_ROLES)
    fields, form = (await read_submission(request)).read(BlackoutFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await blackouts.add(session, producer_id=member.producer.id, fields=fields, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _see(request, _BLACKOUTS)
    return await render(request, await _blackouts_page(session, member, form, now), status=status)


@router.post("/blackouts/{blackout_id}/remove", name="storefront.tours.open_day")
async def open_day(
    request: Request, blackout_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Receive visitors on a day again."""
    member.require(*HOST_ROLES)
    await blackouts.remove(session, producer_id=member.producer.id, blackout_id=blackout_id, now=now)
    return _see(request, _BLACKOUTS)


@router.get("/{tour_id}/seasons", name="storefront.tours.seasons")
async def show_seasons(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The seasons of a tour."""
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    values = {"from_on": str(today(now)), "starts": "08:00", "capacity": "20"}
    return await render(
        request, await _seasons_page(session, tour, member, form=Form(values), chosen=[], now=now)
    )


@router.post("/{tour_id}/seasons", name="storefront.tours.add_season")
async def add_season(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Make a season and its days; sent again it stays one."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(SeasonFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                rule = await seasons.create_rule(
                    session, tour_id=tour_id, fields=fields, rule_id=form.new_id(), now=now
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _see(request, _ONE, rule_id=rule.id)
    chosen = [str(value) for value in submission.data.getlist("weekdays")]
    page = await _seasons_page(session, tour, member, form=form, chosen=chosen, now=now)
    return await render(request, page, status=status)


@router.get("/seasons/{rule_id}", name=_ONE)
async def show_season(
    request: Request,
    rule_id: UUID,
    *,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    from_on: str = "",
) -> Response:
    """One season; a link from a day carries that day, from which a change is to count."""
    rule, tour = await seasons.get_own_rule(session, rule_id=rule_id, producer_id=member.producer.id)
    return await render(request, await _season_page(session, rule, tour, member, now, from_on=from_on))


@router.post("/seasons/{rule_id}", name="storefront.tours.change_season")
async def change_season(
    request: Request, rule_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Let a season go otherwise from a day on."""
    member.require(*HOST_ROLES)
    rule, tour = await seasons.get_own_rule(session, rule_id=rule_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(SeasonFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                after = await seasons.change_following(session, rule_id=rule_id, fields=fields, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
            await session.refresh(rule)
        else:
            return _see(request, _ONE, rule_id=after.id)
    chosen = [str(value) for value in submission.data.getlist("weekdays")]
    page = await _season_page(session, rule, tour, member, now, form=form, chosen=chosen)
    return await render(request, page, status=status)


@router.post("/seasons/{rule_id}/end", name="storefront.tours.end_season")
async def end_season(
    request: Request, rule_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Let a season make nothing from a day on."""
    member.require(*HOST_ROLES)
    rule, tour = await seasons.get_own_rule(session, rule_id=rule_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(EndFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await seasons.end_rule(session, rule_id=rule_id, from_on=fields.from_on, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
            await session.refresh(rule)
        else:
            return _see(request, _ONE, rule_id=rule_id)
    page = await _season_page(session, rule, tour, member, now, end_form=form)
    return await render(request, page, status=status)


@router.get("/departures/{departure_id}/change", name="storefront.tours.change")
async def show_change(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """One day as it stands."""
    departure, tour = await _of_departure(session, departure_id, member)
    values = {
        "starts": f"{in_vietnam(departure.starts_at):%H:%M}",
        "closes": f"{in_vietnam(departure.ends_at):%H:%M}",
        "capacity": str(departure.capacity),
    }
    return await render(request, _change_page(tour, departure, Form(values)))


@router.post("/departures/{departure_id}/change", name="storefront.tours.change_day_only")
async def change_day(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Let one day go otherwise."""
    member.require(*HOST_ROLES)
    departure, tour = await _of_departure(session, departure_id, member)
    fields, form = (await read_submission(request)).read(DayFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await seasons.change_day(session, departure_id=departure_id, fields=fields, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
            departure = await departures.get_departure(session, departure_id)
        else:
            return _see(request, "storefront.tours.dates", tour_id=tour.id)
    return await render(request, _change_page(tour, departure, form), status=status)


def _see(request: Request, route: str, **path: UUID) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(route, **path), HTTPStatus.SEE_OTHER)


async def _of_departure(session: AsyncSession, departure_id: UUID, member: Member) -> tuple[Departure, Tour]:
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    return departure, await service.get_tour(session, departure.tour_id)


def _change_page(tour: Tour, departure: Departure, form: Form) -> DayChangePage:
    return DayChangePage(tour=tour, departure=departure, when=say_when(tour, departure), form=form)


def _line(tour: Tour, rule: SeasonRule) -> SeasonLine:
    days = seasons.read_weekdays(rule.rrule)
    is_daily = len(days) == len(WEEKDAYS)
    weekdays = [_("Ngày nào cũng đón")] if is_daily else [WEEKDAYS[day] for day in days]
    return SeasonLine(rule, weekdays, say_season(tour, rule))


async def _seasons_page(
    session: AsyncSession, tour: Tour, member: Member, *, form: Form, chosen: list[str], now: datetime
) -> SeasonsPage:
    return SeasonsPage(
        tour=tour,
        seasons=[_line(tour, rule) for rule in await seasons.list_rules(session, tour.id, now=now)],
        form=form,
        weekdays=_WEEKDAY_TILES,
        chosen=chosen,
        can_edit=member.has(*HOST_ROLES),
    )


async def _season_page(
    session: AsyncSession,
    rule: SeasonRule,
    tour: Tour,
    member: Member,
    now: datetime,
    *,
    from_on: str = "",
    form: Form | None = None,
    end_form: Form | None = None,
    chosen: list[str] | None = None,
) -> SeasonPage:
    day = from_on or str(max(rule.from_on, today(now) + timedelta(days=1)))
    hours = dict(zip(("starts", "starts_2", "starts_3"), rule.starts, strict=False))
    values = {
        "from_on": day,
        "until_on": str(rule.until_on),
        "capacity": str(rule.capacity),
        "closes": f"{rule.closes:%H:%M}" if rule.closes else "",
        **hours,
    }
    kept = await seasons.list_kept(session, rule, now=now)
    left = await seasons.list_left(session, rule, now=now)
    after = await seasons.find_next(session, rule)
    return SeasonPage(
        tour=tour,
        season=_line(tour, rule),
        is_over=rule.ended_at is not None or rule.until_on < today(now),
        made=await seasons.count_coming(session, rule, now=now),
        kept=[StandingDay(one, say_when(tour, one)) for one in kept],
        left=[StandingDay(one, say_when(tour, one)) for one in left if after is None],
        next_id=after.id if after else None,
        form=form or Form(values),
        end_form=end_form or Form({"from_on": day}),
        weekdays=_WEEKDAY_TILES,
        chosen=[str(number) for number in seasons.read_weekdays(rule.rrule)] if chosen is None else chosen,
        can_edit=member.has(*HOST_ROLES),
    )


async def _blackouts_page(session: AsyncSession, member: Member, form: Form, now: datetime) -> BlackoutsPage:
    lines = []
    for one in await blackouts.list_closed(session, producer_id=member.producer.id, now=now):
        parties = [booking for _departure, found in one.booked for booking in found]
        lines.append(
            BlackoutLine(
                one.blackout.id,
                one.blackout.closed_on,
                say_date(one.blackout.closed_on),
                one.blackout.note,
                len(parties),
                sum(booking.heads for booking in parties),
                ", ".join(booking.contact_name for booking in parties),
            )
        )
    return BlackoutsPage(days=lines, form=form, can_edit=member.has(*HOST_ROLES))
