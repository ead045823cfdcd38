"""Vouchers over HTTP: a manager makes them and sees who used them."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.vouchers import service
from storefront.vouchers.pages import VouchersPage
from storefront.vouchers.schemas import VoucherFields
from storefront.vouchers.views import show_voucher

router = APIRouter()


@router.get("/producer/vouchers", name="storefront.vouchers.list")
async def show_list(
    request: Request, session: DbSession, member: CurrentMember, now: Now, saved: str = ""
) -> Response:
    """The producer's vouchers and their uses."""
    member.require(Role.MANAGER)
    return await _list(request, session, member, now, Form(), is_saved=bool(saved))


@router.post("/producer/vouchers", name="storefront.vouchers.make")
async def make(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Make another voucher; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(VoucherFields)
    if fields is None:
        return await _list(request, session, member, now, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    terms = service.Terms(**fields.model_dump(exclude={"code"}))
    try:
        await cooperatives.require_real(session, member.producer.id)
        await service.make(
            session,
            producer_id=member.producer.id,
            code=fields.code,
            terms=terms,
            person_id=member.person.id,
            voucher_id=form.new_id(),
            now=now,
        )
    except AppError as error:
        return await _list(request, session, member, now, form.refused(error), status=status_of(error))
    return _back(request)


@router.post("/producer/vouchers/{voucher_id}/end", name="storefront.vouchers.end")
async def end(
    request: Request, voucher_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Let a voucher end now."""
    member.require(Role.MANAGER)
    await service.end(session, voucher_id=voucher_id, producer_id=member.producer.id, now=now)
    return _back(request)


def _back(request: Request) -> Response:
    target = f"{request.app.url_path_for('storefront.vouchers.list')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _list(
    request: Request,
    session: AsyncSession,
    member: Member,
    now: Now,
    form: Form,
    *,
    is_saved: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    vouchers = await service.list_vouchers(session, member.producer.id)
    uses = await service.list_uses(session, [voucher.id for voucher in vouchers])
    page = VouchersPage(
        rows=[show_voucher(voucher, uses, now) for voucher in vouchers],
        first_day=today(now),
        is_saved=is_saved,
        form=form,
    )
    return await render(request, page, status=status)
