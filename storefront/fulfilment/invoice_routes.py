"""Invoices of parcels over HTTP: the seller lets one be issued, or writes down the one that they issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.fulfilment import invoicing
from storefront.invoices import desk
from storefront.invoices import service as invoices
from storefront.invoices.models import SoldKind
from storefront.invoices.pages import InvoicePage
from storefront.invoices.ports import InvoiceDraft, IssuedInvoice
from storefront.orders import parcels

router = APIRouter(prefix="/producer/orders/{consignment_id}/invoice")


@dataclass(frozen=True)
class _Parcel:
    """A parcel on the desk of its seller's accountant."""

    sold_id: UUID
    member: Member
    kind: SoldKind = SoldKind.PARCEL

    async def draft(self, session: AsyncSession) -> InvoiceDraft:
        return await invoicing.draft_invoice(
            session, consignment_id=self.sold_id, producer=self.member.producer
        )

    async def write(self, session: AsyncSession, issued: IssuedInvoice, *, now: datetime) -> None:
        await invoicing.write_invoice(
            session,
            consignment_id=self.sold_id,
            producer_id=self.member.producer.id,
            issued=issued,
            person_id=self.member.person.id,
            now=now,
        )

    async def make_page(
        self, request: Request, session: AsyncSession, form: Form, *, can_issue: bool
    ) -> InvoicePage:
        parcel = await parcels.get_parcel(
            session, consignment_id=self.sold_id, producer_id=self.member.producer.id
        )
        own, url = {"consignment_id": self.sold_id}, request.app.url_path_for
        return InvoicePage(
            sub=_("Đơn %(code)s", code=parcel.order.code),
            back_href=url("storefront.fulfilment.show", **own),
            write_href=url("storefront.fulfilment.write_invoice", **own),
            issue_href=url("storefront.fulfilment.issue_invoice", **own) if can_issue else None,
            buyer=(await invoices.list_buyers(session, self.kind, [self.sold_id])).get(self.sold_id),
            form=form,
        )


@router.get("", name="storefront.fulfilment.invoice")
async def show(
    request: Request, consignment_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The invoice as it was written down, or an empty form."""
    member.require(Role.ACCOUNTANT)
    return await desk.show(request, session, _Parcel(consignment_id, member), now=now)


@router.post("", name="storefront.fulfilment.write_invoice")
async def write(
    request: Request, consignment_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Write down an invoice that was issued elsewhere."""
    member.require(Role.ACCOUNTANT)
    refusal = await desk.write(request, session, _Parcel(consignment_id, member), now=now)
    return refusal or _to_parcel(request, consignment_id)


@router.post("/issue", name="storefront.fulfilment.issue_invoice")
async def issue(
    request: Request,
    consignment_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Let the provider issue it: once, however often it is pressed."""
    member.require(Role.ACCOUNTANT)
    await desk.issue(house, session, _Parcel(consignment_id, member), now=now)
    return _to_parcel(request, consignment_id)


def _to_parcel(request: Request, consignment_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.fulfilment.show", consignment_id=consignment_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
