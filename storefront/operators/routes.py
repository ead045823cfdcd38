"""Tour operators over HTTP: the accountant sees what they owe, and writes down what they paid."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

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
from storefront.operators import members, service
from storefront.operators.pages import OperatorPage, OperatorRow, OperatorsPage
from storefront.operators.schemas import LimitFields, MemberFields, OperatorFields, PaidFields
from storefront.operators.service import Account
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


@router.post("/admin/operators/new", name="storefront.operators.create")
async def create(request: Request, session: DbSession, staff: CurrentStaff, now: Now) -> Response:
    """Write down an operator; one of the same name is that one."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(OperatorFields)
    if fields is None:
        page = await _page(session, Form(), now=now, new_form=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    made = await service.get_or_create_operator(
        session,
        name=fields.name,
        phone=fields.phone,
        discount_basis_points=int(fields.discount_percent * 100),
        now=now,
    )
    return _to(request, made.id)


@router.get("/admin/operators/{operator_id}", name="storefront.operators.show")
async def show(request: Request, operator_id: UUID, session: DbSession, staff: CurrentStaff) -> Response:
    """Who works for an operator, and how much it may owe."""
    staff.require(StaffRole.ACCOUNTANT)
    return await render(request, await _one_page(session, operator_id))


@router.post("/admin/operators/{operator_id}", name="storefront.operators.link")
async def link(
    request: Request, operator_id: UUID, session: DbSession, staff: CurrentStaff, now: Now
) -> Response:
    """Let somebody work for it."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(MemberFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await members.link(
                    session, operator_id=operator_id, phone=fields.phone, name=fields.name, now=now
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, operator_id)
    return await render(request, await _one_page(session, operator_id, form=form), status=status)


@router.post("/admin/operators/{operator_id}/limit", name="storefront.operators.limit")
async def save_limit(
    request: Request, operator_id: UUID, session: DbSession, staff: CurrentStaff
) -> Response:
    """Say how much it may owe."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(LimitFields)
    if fields is None:
        page = await _one_page(session, operator_id, limit_form=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.set_limit(session, operator_id=operator_id, limit_minor=fields.limit_minor)
    return _to(request, operator_id)


@router.post("/admin/operators/{operator_id}/people/{person_id}/end", name="storefront.operators.unlink")
async def unlink(
    request: Request,
    operator_id: UUID,
    person_id: UUID,
    *,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
) -> Response:
    """Let somebody work for it no more."""
    staff.require(StaffRole.ACCOUNTANT)
    await members.unlink(session, operator_id=operator_id, person_id=person_id, now=now)
    return _to(request, operator_id)


def _to(request: Request, operator_id: UUID) -> RedirectResponse:
    target = request.app.url_path_for("storefront.operators.show", operator_id=operator_id)
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _row(one: Account) -> OperatorRow:
    return OperatorRow(
        one.operator.id,
        one.operator.name,
        format_phone(one.operator.phone or ""),
        format_percent(one.operator.discount_basis_points),
        one.owed_minor,
    )


async def _one_page(
    session: AsyncSession, operator_id: UUID, *, form: Form | None = None, limit_form: Form | None = None
) -> OperatorPage:
    operator = await service.get_operator(session, operator_id)
    limit = operator.credit_limit_minor
    return OperatorPage(
        row=_row(await service.get_account(session, operator)),
        limit_minor=limit,
        people=[
            (person.id, person.name, format_phone(person.phone or ""))
            for person in await members.list_people(session, operator_id)
        ],
        form=form or Form(),
        limit_form=limit_form or Form({"limit_minor": f"{limit:,}".replace(",", ".") if limit else ""}),
    )


async def _page(
    session: AsyncSession, form: Form, *, now: Now, is_saved: bool = False, new_form: Form | None = None
) -> OperatorsPage:
    accounts = await service.list_accounts(session)
    waiting = [item.receipt for item in await receipts.list_queue(session, now=now) if item.payment is None]
    return OperatorsPage(
        rows=[_row(one) for one in accounts],
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
        new_form=new_form or Form(),
    )
