"""Prices in words: which list they are of, and when goods of a season are sold."""

from __future__ import annotations

from datetime import date

from app.core.i18n import Text, _
from app.core.money import format_dong
from producers.listings.models import Listing, ListingState, Variant
from storefront.pricelists.service import Offer
from storefront.stock.words import say_quantity


def say_offer(variant: Variant, offer: Offer) -> Text:
    """Say which list a price is of, and from which quantity on: "Giá sỉ: từ 10 hộp, mỗi hộp 300.000 ₫"."""
    return _(
        "%(list)s: từ %(quantity)s trở lên, giá %(price)s",
        list=offer.list_name,
        quantity=say_quantity(variant, offer.from_quantity),
        price=format_dong(offer.price_minor),
    )


def say_season(listing: Listing, *, on: date) -> Text:
    """Say of a listing out of season when it is sold."""
    if listing.sold_from is not None and on < listing.sold_from:
        return _("Món này bán từ ngày %(day)s.", day=f"{listing.sold_from:%d/%m/%Y}")
    return _("Món này hết mùa bán rồi.")


def say_gone(listing: Listing, *, on: date, is_active: bool) -> Text:
    """Say why a line of a basket cannot be bought."""
    if is_active and listing.state is ListingState.PUBLISHED:
        return say_season(listing, on=on)
    return _("Món này không còn bán nữa.")
