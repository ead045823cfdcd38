"""Paid goods that are not sent after all, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.errors import InvalidError
from app.web.dependencies import DbSession, Now
from app.web.forms import read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from storefront.fulfilment import unsent
from storefront.fulfilment.parcel_view import make_page
from storefront.fulfilment.schemas import UnsentFields

router = APIRouter()


@router.post("/producer/orders/{consignment_id}/unsent", name="storefront.fulfilment.hold_back")
async def hold_back(
    request: Request, consignment_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Do not send some goods of a paid parcel: the buyer gets their price back."""
    member.require(Role.MANAGER)
    submission = await read_submission(request)
    typed, form = submission.read(UnsentFields)
    try:
        if typed is not None:
            await unsent.hold_back(
                session,
                consignment_id=consignment_id,
                producer_id=member.producer.id,
                line_ids=typed.lines,
                is_good=typed.goods == "good",
                person_id=member.person.id,
                now=now,
            )
            address = request.app.url_path_for("storefront.fulfilment.show", consignment_id=consignment_id)
            return RedirectResponse(address, HTTPStatus.SEE_OTHER)
    except InvalidError as error:
        form = form.refused(error)
    page = await make_page(session, member, consignment_id, form, now=now)
    page = replace(page, chosen=[str(one) for one in submission.data.getlist("lines")])
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
