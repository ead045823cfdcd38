"""The close over HTTP: look some days through, and close them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import find_day, today
from app.core.errors import ConflictError
from app.core.i18n import Text
from app.core.money import format_dong
from app.web.dependencies import Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.closing import service
from storefront.closing.pages import (
    AfterLine,
    CheckLine,
    CloseLine,
    ClosePage,
    FindingLine,
    SumLine,
)
from storefront.closing.questions import Question
from storefront.closing.service import Closing, Finding
from storefront.closing.words import QUESTIONS
from storefront.ledger import accounts
from storefront.ledger.owners import name_owners
from storefront.ledger.periods import Period

router = APIRouter()
_IN_GOODS = {Question.SHELVES, Question.HOLDS}
"""Questions whose figures are pieces or grams, not money."""


@router.get("/admin/ledger/close", name="storefront.closing.show")
async def show(request: Request, house: TheHouse, staff: CurrentStaff, now: Now) -> Response:
    """Some days of the books (yesterday, unless others are asked for), and what does not fit."""
    staff.require(StaffRole.ACCOUNTANT)
    # One instant for all questions: between two of them buyers pay and parcels leave.
    async with house.database.snapshot() as session:
        found = await service.look_through(session, _read(request.query_params, now))
        page = await _page(request, session, found, now=now)
    return await render(request, page)


@router.post("/admin/ledger/close", name="storefront.closing.close")
async def close(request: Request, house: TheHouse, staff: CurrentStaff, now: Now) -> Response:
    """Close these days; what does not fit is shown instead."""
    staff.require(StaffRole.ACCOUNTANT)
    period = _read((await read_submission(request)).form.values, now)
    async with house.database.snapshot() as session:
        found = await service.look_through(session, period)
        try:
            await service.close_books(session, found, person_id=staff.person.id, now=now)
        except ConflictError as error:
            page = await _page(request, session, found, now=now, refusal=error.message)
            return await render(request, page, status=HTTPStatus.CONFLICT)
    return RedirectResponse(_address(request, period), HTTPStatus.SEE_OTHER)


def _read(asked: Mapping[str, str], now: datetime) -> Period:
    """The days that are asked for, in order; yesterday where the address names none."""
    yesterday = today(now) - timedelta(days=1)
    since = find_day(asked.get("from")) or yesterday
    until = find_day(asked.get("to")) or since
    return Period(since=min(since, until), until=max(since, until))


def _address(request: Request, period: Period) -> str:
    path = request.app.url_path_for("storefront.closing.show")
    return f"{path}?{urlencode({'from': period.since.isoformat(), 'to': period.until.isoformat()})}"


def _href(request: Request, finding: Finding) -> str | None:
    if finding.link_kind == "account" and finding.link:
        path = request.app.url_path_for("storefront.ledger.show")
        return f"{path}?{urlencode({'account': finding.link})}"
    if finding.link_kind == "receipt":
        return str(request.app.url_path_for("storefront.payments.desk_item", receipt_id=finding.link))
    return None


def _finding(request: Request, question: Question, finding: Finding) -> FindingLine:
    def say(amount: int | None) -> str:
        if amount is None:
            return "–"
        return f"{amount}" if question in _IN_GOODS else format_dong(amount)

    return FindingLine(finding.label, _href(request, finding), say(finding.must_be), say(finding.is_now))


async def _page(
    request: Request,
    session: AsyncSession,
    found: Closing,
    *,
    now: datetime,
    refusal: Text | None = None,
) -> ClosePage:
    period = found.period
    closes = await service.list_closes(session)
    closers = {one.closed_by_id for one in [*closes, found.close] if one and one.closed_by_id}
    names: dict[UUID | None, str] = {
        person_id: person.name for person_id, person in (await people.get_people(session, closers)).items()
    }
    owners = await name_owners(session, {*found.moved, *(one.account for one in found.sums)})
    return ClosePage(
        form=Form({"from": period.since.isoformat(), "to": period.until.isoformat()}),
        since=period.since,
        until=period.until,
        checks=[
            CheckLine(
                QUESTIONS[check.question],
                [_finding(request, check.question, finding) for finding in check.findings],
                check.count,
            )
            for check in found.checks
        ],
        sums=[
            SumLine(
                accounts.describe_kind(accounts.kind_of(one.account)),
                owners[one.account],
                one.debit_minor,
                one.credit_minor,
                one.balance_minor,
            )
            for one in found.sums
        ],
        journal_count=found.journal_count,
        is_whole=found.is_whole,
        is_over=service.is_over(period, now),
        closed_at=found.close.created_at if found.close else None,
        closed_by=names.get(found.close.closed_by_id) if found.close else None,
        after=[AfterLine(one.memo, one.occurred_at, one.created_at) for one in found.after],
        moved=[
            (accounts.describe_kind(accounts.kind_of(account)), owners[account], minor)
            for account, minor in found.moved.items()
        ],
        closes=[
            CloseLine(
                one.since,
                one.until,
                _address(request, Period(since=one.since, until=one.until)),
                one.created_at,
                names.get(one.closed_by_id),
            )
            for one in closes
        ],
        refusal=refusal,
    )
