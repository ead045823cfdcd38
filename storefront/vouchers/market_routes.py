"""Vouchers that the market pays for, over HTTP: an administrator makes them and sees what they cost."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.vouchers import service
from storefront.vouchers.pages import MarketVouchersPage
from storefront.vouchers.schemas import MarketVoucherFields
from storefront.vouchers.views import show_voucher

router = APIRouter(prefix="/admin/vouchers")


@router.get("", name="storefront.vouchers.market")
async def show_market(
    request: Request, session: DbSession, staff: CurrentStaff, now: Now, saved: str = ""
) -> Response:
    """The market's codes, what they cost so far, and the form for another."""
    staff.require(StaffRole.ADMIN)
    return await _market(request, session, now, Form(), is_saved=bool(saved))


@router.post("", name="storefront.vouchers.make_market")
async def make_market(request: Request, session: DbSession, staff: CurrentStaff, now: Now) -> Response:
    """Make another code of the market."""
    staff.require(StaffRole.ADMIN)
    submission = await read_submission(request)
    chosen = {str(value) for value in submission.data.getlist("producer_ids")}
    fields, form = submission.read(MarketVoucherFields)
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    if fields is not None:
        apart = {"code", "budget_minor", "producer_ids"}
        try:
            for producer_id in fields.producer_ids:
                await cooperatives.require_real(session, producer_id)
            await service.make(
                session,
                producer_id=None,
                code=fields.code,
                terms=service.Terms(**fields.model_dump(exclude=apart)),
                person_id=staff.person.id,
                now=now,
                budget_minor=fields.budget_minor,
                only=fields.producer_ids,
                voucher_id=form.new_id(),
            )
        except AppError as error:
            form, status = form.refused(error), status_of(error)
        else:
            return _back(request)
    return await _market(request, session, now, form, chosen=chosen, status=status)


@router.post("/{voucher_id}/end", name="storefront.vouchers.end_market")
async def end_market(
    request: Request, voucher_id: UUID, session: DbSession, staff: CurrentStaff, now: Now
) -> Response:
    """Let a code of the market end now."""
    staff.require(StaffRole.ADMIN)
    await service.end(session, voucher_id=voucher_id, producer_id=None, now=now)
    return _back(request)


def _back(request: Request) -> Response:
    target = f"{request.app.url_path_for('storefront.vouchers.market')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _market(
    request: Request,
    session: AsyncSession,
    now: Now,
    form: Form,
    *,
    chosen: set[str] | None = None,
    is_saved: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    vouchers = await service.list_vouchers(session, None)
    ids = [voucher.id for voucher in vouchers]
    uses, only = await service.list_uses(session, ids), await service.list_producers(session, ids)
    sellers = await cooperatives.list_sellers(session)
    page = MarketVouchersPage(
        rows=[
            show_voucher(
                voucher, uses, now, [one.name for one in sellers if one.id in only.get(voucher.id, ())]
            )
            for voucher in vouchers
        ],
        first_day=today(now),
        is_saved=is_saved,
        producers=[(str(one.id), one.name) for one in sellers],
        chosen=chosen or set(),
        form=form,
    )
    return await render(request, page, status=status)
