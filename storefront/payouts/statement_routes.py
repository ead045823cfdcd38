"""The producer's money over HTTP: read it, print it, take it along as a sheet."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, today
from app.core.errors import InvalidError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form
from app.web.house import House
from app.web.pages import language_of, render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.ledger.periods import Period
from storefront.payouts import holding, paper, statements
from storefront.payouts.pages import MoneyLine, MoneyPage
from storefront.payouts.statements import Statement
from storefront.taxes import service as taxes
from storefront.taxes.words import say_revenue

router = APIRouter(prefix="/producer/money")
FAMILY = (Role.MEMBER, Role.PACKER)
"""Who reads it beside the office where the producer is one household."""
_MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_presses = asyncio.Semaphore(1)
"""One statement at a time in a process: pages are heavy work, and the others wait without a connection."""


@router.get("", name="storefront.payouts.money")
async def show_money(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What the producer is owed: this month's lines, unless other days are asked for."""
    privacy.require_all(member, *FAMILY)
    form, found = await _read(request, session, member, now)
    producer_id = member.producer.id
    revenue = await taxes.count_revenue(session, member.producer, now=now)
    day = today(now)
    page = MoneyPage(
        producer_name=member.producer.name,
        form=form,
        periods=[
            (_("Tháng này"), _query(Period.month_until(day))),
            (_("Tháng trước"), _query(Period.month_before(day))),
        ],
        query=_query(found.period) if found else "",
        opening_minor=found.opening_minor if found else 0,
        closing_minor=found.closing_minor if found else 0,
        totals=found.totals if found else [],
        sold=list(found.sold) if found else [],
        lines=[MoneyLine(line.at, line.words, line.amount_minor) for line in found.lines] if found else [],
        held_minor=sum(
            (await holding.sum_held(session, now=now, producer_id=producer_id)).get(producer_id, {}).values()
        ),
        has_account=bool(member.producer.payout_account),
        is_verified=member.producer.verified_at is not None,
        year=revenue.year,
        year_minor=revenue.sold_minor,
        year_words=say_revenue(revenue),
    )
    return await render(request, page, status=HTTPStatus.OK if found else HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/statement.pdf", name="storefront.payouts.money_pdf")
async def print_pdf(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """The statement as pages."""
    return await _export(request, session, house, member=member, now=now, kind="pdf")


@router.get("/statement.xlsx", name="storefront.payouts.money_xlsx")
async def print_xlsx(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """The statement as a sheet."""
    return await _export(request, session, house, member=member, now=now, kind="xlsx")


async def _read(
    request: Request, session: AsyncSession, member: Member, now: datetime
) -> tuple[Form, Statement | None]:
    """The days that the address asks for, and their statement; None when the form says what is wrong."""
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
    try:
        found = await statements.make_statement(
            session, producer_id=member.producer.id, period=Period(since=since, until=until)
        )
    except InvalidError as error:
        return Form(values).refused(error), None
    return Form(values), found


async def _export(
    request: Request, session: AsyncSession, house: House, *, member: Member, now: datetime, kind: str
) -> Response:
    privacy.require_all(member, *FAMILY)
    _form, found = await _read(request, session, member, now)
    if found is None:
        path = request.app.url_path_for("storefront.payouts.money")
        return RedirectResponse(f"{path}?{request.url.query}", HTTPStatus.SEE_OTHER)
    made = paper.Paper(producer_name=member.producer.name, statement=found, printed_at=now)
    await session.close()  # nothing is written: the connection goes back before the press runs
    lang = language_of(request)
    speak = partial(house.catalogue.translate, lang=lang)
    async with _presses:
        content = (
            await paper.make_pdf(made, speak, lang) if kind == "pdf" else await paper.make_xlsx(made, speak)
        )
    name = f"tien-{member.producer.slug}-{found.period.since}-{found.period.until}.{kind}"
    return Response(
        content,
        media_type=_MEDIA[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


def _query(period: Period) -> str:
    return urlencode({"from": period.since.isoformat(), "to": period.until.isoformat()})
