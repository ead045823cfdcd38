"""Margins over HTTP: the cooperative and the households that sold to it read what their leaf brought."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.intake.words import GRADE_WORDS
from storefront.ledger.periods import Period, say_period
from storefront.margins import service, sheet, words
from storefront.margins.errors import NotWeighedInError
from storefront.margins.pages import CropPart, GradeRow, MadeRow, MarginsPage
from storefront.margins.service import Margin, Margins

router = APIRouter(prefix="/producer/margins")
OF_ALL = (Role.ACCOUNTANT,)
"""Who reads every period (a manager too); the others read those in which their household weighed something in."""
OWN = (Role.MEMBER, Role.PACKER)


@router.get("", name="storefront.margins.show")
async def show(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What some days' leaf and fish cost and brought: this month's, unless other days are asked for."""
    member.require(*OF_ALL, *OWN)
    form, period = _asked(request, now)
    found, refused, status = None, None, HTTPStatus.UNPROCESSABLE_ENTITY.value
    if period is not None:
        try:
            found, status = await _read(session, member, period), HTTPStatus.OK.value
        except NotWeighedInError as error:
            refused, status = error.message, HTTPStatus.OK.value
        except AppError as error:
            form, status = form.refused(error), status_of(error)
    day = today(now)
    page = MarginsPage(
        producer_name=member.producer.name,
        form=form,
        periods=[
            (_("Tháng này"), _query(Period.month_until(day))),
            (_("Tháng trước"), _query(Period.month_before(day))),
            (_("Quý này"), _query(Period.quarter_until(day))),
            (_("Quý trước"), _query(Period.quarter_before(day))),
            (_("Từ đầu năm"), _query(Period(since=date(day.year, 1, 1), until=day))),
        ],
        query=_query(found.period) if found else "",
        days=say_period(found.period) if found else None,
        refused=refused,
        parts=[_part(margin) for margin in found.margins] if found else [],
        not_in_books=words.NOT_IN_BOOKS,
    )
    return await render(request, page, status=status)


@router.get("/margins.xlsx", name="storefront.margins.xlsx")
async def export_xlsx(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """The same as a sheet."""
    member.require(*OF_ALL, *OWN)
    _form, period = _asked(request, now)
    if period is None:
        path = request.app.url_path_for("storefront.margins.show")
        return RedirectResponse(f"{path}?{request.url.query}", HTTPStatus.SEE_OTHER)
    found = await _read(session, member, period)
    speak = partial(house.catalogue.translate, lang=language_of(request))
    content = await sheet.make_xlsx(found, producer_name=member.producer.name, speak=speak)
    name = f"mua-vao-ban-ra-{member.producer.slug}-{period.since}-{period.until}.xlsx"
    return Response(
        content,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


async def _read(session: AsyncSession, member: Member, period: Period) -> Margins:
    return await service.read_margins(
        session,
        producer_id=member.producer.id,
        person_id=member.person.id,
        reads_all=member.has(*OF_ALL),
        period=period,
    )


def _asked(request: Request, now: datetime) -> tuple[Form, Period | None]:
    """The days that the address asks for; no period when the form says what is wrong with them."""
    usual = Period.month_until(today(now))
    values = {
        "from": request.query_params.get("from") or usual.since.isoformat(),
        "to": request.query_params.get("to") or usual.until.isoformat(),
    }
    since, until = find_day(values["from"]), find_day(values["to"])
    wrong: dict[str, Text] = {
        name: _("Ngày này chưa đúng.") for name, day in (("from", since), ("to", until)) if day is None
    }
    if since and until and until < since:
        wrong["to"] = _("Ngày cuối phải sau ngày đầu.")
    if wrong or since is None or until is None:
        return Form(values, wrong), None
    return Form(values), Period(since=since, until=until)


def _query(period: Period) -> str:
    return urlencode({"from": period.since.isoformat(), "to": period.until.isoformat()})


def _part(margin: Margin) -> CropPart:
    return CropPart(
        head=words.HEADS[margin.crop],
        bought=words.say_bought(margin),
        grades=[
            GradeRow(GRADE_WORDS[one.grade], words.say_grade(one), one.amount_minor)
            for one in margin.grades
            if one.grade is not None
        ],
        made=words.say_made(margin),
        packs=[MadeRow(f"{one.title}, {one.variant_name}", words.say_pack(one)) for one in margin.made],
        sold=words.say_sold(margin),
        sums=words.tell_money(margin) if margin.gone_raw_g else [],
        left_minor=margin.left_minor,
        left=words.say_left(margin) if margin.gone_raw_g else None,
        gaps=words.tell_gaps(margin),
    )
