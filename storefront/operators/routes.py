"""Tour operators over HTTP: the accountant sees what they owe, and writes down what they paid."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import in_vietnam
from app.core.errors import AppError
from app.core.i18n import _
from app.core.money import format_dong
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.fees.service import format_percent
from storefront.operators import service
from storefront.operators.pages import OperatorRow, OperatorsPage
from storefront.operators.schemas import PaidFields
from storefront.payments import receipts

router = APIRouter()


@router.get("/admin/operators", name="storefront.operators.desk")
async def show_desk(
    request: Request, session: DbSession, staff: CurrentStaff, now: Now, saved: str = ""
) -> Response:
    """What each tour operator owes."""
    staff.require(StaffRole.ACCOUNTANT)
    page = await _page(session, Form(), now=now, is_saved=bool(saved))
    return await render(request, page)


@router.post("/admin/operators", name="storefront.operators.record_paid")
async def record_paid(request: Request, session: DbSession, staff: CurrentStaff, now: Now) -> Response:
    """Write down that money of nobody is an operator's."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(PaidFields)
    if fields is None:
        page = await _page(session, form, now=now)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.record_paid(
            session,
            operator_id=fields.operator_id,
            receipt_id=fields.receipt_id,
            person_id=staff.person.id,
            now=now,
        )
    except AppError as error:
        page = await _page(session, form.refused(error), now=now)
        return await render(request, page, status=status_of(error))
    target = f"{request.app.url_path_for('storefront.operators.desk')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _page(session: AsyncSession, form: Form, *, now: Now, is_saved: bool = False) -> OperatorsPage:
    accounts = await service.list_accounts(session)
    waiting = [item.receipt for item in await receipts.list_queue(session, now=now) if item.payment is None]
    return OperatorsPage(
        rows=[
            OperatorRow(
                one.operator.name,
                format_phone(one.operator.phone or ""),
                format_percent(one.operator.discount_basis_points),
                one.owed_minor,
            )
            for one in accounts
        ],
        operators=[(str(one.operator.id), one.operator.name) for one in accounts],
        sums=[
            (
                str(one.id),
                _(
                    "%(sum)s, %(day)s, %(memo)s",
                    sum=format_dong(one.amount_minor),
                    day=f"{in_vietnam(one.arrived_at):%d/%m/%Y}",
                    memo=one.memo,
                ),
            )
            for one in waiting
        ],
        is_saved=is_saved,
        form=form,
    )
