"""Refunds over HTTP: the accountant's list."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.phone import mask_phone
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from storefront.ledger import accounts
from storefront.payments.service import CollectingAccount
from storefront.refunds import service
from storefront.refunds.pages import REASONS, RefundRow, RefundsPage, say_code
from storefront.refunds.schemas import RefundFields

router = APIRouter()


@router.get("/admin/refunds", name="storefront.refunds.desk")
async def show_desk(request: Request, session: DbSession, staff: CurrentStaff) -> Response:
    """What is owed to buyers and visitors, and what went back."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _desk(request, session, Form())


@router.post("/admin/refunds/{refund_id}", name="storefront.refunds.pay")
async def pay(
    request: Request,
    *,
    refund_id: UUID,
    house: TheHouse,
    session: DbSession,
    staff: CurrentStaff,
    now: Now,
) -> Response:
    """The money went back."""
    staff.require(StaffRole.ACCOUNTANT)
    typed, form = (await read_submission(request)).read(RefundFields)
    if typed is None:
        return await _desk(request, session, form, refused=refund_id)
    collecting = house.port(CollectingAccount)
    await service.record_paid(
        session,
        refund_id=refund_id,
        bank_account=accounts.bank(collecting.bank_bin, collecting.account),
        reference=typed.reference,
        person_id=staff.person.id,
        now=now,
    )
    return RedirectResponse(request.app.url_path_for("storefront.refunds.desk"), HTTPStatus.SEE_OTHER)


async def _desk(request: Request, session: AsyncSession, form: Form, refused: UUID | None = None) -> Response:
    found = await service.list_refunds(session)
    producers = await cooperatives.get_producers(session, {refund.producer_id for refund in found})
    page = RefundsPage(
        rows=[
            RefundRow(
                id=refund.id,
                title=say_code(refund.payable_kind, refund.code),
                producer_name=producers[refund.producer_id].name,
                reason=REASONS[refund.reason],
                payee_name=refund.payee_name,
                payee_phone=mask_phone(refund.payee_phone),
                amount_minor=refund.amount_minor,
                opened_at=refund.created_at,
                paid_at=refund.paid_at,
                reference=refund.reference,
            )
            for refund in found
        ],
        refused=refused,
        form=form,
    )
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK)
