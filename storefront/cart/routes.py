"""The basket over HTTP; every act is a plain form."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import read_submission
from app.web.pages import find_path, render
from producers.cooperatives import service as cooperatives
from producers.listings import service as listings
from storefront.cart import service
from storefront.cart.cookie import COOKIE, keep_token
from storefront.cart.errors import CartLineNotFoundError, StepError
from storefront.cart.pages import CartLineView, CartPage, CartPartView
from storefront.cart.schemas import ChangedLine, NewLine, read_quantity
from storefront.stock.words import say_bounds, say_left, say_quantity

router = APIRouter()


@router.get("/cart", name="storefront.cart.show")
async def show(request: Request, session: DbSession, now: Now) -> Response:
    """What lies in the basket."""
    return await render(request, await _page(request, session, now))


@router.post("/cart/lines", name="storefront.cart.add")
async def add(request: Request, session: DbSession, now: Now) -> Response:
    """Put a pack into the basket."""
    wanted, _form = (await read_submission(request)).read(NewLine)
    try:
        if wanted is None:
            raise StepError
        variant = await listings.get_variant(session, wanted.variant_id)
        quantity = read_quantity(variant.sold_by, wanted.quantity)
        cart, token = await service.open_cart(session, request.cookies.get(COOKIE), now=now)
        await service.add_line(session, cart_id=cart.id, variant_id=variant.id, quantity=quantity, now=now)
    except AppError as error:
        page = await _page(request, session, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    response = _to_cart(request)
    keep_token(request, response, token)
    return response


@router.post("/cart/lines/{line_id}", name="storefront.cart.change")
async def change(request: Request, line_id: UUID, session: DbSession, now: Now) -> Response:
    """Set how much of a line is wanted, or take it out."""
    wanted, _form = (await read_submission(request)).read(ChangedLine)
    try:
        cart = await service.find_cart(session, request.cookies.get(COOKIE))
        if cart is None:
            raise CartLineNotFoundError
        if wanted is None:
            raise StepError
        await service.change_line(
            session, cart_id=cart.id, line_id=line_id, quantity=wanted.quantity, now=now
        )
    except AppError as error:
        page = await _page(request, session, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return _to_cart(request)


def _to_cart(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("storefront.cart.show"), HTTPStatus.SEE_OTHER)


async def _page(
    request: Request, session: AsyncSession, now: datetime, refusal: Text | None = None
) -> CartPage:
    cart = await service.find_cart(session, request.cookies.get(COOKIE))
    if cart is None or cart.ordered_at is not None:
        priced = service.EMPTY
    else:
        priced = await service.price_cart(session, cart.id, now=now)
    producers = await cooperatives.get_producers(session, [part.producer_id for part in priced.parts])
    lines = [*priced.gone, *(line for part in priced.parts for line in part.lines)]
    photos = await listings.photo_ids(session, {line.listing.id for line in lines})

    def view(line: service.PricedLine) -> CartLineView:
        own = photos.get(line.listing.id, [])
        return CartLineView(
            id=line.line_id,
            title=line.listing.title,
            variant_name=line.variant.name,
            slug=line.listing.slug,
            photo_id=own[0] if own else None,
            quantity_words=say_quantity(line.variant, line.quantity),
            amount_minor=line.amount_minor,
            more=line.quantity + line.variant.step if line.left > line.quantity else None,
            fewer=line.quantity - line.variant.step,
            short_words=_short_words(line) if line.is_short else None,
            bounds_words=say_bounds(line.variant.bounds_g) if line.variant.bounds_g else None,
        )

    return CartPage(
        parts=[
            CartPartView(
                producers[part.producer_id],
                [view(line) for line in part.lines],
                part.goods_minor,
                part.delivery_minor,
            )
            for part in priced.parts
        ],
        gone=[view(line) for line in priced.gone],
        goods_minor=priced.goods_minor,
        delivery_minor=priced.delivery_minor,
        total_minor=priced.total_minor,
        is_empty=priced.is_empty,
        can_be_ordered=priced.can_be_ordered,
        checkout_href=find_path(request, "storefront.checkout.show"),
        refusal=refusal,
    )


def _short_words(line: service.PricedLine) -> Text:
    if line.left < line.variant.step:
        return _("Món này vừa hết. Bạn bỏ ra giúp nhé.")
    return _("Không đủ cho bạn: %(left)s. Bạn bớt lại giúp nhé.", left=say_left(line.variant, line.left))
