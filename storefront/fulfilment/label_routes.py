"""Labels for parcels over HTTP: how to print them, and the pages themselves."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.fulfilment import parcel_labels, picking
from storefront.fulfilment.parcel_labels import Paper
from storefront.fulfilment.picking_pages import LabelsPage
from storefront.fulfilment.schemas import MOST_PIECES, LabelFields
from storefront.orders import parcels as order_parcels
from storefront.orders.models import OrderState

router = APIRouter(prefix="/producer/orders")
PAPERS = [(Paper.A6.value, _("Giấy A6, mỗi tờ một nhãn")), (Paper.A4.value, _("Giấy A4, mỗi tờ bốn nhãn"))]
_presses = asyncio.Semaphore(1)
"""One file at a time in a process: pages are heavy work, and the others wait without a connection."""


@router.get("/labels", name="storefront.fulfilment.labels")
async def show_labels(
    request: Request, session: DbSession, member: CurrentMember, of: UUID | None = None
) -> Response:
    """How to print the labels of one parcel (`of`), or of all that are to be sent."""
    member.require(Role.PACKER)
    return await render(request, await _page(session, member, of, Form()))


@router.post("/labels", name="storefront.fulfilment.print_labels")
async def print_labels(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Write down who looks at the addresses, and lead to the labels."""
    member.require(Role.PACKER)
    submission = await read_submission(request)
    typed, form = submission.read(LabelFields)
    if typed is None:
        of = _read_uuid(form.values.get("of", ""))
        page = await _page(session, member, of, form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await parcel_labels.show_addresses(
        session,
        producer_id=member.producer.id,
        consignment_id=typed.of,
        person_id=member.person.id,
        now=now,
    )
    wished = typed.model_dump(mode="json", exclude_none=True)
    path = request.app.url_path_for("storefront.fulfilment.labels_pdf")
    return RedirectResponse(f"{path}?{urlencode(wished)}", HTTPStatus.SEE_OTHER)


@router.get("/labels.pdf", name="storefront.fulfilment.labels_pdf")
async def give_pdf(
    request: Request,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
    of: UUID | None = None,
    paper: Paper = Paper.A6,
    pieces: Annotated[int, Query(ge=1, le=MOST_PIECES)] = 1,
    phone: bool = False,
) -> Response:
    """The labels, while the addresses are open to this person; else the page that opens them."""
    member.require(Role.PACKER)
    labels = await parcel_labels.make_labels(
        session,
        producer=member.producer,
        consignment_id=of,
        person_id=member.person.id,
        has_phone=phone,
        now=now,
    )
    if not labels:
        path = request.app.url_path_for("storefront.fulfilment.labels")
        return RedirectResponse(f"{path}?of={of}" if of else path, HTTPStatus.SEE_OTHER)
    await session.close()  # nothing is written: the connection goes back before the press runs
    public_url = house.settings.public_url.rstrip("/")
    async with _presses:
        pdf = await parcel_labels.make_pdf(labels, paper=paper, pieces=pieces, public_url=public_url)
    name = labels[0].code if of else member.producer.slug
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="gui-{name}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


async def _page(session: AsyncSession, member: Member, of: UUID | None, form: Form) -> LabelsPage:
    parcels = await parcel_labels.list_to_label(session, producer_id=member.producer.id, consignment_id=of)
    counts = await order_parcels.count_parcels(session, member.producer.id)
    waiting = counts.get(OrderState.PACKING, 0)
    return LabelsPage(
        parcel_id=of,
        code=parcels[0].order.code if of else None,
        count=len(parcels),
        has_more=of is None and waiting > picking.MOST_PARCELS,
        papers=PAPERS,
        form=form,
    )


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
