"""Taxes over HTTP: the accountant reads a month, takes it along, pays it on, and says what sellers are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives import service as cooperatives
from storefront.ledger import accounts
from storefront.ledger.periods import Period
from storefront.payments.service import CollectingAccount
from storefront.taxes import service, sheet
from storefront.taxes.pages import PaidRow, SellerPage, SellerRow, TaxesPage, TaxRow
from storefront.taxes.schemas import PayFields, SellerFields, find_month
from storefront.taxes.words import KINDS, SELLERS

router = APIRouter(prefix="/admin/taxes")


@router.get("", name="storefront.taxes.desk")
async def show_desk(request: Request, session: DbSession, staff: CurrentStaff, now: Now) -> Response:
    """A month (the last one unless another is asked for), what is to be paid on, and who the sellers are."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _desk(request, session, _asked(request, now), Form(), now=now)


@router.get("/export.csv", name="storefront.taxes.csv")
async def export_csv(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """The month as CSV."""
    staff.require(StaffRole.ACCOUNTANT)
    month = _asked(request, now)
    speak = partial(house.catalogue.translate, lang=language_of(request))
    return _file(
        sheet.make_csv(await service.list_month(session, month), speak),
        month,
        "csv",
        "text/csv; charset=utf-8",
    )


@router.get("/export.xlsx", name="storefront.taxes.xlsx")
async def export_xlsx(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """The month as a sheet."""
    staff.require(StaffRole.ACCOUNTANT)
    month = _asked(request, now)
    speak = partial(house.catalogue.translate, lang=language_of(request))
    made = sheet.make_xlsx(await service.list_month(session, month), month, speak)
    return _file(made, month, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@router.post("/pay", name="storefront.taxes.pay")
async def pay(
    request: Request, session: DbSession, house: TheHouse, staff: CurrentStaff, now: Now
) -> Response:
    """A month was paid to the tax office."""
    staff.require(StaffRole.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(PayFields)
    if fields is None:
        month = find_month(form.values.get("month")) or _last_month(now)
        return await _desk(request, session, month, form, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    collecting = house.port(CollectingAccount)
    try:
        await service.pay_month(
            session,
            month=fields.month,
            bank_account=accounts.bank(collecting.bank_bin, collecting.account),
            reference=fields.reference,
            person_id=staff.person.id,
            now=now,
        )
    except AppError as error:
        return await _desk(
            request, session, fields.month, form.refused(error), now=now, status=status_of(error)
        )
    address = request.app.url_path_for("storefront.taxes.desk")
    return RedirectResponse(f"{address}?month={fields.month:%Y-%m}", HTTPStatus.SEE_OTHER)


@router.get("/sellers/{producer_id}", name="storefront.taxes.seller")
async def show_seller(
    request: Request, producer_id: UUID, session: DbSession, staff: CurrentStaff
) -> Response:
    """What a seller is to the tax office."""
    staff.require(StaffRole.ACCOUNTANT)
    producer = await cooperatives.get_producer(session, producer_id)
    form = Form({"kind": producer.kind.value, "tax_code": producer.tax_code or ""})
    return await _seller(request, producer_id, producer.name, form)


@router.post("/sellers/{producer_id}", name="storefront.taxes.save_seller")
async def save_seller(
    request: Request, producer_id: UUID, session: DbSession, staff: CurrentStaff
) -> Response:
    """Keep what a seller is; sales from now on follow it."""
    staff.require(StaffRole.ACCOUNTANT)
    producer = await cooperatives.get_producer(session, producer_id)
    fields, form = (await read_submission(request)).read(SellerFields)
    if fields is None:
        return await _seller(request, producer_id, producer.name, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    await cooperatives.set_tax_profile(
        session, producer_id=producer_id, kind=fields.kind, tax_code=fields.tax_code
    )
    return RedirectResponse(request.app.url_path_for("storefront.taxes.desk"), HTTPStatus.SEE_OTHER)


def _last_month(now: datetime) -> date:
    return Period.month_before(today(now)).since


def _asked(request: Request, now: datetime) -> date:
    return find_month(request.query_params.get("month")) or _last_month(now)


def _file(made: str | bytes, month: date, suffix: str, media_type: str) -> Response:
    return Response(
        made,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="thue-giu-ho-{month:%Y-%m}.{suffix}"',
            "Cache-Control": "private, no-store",
        },
    )


async def _seller(
    request: Request, producer_id: UUID, name: str, form: Form, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    kinds = [(kind.value, words) for kind, words in SELLERS.items()]
    return await render(request, SellerPage(id=producer_id, name=name, kinds=kinds, form=form), status=status)


async def _desk(
    request: Request,
    session: AsyncSession,
    month: date,
    form: Form,
    *,
    now: datetime,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    period = Period.of_month(month)
    payments = await service.list_payments(session)
    following = period.until + timedelta(days=1)
    page = TaxesPage(
        month=period.since,
        before=Period.month_before(month).since,
        after=following if following <= today(now) else None,
        rows=[
            TaxRow(
                row.producer.name,
                row.producer.tax_code,
                KINDS[row.kind],
                row.base_minor + row.back_base_minor,
                row.vat_minor,
                row.pit_minor,
                row.back_vat_minor + row.back_pit_minor,
            )
            for row in await service.list_month(session, month)
        ],
        due_minor=sum(one.payable_minor for one in await service.list_due(session, month)),
        is_over=period.until < today(now),
        is_paid=any(one.payment.month == period.since for one in payments),
        payments=[
            PaidRow(
                one.payment.month,
                one.vat_minor + one.pit_minor,
                one.payment.reference,
                one.payment.created_at,
            )
            for one in payments
        ],
        sellers=[
            SellerRow(
                seller.id,
                seller.name,
                SELLERS[seller.kind],
                seller.tax_code,
                seller.kind in service.WITHHELD_KINDS and not seller.tax_code,
            )
            for seller in await cooperatives.list_sellers(session)
        ],
        form=form,
    )
    return await render(request, page, status=status)
