"""An unpaid order that is edited over HTTP: into a basket, out of it again, and what the checkout remembers of it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.phone import format_phone
from app.places import service as places
from app.web.dependencies import DbSession, Now
from app.web.forms import Form, read_submission
from storefront.cart import service as carts
from storefront.cart.cookie import COOKIE, keep_token
from storefront.cart.models import Cart
from storefront.invoices.schemas import company_values
from storefront.orders import editing, invoicing
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.pricing.errors import way_field
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import FIELD

router = APIRouter()
KEEP = "keep"


@router.post("/orders/{token}/edit", name="storefront.checkout.edit")
async def edit(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """Put an unpaid order's lines into the basket, whose order then takes its place; one that stands shows its page."""
    order = await orders.get_by_token(session, token)
    found = await editing.find(session, order.id, now=now)
    if found.refusal is not None or order.cart_id is None:
        address = request.app.url_path_for("storefront.orders.show", token=token)
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)
    cart, cookie = await carts.open_cart(session, request.cookies.get(COOKIE), now=now)
    if cart.edits_order_id != order.id:
        await leave(session, cart, now=now)
    await carts.edit_order(session, cart.id, order.id, from_cart_id=order.cart_id, now=now)
    response = _to_cart(request)
    keep_token(request, response, cookie)
    return response


@router.post("/cart/edit", name="storefront.checkout.leave_order")
async def leave_order(request: Request, session: DbSession, now: Now) -> Response:
    """Edit no order after all: its packs go out of the basket, or stay for an order of their own (`act=keep`)."""
    submission = await read_submission(request)
    cart = await carts.find_cart(session, request.cookies.get(COOKIE))
    if cart is not None and cart.ordered_at is None:
        await leave(session, cart, is_kept=submission.form.values.get("act") == KEEP, now=now)
    return _to_cart(request)


async def leave(session: AsyncSession, cart: Cart, *, now: datetime, is_kept: bool = False) -> None:
    """Let a basket take no order's place, and hold none of its packs unless they are kept."""
    if cart.edits_order_id is None:
        return
    old = await orders.get_order(session, cart.edits_order_id)
    await carts.leave_order(session, cart.id, without_cart_id=None if is_kept else old.cart_id, now=now)


async def remember(session: AsyncSession, order_id: UUID) -> Form:
    """The checkout's form as an order was placed with it."""
    order = await orders.get_order(session, order_id)
    address = await orders.get_address(session, order)
    values = {
        "name": address.recipient_name,
        "phone": format_phone(address.phone),
        "commune_text": await places.describe(session, address.commune_code),
        "line": address.line,
        "note": order.note,
        "gift_note": order.gift_note,
        FIELD: await vouchers.find_code(session, order_id),
    }
    parcels = await order_parcels.list_consignments(session, [order_id])
    asked = await invoicing.find_asked(session, [one.id for one in parcels])
    values |= company_values(asked)
    for one in parcels:
        if one.method_id is not None:
            values[way_field(one.producer_id)] = str(one.method_id)
            if one.deliver_on is not None:
                values[f"day_{one.method_id}"] = one.deliver_on.isoformat()
    return Form(values)


def _to_cart(request: Request) -> Response:
    return RedirectResponse(request.app.url_path_for("storefront.cart.show"), HTTPStatus.SEE_OTHER)
