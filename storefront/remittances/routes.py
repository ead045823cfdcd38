"""Money on delivery over HTTP: the producer's page, and the accountant's division of a transfer."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import CurrentStaff
from app.accounts.models import StaffRole
from app.core.errors import InvalidError
from app.core.fields import explain
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.money import format_dong
from app.web.dependencies import DbSession, Now
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import privacy
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.cash import service as cash
from storefront.orders import service as orders
from storefront.orders.words import STATE_KINDS, STATE_WORDS
from storefront.payments import receipts
from storefront.remittances import service
from storefront.remittances.pages import DividePage, KeptRow, ProducerCashPage, WaitingRow
from storefront.remittances.schemas import KeepFields, ShareFields, TermsFields
from storefront.remittances.service import Share

router = APIRouter()
CHOSEN = "order_"
"""What a chosen order's box is called, before its id."""


@router.get("/producer/cash", name="storefront.remittances.producer")
async def show_producer(
    request: Request, session: DbSession, member: CurrentMember, saved: str = ""
) -> Response:
    """What may be paid on delivery, and the parcels whose money is not here."""
    privacy.require_all(member, Role.PACKER)
    return await _producer(request, session, member, is_saved=bool(saved))


@router.post("/producer/cash/terms", name="storefront.remittances.set_terms")
async def set_terms(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Keep whether parcels may be paid on delivery, and up to how much."""
    member.require(Role.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(TermsFields)
    if fields is not None and fields.is_on and fields.most_minor is None:
        fields, form = None, Form(form.values, {"most_minor": _("Bạn ghi số tiền nhiều nhất giúp nhé.")})
    if fields is None:
        return await _producer(request, session, member, terms=form)
    await cooperatives.require_real(session, member.producer.id)
    await cash.set_most(
        session,
        producer_id=member.producer.id,
        most_minor=fields.most_minor if fields.is_on else None,
        person_id=member.person.id,
        now=now,
    )
    return _saved(request)


@router.post("/producer/cash/kept", name="storefront.remittances.keep")
async def keep(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """The producer has the money of the chosen parcels in hand."""
    member.require(Role.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(KeepFields)
    if fields is None:
        return await _producer(request, session, member, form=form)
    try:
        await service.keep_cash(
            session,
            remittance_id=fields.id,
            producer_id=member.producer.id,
            order_ids=_chosen(form),
            person_id=member.person.id,
            now=now,
        )
    except InvalidError as error:
        return await _producer(request, session, member, form=form.refused(error))
    return _saved(request)


@router.get("/admin/remittances/{receipt_id}", name="storefront.remittances.divide")
async def show_transfer(
    request: Request, receipt_id: UUID, session: DbSession, staff: CurrentStaff, now: Now
) -> Response:
    """A transfer of nobody, and the parcels that it may be for."""
    staff.require(StaffRole.ACCOUNTANT)
    return await _divide(request, session, receipt_id, Form(), now=now)


@router.post("/admin/remittances/{receipt_id}", name="storefront.remittances.save")
async def divide(
    request: Request, receipt_id: UUID, session: DbSession, staff: CurrentStaff, now: Now
) -> Response:
    """Divide it."""
    staff.require(StaffRole.ACCOUNTANT)
    form = (await read_submission(request)).form
    shares, form = _read_shares(form)
    if not form.errors:
        try:
            # What was begun must be gone when the page is shown again.
            async with session.begin_nested():
                await service.divide_transfer(
                    session, receipt_id=receipt_id, shares=shares, person_id=staff.person.id, now=now
                )
        except InvalidError as error:
            form = form.refused(error)
        else:
            desk = request.app.url_path_for("storefront.payments.desk")
            return RedirectResponse(desk, HTTPStatus.SEE_OTHER)
    return await _divide(request, session, receipt_id, form, now=now)


def _chosen(form: Form) -> set[UUID]:
    """The orders whose boxes were ticked; what is no id is none of ours."""
    found = set()
    for name in form.values:
        if name.startswith(CHOSEN):
            try:
                found.add(UUID(name.removeprefix(CHOSEN)))
            except ValueError:
                continue
    return found


def _read_shares(form: Form) -> tuple[list[Share], Form]:
    """Read `came_{order}` and `kept_{order}` of every order that something was typed for."""
    shares: list[Share] = []
    errors: dict[str, Text] = {}
    for order_id in sorted(_chosen(form)):
        typed = {name: form.values.get(f"{name}_{order_id}", "").strip() for name in ("came", "kept")}
        try:
            fields = ShareFields.model_validate({name: text for name, text in typed.items() if text})
        except ValidationError as error:
            errors |= {f"{name}_{order_id}": words for name, words in explain(error).items()}
        else:
            shares.append(Share(order_id, fields.came, fields.kept))
    return shares, Form(form.values, errors)


def _saved(request: Request) -> Response:
    target = f"{request.app.url_path_for('storefront.remittances.producer')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _rows(session: AsyncSession, found: list[service.Waiting]) -> list[WaitingRow]:
    producers = await cooperatives.get_producers(
        session, {one.parcel.consignment.producer_id for one in found}
    )
    return [
        WaitingRow(
            order_id=one.parcel.order.id,
            code=one.parcel.order.code,
            producer_name=producers[one.parcel.consignment.producer_id].name,
            carrier=one.parcel.consignment.carrier or "",
            state=STATE_WORDS[one.parcel.consignment.state],
            kind=STATE_KINDS[one.parcel.consignment.state],
            due_minor=one.due_minor,
        )
        for one in found
    ]


async def _producer(
    request: Request,
    session: AsyncSession,
    member: Member,
    *,
    is_saved: bool = False,
    terms: Form | None = None,
    form: Form | None = None,
) -> Response:
    waiting = await service.list_waiting(session, producer_id=member.producer.id)
    kept = await service.list_kept(session, member.producer.id)
    codes = await orders.list_codes(session, {line.order_id for _one, line in kept})
    most = await cash.find_most(session, member.producer.id)
    said = {} if most is None else {"is_on": "1", "most_minor": format_dong(most).removesuffix("₫").strip()}
    page = ProducerCashPage(
        rows=await _rows(session, waiting),
        kept=[KeptRow(codes[line.order_id], line.kept_minor, one.created_at) for one, line in kept],
        form_id=form.values.get("id") or str(uuid7()) if form else str(uuid7()),
        can_set=member.has(Role.ACCOUNTANT),
        is_saved=is_saved,
        terms=terms or Form(said),
        form=form or Form(),
    )
    is_refused = terms is not None or form is not None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return await render(request, page, status=status)


async def _divide(
    request: Request, session: AsyncSession, receipt_id: UUID, form: Form, *, now: datetime
) -> Response:
    item = await receipts.get_queued(session, receipt_id, now=now)
    page = DividePage(
        receipt_id=item.receipt.id,
        amount_minor=item.receipt.amount_minor,
        memo=item.receipt.memo,
        arrived_at=item.receipt.arrived_at,
        rows=await _rows(session, await service.list_waiting(session)),
        form=form,
    )
    is_refused = bool(form.errors)
    return await render(
        request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    )
