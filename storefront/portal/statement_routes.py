"""Statements over HTTP: the operator reads its months and pays by one transfer, the office reads them too."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import find_day, today
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import house_of
from app.web.pages import language_of, render
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.operators.access import CurrentClerk
from storefront.operators.models import Operator
from storefront.payments.service import CollectingAccount
from storefront.portal import sheet, statements
from storefront.portal.pages import DeskStatementPage, OwnStatementPage, StatementLinks
from storefront.portal.statements import Statement

router = APIRouter()
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/operator/statement", name="storefront.portal.statement")
async def show_own(
    request: Request,
    *,
    session: DbSession,
    house: TheHouse,
    clerk: CurrentClerk,
    now: Now,
    month: str = "",
) -> Response:
    """The operator's month (this one unless another is asked for), and the code that pays what is owed."""
    made = await _make(session, clerk.operator, month, now=now)
    transfer = await statements.find_transfer(
        session, clerk.operator, house.port(CollectingAccount), made.owed_minor
    )
    path = str(request.app.url_path_for("storefront.portal.statement"))
    page = OwnStatementPage(
        statement=made, links=_links(made, path, now=now), back_href=None, transfer=transfer
    )
    return await render(request, page)


@router.get("/operator/statement.{suffix}", name="storefront.portal.statement_file")
async def hand_over_own(
    request: Request,
    suffix: str,
    *,
    session: DbSession,
    clerk: CurrentClerk,
    now: Now,
    month: str = "",
) -> Response:
    """The operator's month as a file."""
    return _file(request, await _make(session, clerk.operator, month, now=now), suffix)


@router.get("/admin/operators/{operator_id}/statement", name="storefront.portal.desk_statement")
async def show_desk(
    request: Request,
    operator_id: UUID,
    *,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
    month: str = "",
) -> Response:
    """An operator's month as the office reads it."""
    staff.require(StaffRole.ACCOUNTANT)
    made = await _make(session, await operators.get_operator(session, operator_id), month, now=now)
    path = str(request.app.url_path_for("storefront.portal.desk_statement", operator_id=operator_id))
    back = str(request.app.url_path_for("storefront.operators.show", operator_id=operator_id))
    page = DeskStatementPage(statement=made, links=_links(made, path, now=now), back_href=back, transfer=None)
    return await render(request, page)


@router.get("/admin/operators/{operator_id}/statement.{suffix}", name="storefront.portal.desk_file")
async def hand_over_desk(
    request: Request,
    operator_id: UUID,
    suffix: str,
    *,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
    month: str = "",
) -> Response:
    """The same as a file."""
    staff.require(StaffRole.ACCOUNTANT)
    operator = await operators.get_operator(session, operator_id)
    return _file(request, await _make(session, operator, month, now=now), suffix)


async def _make(session: AsyncSession, operator: Operator, month: str, *, now: datetime) -> Statement:
    asked = find_day(f"{month}-01") or today(now)
    return await statements.make_statement(session, operator, Period.of_month(asked))


def _links(made: Statement, path: str, *, now: datetime) -> StatementLinks:
    this, following = made.period.since, made.period.until + timedelta(days=1)
    return StatementLinks(
        before=f"{path}?month={Period.month_before(this).since:%Y-%m}",
        after=f"{path}?month={following:%Y-%m}" if following <= today(now) else None,
        csv=f"{path}.csv?month={this:%Y-%m}",
        xlsx=f"{path}.xlsx?month={this:%Y-%m}",
    )


def _file(request: Request, made: Statement, suffix: str) -> Response:
    speak = partial(house_of(request).catalogue.translate, lang=language_of(request))
    is_sheet = suffix == "xlsx"
    content = sheet.make_xlsx(made, speak) if is_sheet else sheet.make_csv(made, speak)
    name = f"bang-ke-{made.period.since:%Y-%m}.{'xlsx' if is_sheet else 'csv'}"
    return Response(
        content,
        media_type=_XLSX if is_sheet else "text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
