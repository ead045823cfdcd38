"""What the head of every shop page says of the visitor's own basket: how much lies in it, and to which order it is added."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from app.core.i18n import _
from app.core.ids import hash_token
from app.web.dependencies import borrow_session
from app.web.house import house_of
from app.web.pages import language_of
from storefront.cart import service
from storefront.cart.cookie import COOKIE
from storefront.cart.models import Cart
from storefront.cart.ports import JoinableOrders
from storefront.cart.service import PricedCart

MARKER = "<!--cart-count-->"
ALONG_MARKER = "<!--cart-along-->"


@dataclass(frozen=True)
class _Basket:
    count: int = 0
    joins_code: str | None = None


def remember(request: Request, cart: Cart, priced: PricedCart) -> None:
    """Spare a page that priced the visitor's open basket the look into it."""
    if cart.ordered_at is None and cart.joins_order_id is None:
        count = len(priced.gone) + sum(len(part.lines) for part in priced.parts)
        request.state.basket = _Basket(count)


def remember_ordered(request: Request, token_hash: bytes | None) -> None:
    """Spare the page of an order the look into the basket that it was made of, while that is the visitor's."""
    token = request.cookies.get(COOKIE)
    if token and hash_token(token) == token_hash:
        request.state.basket = _Basket()


async def show_count(request: Request) -> str:
    """Make the badge; a visitor without a basket costs no query."""
    count = (await _look(request)).count
    if not count:
        return ""
    house = house_of(request)
    return house.templates.get_template("storefront/cart_badge.html").render(
        count=count,
        href=str(request.app.url_path_for("storefront.cart.show")),
        words=house.catalogue.translate(
            _("Giỏ có 1 món") if count == 1 else _("Giỏ có %(count)s món", count=count), language_of(request)
        ),
    )


async def show_along(request: Request) -> str:
    """Make the line that names the order one adds to, with a way out; it costs others no query more than the badge."""
    code = (await _look(request)).joins_code
    if code is None:
        return ""
    house, lang = house_of(request), language_of(request)
    return house.templates.get_template("storefront/cart_along.html").render(
        href=str(request.app.url_path_for("storefront.cart.send_alone")),
        words=house.catalogue.translate(_("Đang mua thêm cho đơn %(code)s", code=code), lang),
        way_out=house.catalogue.translate(_("Gửi riêng"), lang),
    )


async def _look(request: Request) -> _Basket:
    """The visitor's basket, looked into once for a page."""
    known: _Basket | None = getattr(request.state, "basket", None)
    if known is None:
        request.state.basket = known = await _read(request)
    return known


async def _read(request: Request) -> _Basket:
    house, token = house_of(request), request.cookies.get(COOKIE)
    if not token:
        return _Basket()
    async with borrow_session(request) as session:
        count, order_id = await service.look_into(session, token)
        if order_id is None:
            return _Basket(count)
        port: JoinableOrders = house.port(JoinableOrders)  # type: ignore[type-abstract]  # a port is asked for by its protocol
        return _Basket(count, await port.find_code(session, order_id, now=house.clock.now()))
