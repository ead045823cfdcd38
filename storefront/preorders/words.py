"""Pre-orders in words: what is promised, for which day."""

from __future__ import annotations

from datetime import date

from app.core.i18n import Text, _
from producers.listings.models import Variant
from storefront.preorders.service import Coming
from storefront.stock.words import say_quantity


def say_expected(expected_on: date) -> Text:
    """Say of a line that its goods are not there yet."""
    return _("Đặt trước, dự kiến có hàng ngày %(day)s", day=f"{expected_on:%d/%m/%Y}")


def say_coming(variant: Variant, coming: Coming) -> Text:
    """Say of a pack in the shop for which day it may be ordered, and how much of it."""
    if coming.left < variant.step:
        return _("Đợt đặt trước đã đủ người đặt")
    return _(
        "Đặt trước, dự kiến có hàng ngày %(day)s. Còn nhận %(quantity)s.",
        day=f"{coming.expected_on:%d/%m/%Y}",
        quantity=say_quantity(variant, coming.left),
    )
