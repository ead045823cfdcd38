"""What a buyer says of a parcel, over HTTP: no longer wanted, or here."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.web.dependencies import DbSession, Now
from storefront.fulfilment import arrivals, unsent
from storefront.orders import service as orders

router = APIRouter()


@router.post("/orders/{token}/called-off/{consignment_id}", name="storefront.fulfilment.call_off")
async def call_off(
    request: Request, token: str, consignment_id: UUID, session: DbSession, now: Now
) -> Response:
    """The buyer no longer wants a paid parcel that nobody took on yet."""
    order = await orders.get_by_token(session, token)
    await unsent.call_off(session, order_id=order.id, consignment_id=consignment_id, now=now)
    return _back(request, token)


@router.post("/orders/{token}/received/{consignment_id}", name="storefront.fulfilment.receive")
async def receive(
    request: Request, token: str, consignment_id: UUID, session: DbSession, now: Now
) -> Response:
    """The buyer has the parcel in hand."""
    order = await orders.get_by_token(session, token)
    await arrivals.receive(session, order_id=order.id, consignment_id=consignment_id, now=now)
    return _back(request, token)


def _back(request: Request, token: str) -> Response:
    return RedirectResponse(
        request.app.url_path_for("storefront.orders.show", token=token), HTTPStatus.SEE_OTHER
    )
