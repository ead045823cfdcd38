"""Calling off over HTTP: one tap and a reason, for a whole day or for one departure."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, today
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import calling_off, choice_repository, departures
from storefront.tours.calling_off import OffDay
from storefront.tours.models import CallOffReason, ChoiceAnswer, Departure, DepartureState
from storefront.tours.schemas import CallOffFields, DayOffFields
from storefront.tours.season_pages import DayOffPage, OffLine
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import REASON_WORDS, say_called_off, say_date, say_when

router = APIRouter(prefix="/producer/tours")
_DAY = "storefront.tours.day_off"
_ICONS = {
    CallOffReason.WEATHER: "drop",
    CallOffReason.ROAD: "truck",
    CallOffReason.FARM: "leaf",
    CallOffReason.TOO_FEW: "people",
    CallOffReason.OTHER: "help",
}


@router.get("/day-off", name=_DAY)
async def show_day(
    request: Request, *, session: DbSession, member: CurrentMember, now: Now, on: str = ""
) -> Response:
    """A whole day, to be called off; afterwards what its guests chose."""
    day = find_day(on) or today(now)
    return await render(request, await _day_page(request, session, member, day=day, form=Form(), now=now))


@router.post("/day-off", name="storefront.tours.call_day_off")
async def call_day_off(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Call a whole day off; tapped twice it is done once."""
    member.require(*HOST_ROLES)
    fields, form = (await read_submission(request)).read(DayOffFields)
    day = find_day(form.values.get("on")) or today(now)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await calling_off.call_off_day(
                    session,
                    producer_id=member.producer.id,
                    on=fields.on,
                    reason=fields.reason,
                    note=fields.note,
                    secret=house.secret,
                    address=house.settings.public_url.rstrip("/"),
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            path = request.app.url_path_for(_DAY)
            return RedirectResponse(f"{path}?on={fields.on}", HTTPStatus.SEE_OTHER)
    page = await _day_page(request, session, member, day=day, form=form, now=now)
    return await render(request, page, status=status)


@router.get("/departures/{departure_id}/off", name="storefront.tours.off")
async def show_one(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """One departure, to be called off."""
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    return await render(
        request, await _one_page(request, session, member, departure=departure, form=Form(), now=now)
    )


@router.post("/departures/{departure_id}/off", name="storefront.tours.call_off")
async def call_off(
    request: Request,
    departure_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Call one departure off; tapped twice it is done once."""
    member.require(*HOST_ROLES)
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    fields, form = (await read_submission(request)).read(CallOffFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await calling_off.call_off(
                    session,
                    departure_id=departure_id,
                    reason=fields.reason,
                    note=fields.note,
                    secret=house.secret,
                    address=house.settings.public_url.rstrip("/"),
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
            departure = await departures.get_departure(session, departure_id)
        else:
            path = request.app.url_path_for("storefront.tours.off", departure_id=departure_id)
            return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    page = await _one_page(request, session, member, departure=departure, form=form, now=now)
    return await render(request, page, status=status)


async def _day_page(
    request: Request, session: AsyncSession, member: Member, *, day: date, form: Form, now: datetime
) -> DayOffPage:
    found = await calling_off.list_day(session, producer_id=member.producer.id, on=day)
    action = str(request.app.url_path_for("storefront.tours.call_day_off"))
    back = f"{request.app.url_path_for('storefront.tours.day')}?on={day}"
    return _page(found, day, member, form, now, action=action, back_href=back)


async def _one_page(
    request: Request,
    session: AsyncSession,
    member: Member,
    *,
    departure: Departure,
    form: Form,
    now: datetime,
) -> DayOffPage:
    found = await calling_off.describe(session, [departure])
    action = str(request.app.url_path_for("storefront.tours.call_off", departure_id=departure.id))
    back = str(request.app.url_path_for("storefront.tours.dates", tour_id=departure.tour_id))
    return _page(found, departure.local_on, member, form, now, action=action, back_href=back)


def _page(
    found: list[OffDay], day: date, member: Member, form: Form, now: datetime, *, action: str, back_href: str
) -> DayOffPage:
    standing = [
        one
        for one in found
        if one.departure.state is not DepartureState.CANCELLED
        and not one.has_visitors
        and one.departure.ends_at > now
    ]
    return DayOffPage(
        day=say_date(day),
        on=day,
        action=action,
        back_href=back_href,
        lines=[_line(one) for one in found],
        parties=sum(one.parties for one in standing),
        heads=sum(one.heads for one in standing),
        papers=sum(one.papers for one in standing),
        can_call_off=bool(standing) and member.has(*HOST_ROLES),
        reasons=[(reason, words, _ICONS[reason]) for reason, words in REASON_WORDS.items()],
        form=form,
        deadline_days=choice_repository.CHOICE_TIME.days,
    )


def _line(one: OffDay) -> OffLine:
    is_off = one.departure.state is DepartureState.CANCELLED
    return OffLine(
        title=one.tour.title,
        when=say_when(one.tour, one.departure),
        parties=one.parties,
        heads=one.heads,
        is_off=is_off,
        why=say_called_off(one.departure) if is_off else None,
        waiting=one.answers.get(None, 0),
        moved=one.answers.get(ChoiceAnswer.MOVED, 0),
        refunded=one.answers.get(ChoiceAnswer.REFUNDED, 0) + one.answers.get(ChoiceAnswer.LAPSED, 0),
        has_visitors=one.has_visitors,
    )
