"""Invoices of visits over HTTP: the visitor says whom they are for, the host lets one be issued or writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.invoices import desk
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.invoices.pages import InvoicePage
from storefront.invoices.ports import InvoiceDraft, IssuedInvoice
from storefront.invoices.schemas import BuyerFields
from storefront.tours import bookings, invoicing
from storefront.tours.visitor_routes import show_party, to_booking

router = APIRouter()
_HOST = "/producer/tours/bookings/{booking_id}/invoice"


@dataclass(frozen=True)
class _Visit:
    """A booked visit on the desk of its host's accountant."""

    sold_id: UUID
    member: Member
    kind: SoldKind = SoldKind.BOOKING

    async def draft(self, session: AsyncSession) -> InvoiceDraft:
        return await invoicing.draft_invoice(session, booking_id=self.sold_id, producer=self.member.producer)

    async def write(self, session: AsyncSession, issued: IssuedInvoice, *, now: datetime) -> None:
        await invoicing.write_invoice(
            session,
            booking_id=self.sold_id,
            producer_id=self.member.producer.id,
            issued=issued,
            person_id=self.member.person.id,
            now=now,
        )

    async def make_page(
        self, request: Request, session: AsyncSession, form: Form, *, can_issue: bool
    ) -> InvoicePage:
        party = await invoicing.get_own(session, booking_id=self.sold_id, producer_id=self.member.producer.id)
        own, url = {"booking_id": self.sold_id}, request.app.url_path_for
        is_open = can_issue and invoicing.is_sold(party.booking)
        return InvoicePage(
            sub=_("Lần đặt %(code)s", code=party.booking.code),
            back_href=f"{url('storefront.tours.day')}?on={party.departure.local_on}",
            write_href=url("storefront.tours.write_invoice", **own),
            issue_href=url("storefront.tours.issue_invoice", **own) if is_open else None,
            buyer=(await invoices.list_buyers(session, self.kind, [self.sold_id])).get(self.sold_id),
            form=form,
        )


@router.post("/bookings/{token}/invoice", name="storefront.tours.ask_invoice")
async def ask(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Say whom the invoice is to be made out to."""
    booking = await bookings.get_by_token(session, token)
    fields, form = (await read_submission(request)).read(BuyerFields)
    if fields is None:
        page = await show_party(request, session, booking, token, now, form=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await invoicing.ask(session, booking_id=booking.id, buyer=fields, now=now)
    except AppError as error:
        page = await show_party(request, session, booking, token, now, refusal=error.message, form=form)
        return await render(request, page, status=status_of(error))
    return to_booking(request, token)


@router.get(_HOST, name="storefront.tours.invoice")
async def show(
    request: Request, booking_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The invoice as it was written down, or an empty form."""
    member.require(Role.ACCOUNTANT)
    return await desk.show(request, session, _Visit(booking_id, member), now=now)


@router.post(_HOST, name="storefront.tours.write_invoice")
async def write(
    request: Request, booking_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Write down an invoice that was issued elsewhere."""
    member.require(Role.ACCOUNTANT)
    refusal = await desk.write(request, session, _Visit(booking_id, member), now=now)
    return refusal or _to_invoice(request, booking_id)


@router.post(f"{_HOST}/issue", name="storefront.tours.issue_invoice")
async def issue(
    request: Request,
    booking_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Let the provider issue it: once, however often it is pressed."""
    member.require(Role.ACCOUNTANT)
    await desk.issue(house, session, _Visit(booking_id, member), now=now)
    return _to_invoice(request, booking_id)


def _to_invoice(request: Request, booking_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.tours.invoice", booking_id=booking_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
