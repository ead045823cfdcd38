"""Seats held for operators over HTTP, as hosts grant them and take them back."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import WEEKDAYS, Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.operators import service as operators
from storefront.tours import allotments, departures, service
from storefront.tours.allotment_models import AllotmentRule
from storefront.tours.allotment_pages import AllotmentsPage, HeldLine, RuleLine
from storefront.tours.allotments import Promise
from storefront.tours.models import Tour
from storefront.tours.schemas import AllotmentFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_instant, say_when

router = APIRouter(prefix="/producer/tours")
_SHOW = "storefront.tours.allotments"
_MONTHS = timedelta(days=180)


@router.get("/{tour_id}/allotments", name=_SHOW)
async def show(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """What is held for whom, and a form to hold more."""
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    values = {"heads": "4", "release_days": "7", "until_on": str(today(now) + _MONTHS)}
    return await render(request, await _page(session, tour, member, Form(values), [], now=now))


@router.post("/{tour_id}/allotments", name="storefront.tours.allot")
async def allot(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Hold seats of one date, or of all dates on some weekdays."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(AllotmentFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await _allot(session, tour, member, fields, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, tour.id)
    chosen = [str(value) for value in submission.data.getlist("weekdays")]
    page = await _page(session, tour, member, form, chosen, now=now)
    return await render(request, page, status=status)


@router.post("/departures/{departure_id}/allotments/{operator_id}/end", name="storefront.tours.allot_end")
async def end(
    request: Request, departure_id: UUID, operator_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """Hold nothing for an operator on a date any more."""
    member.require(*HOST_ROLES)
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    await allotments.end(session, departure_id=departure_id, operator_id=operator_id)
    return _to(request, departure.tour_id)


@router.post("/{tour_id}/allotments/{allotment_rule_id}/end", name="storefront.tours.allot_end_rule")
async def end_rule(
    request: Request,
    tour_id: UUID,
    allotment_rule_id: UUID,
    *,
    session: DbSession,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Hold nothing by a rule any more."""
    member.require(*HOST_ROLES)
    tour = await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)
    await allotments.end_rule(session, rule_id=allotment_rule_id, tour_id=tour.id, now=now)
    return _to(request, tour.id)


async def _allot(
    session: AsyncSession, tour: Tour, member: Member, fields: AllotmentFields, *, now: datetime
) -> None:
    promise = Promise(operator_id=fields.operator_id, heads=fields.heads, release_days=fields.release_days)
    if fields.departure_id is None:
        await allotments.create_rule(
            session,
            tour_id=tour.id,
            promise=promise,
            weekdays=fields.weekdays,
            until_on=fields.until_on or today(now) + _MONTHS,
            now=now,
        )
        return
    await departures.get_own_departure(
        session, departure_id=fields.departure_id, producer_id=member.producer.id
    )
    await allotments.grant(session, departure_id=fields.departure_id, promise=promise, now=now)


def _to(request: Request, tour_id: UUID) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(_SHOW, tour_id=tour_id), HTTPStatus.SEE_OTHER)


def _say_rule(rule: AllotmentRule) -> Text:
    facts = {
        "heads": rule.heads,
        "days": rule.release_days,
        "until": f"{rule.until_on.day}/{rule.until_on.month}/{rule.until_on.year}",
    }
    if not rule.weekdays:
        return _(
            "%(heads)s chỗ mọi ngày đến %(until)s, còn %(days)s ngày mà chưa đặt thì bán cho mọi người",
            **facts,
        )
    return _(
        "%(heads)s chỗ những thứ đã chọn đến %(until)s, còn %(days)s ngày mà chưa đặt thì bán cho mọi người",
        **facts,
    )


async def _page(
    session: AsyncSession, tour: Tour, member: Member, form: Form, chosen: list[str], *, now: datetime
) -> AllotmentsPage:
    found = [
        one.departure
        for one in await departures.list_seats(session, [tour], now=now)
        if one.departure.starts_at > now
    ]
    held = await allotments.list_held(session, [one.id for one in found], now=now)
    return AllotmentsPage(
        tour=tour,
        rules=[
            RuleLine(
                rule.id,
                operator.name,
                _say_rule(rule),
                [WEEKDAYS[int(day)] for day in rule.weekdays],
            )
            for rule, operator in await allotments.list_rules(session, tour.id, now=now)
        ],
        held=[
            HeldLine(
                one.id,
                line.operator.id,
                line.operator.name,
                say_when(tour, one),
                line.allotment.heads,
                line.booked,
                say_instant(line.free_at),
            )
            for one in found
            for line in held[one.id]
        ],
        operators=[
            (str(one.operator.id), one.operator.name) for one in await operators.list_accounts(session)
        ],
        dates=[(str(one.id), say_when(tour, one)) for one in found],
        weekdays=[(str(number), words) for number, words in enumerate(WEEKDAYS)],
        chosen=chosen,
        form=form,
        can_edit=member.has(*HOST_ROLES),
    )
