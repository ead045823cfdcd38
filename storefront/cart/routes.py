"""The basket over HTTP; every act is a plain form."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import MaybePerson
from app.accounts.models import Person
from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import read_submission
from app.web.house import house_of
from app.web.pages import find_path, render
from producers.listings import service as listings
from storefront.bundles.words import say_content, say_obstacle, say_short
from storefront.cart import badge, service
from storefront.cart.cookie import COOKIE, keep_token
from storefront.cart.errors import CartLineNotFoundError, StepError
from storefront.cart.pages import CartLineView, CartPage, CartPartView
from storefront.cart.ports import EditableOrders, JoinableOrders
from storefront.cart.schemas import ChangedLine, NewLine, read_quantity
from storefront.preorders.words import say_expected
from storefront.pricing.words import say_gone, say_offer
from storefront.stock.words import say_bounds, say_left, say_quantity

router = APIRouter()


@router.get("/cart", name="storefront.cart.show")
async def show(request: Request, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """What lies in the basket."""
    return await render(request, await _page(request, session, person, now))


@router.post("/cart/lines", name="storefront.cart.add")
async def add(request: Request, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """Put a pack into the basket."""
    wanted, _form = (await read_submission(request)).read(NewLine)
    try:
        if wanted is None:
            raise StepError
        # Held while the basket's own rules look at both, which are then at hand.
        variant, _listing = await listings.get_pack(session, wanted.variant_id)
        quantity = read_quantity(variant.sold_by, wanted.quantity)
        token = request.cookies.get(COOKIE)
        cart = await service.find_cart(session, token)
        if cart is None or token is None or cart.ordered_at is not None:
            token = await service.begin_cart(session, variant_id=variant.id, quantity=quantity, now=now)
        else:
            await service.add_line(
                session, cart_id=cart.id, variant_id=variant.id, quantity=quantity, now=now
            )
    except AppError as error:
        page = await _page(request, session, person, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    response = _to_cart(request)
    keep_token(request, response, token)
    return response


@router.post("/cart/lines/{line_id}", name="storefront.cart.change")
async def change(
    request: Request, line_id: UUID, session: DbSession, person: MaybePerson, now: Now
) -> Response:
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
        page = await _page(request, session, person, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    return _to_cart(request)


@router.post("/cart/alone", name="storefront.cart.send_alone")
async def send_alone(request: Request, session: DbSession, now: Now) -> Response:
    """Add what lies in the basket to no order after all."""
    cart = await service.find_cart(session, request.cookies.get(COOKIE))
    if cart is not None:
        await service.join_order(session, cart.id, None, now=now)
    return _to_cart(request)


def _to_cart(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("storefront.cart.show"), HTTPStatus.SEE_OTHER)


async def _page(
    request: Request,
    session: AsyncSession,
    person: Person | None,
    now: datetime,
    refusal: Text | None = None,
) -> CartPage:
    cart = await service.find_cart(session, request.cookies.get(COOKIE))
    joined = edited = None
    if cart is None or cart.ordered_at is not None:
        priced = service.EMPTY
    else:
        phone = person.phone if person else None
        if cart.joins_order_id is not None:
            port: JoinableOrders = house_of(request).port(JoinableOrders)  # type: ignore[type-abstract]  # a port is asked for by its protocol
            joined = await port.find(session, cart.joins_order_id, now=now)
        if cart.edits_order_id is not None:
            editing: EditableOrders = house_of(request).port(EditableOrders)  # type: ignore[type-abstract]  # as above
            edited = await editing.find(session, cart.edits_order_id, now=now)
        to = joined.to(now) if joined else None
        own_id = edited.own_id if edited else None
        priced = await service.price_cart(session, cart.id, now=now, phone=phone, to=to, besides=own_id)
        badge.remember(request, cart, priced)
    lines = [*priced.gone, *(line for part in priced.parts for line in part.lines)]
    photos = await listings.photo_ids(session, {line.listing.id for line in lines})

    def view(line: service.PricedLine, *, is_gone: bool = False) -> CartLineView:
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
            expected_words=say_expected(line.coming.expected_on) if line.coming else None,
            offer_words=say_offer(line.variant, line.offer) if line.offer else None,
            contents_words=[say_content(one, line.quantity) for one in line.contents],
            gone_words=_gone_words(line, now) if is_gone else None,
        )

    return CartPage(
        parts=[
            CartPartView(
                part.producer_name,
                [view(line) for line in part.lines],
                part.goods_minor,
                part.delivery_minor,
                part.sending.way.method.name if part.sending.way else "",
                part.sending.refusal,
                part.sending.along is not None,
            )
            for part in priced.parts
        ],
        joins_code=joined.code if joined else None,
        edited=edited,
        gone=[view(line, is_gone=True) for line in priced.gone],
        goods_minor=priced.goods_minor,
        delivery_minor=priced.delivery_minor,
        total_minor=priced.total_minor,
        is_empty=priced.is_empty,
        can_be_ordered=priced.can_be_ordered,
        checkout_href=find_path(request, "storefront.checkout.show"),
        refusal=refusal,
    )


def _gone_words(line: service.PricedLine, now: datetime) -> Text:
    if line.obstacle is not None:
        return say_obstacle(line.listing.title, line.obstacle)
    return say_gone(line.listing, on=today(now), is_active=line.variant.is_active)


def _short_words(line: service.PricedLine) -> Text:
    if line.scarce is not None:
        return say_short(line.variant, line.left, line.scarce)
    if line.left < line.variant.step:
        return _("Món này vừa hết. Bạn bỏ ra giúp nhé.")
    return _("Không đủ cho bạn: %(left)s. Bạn bớt lại giúp nhé.", left=say_left(line.variant, line.left))
