"""The basket's place in the header of every shop page: how many packs lie in it."""

from __future__ import annotations

from fastapi import Request

from app.core.i18n import _
from app.web.house import house_of
from app.web.pages import language_of
from storefront.cart import service
from storefront.cart.cookie import COOKIE

MARKER = "<!--cart-count-->"


async def show_count(request: Request) -> str:
    """Make the badge; a visitor without a basket costs no query."""
    house = house_of(request)
    token = request.cookies.get(COOKIE)
    if not token:
        return ""
    async with house.database.transaction() as session:
        count = await service.count_lines(session, token)
    if not count:
        return ""
    return house.templates.get_template("storefront/cart_badge.html").render(
        count=count,
        href=str(request.app.url_path_for("storefront.cart.show")),
        words=house.catalogue.translate(_("Giỏ có %(count)s món", count=count), language_of(request)),
    )
