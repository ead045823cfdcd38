"""Stock in words: how much is left, as a seller at the market says it."""

from __future__ import annotations

from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.listings.models import SoldBy, Variant
from storefront.stock.service import LOW

_UNITS = {
    "bánh": _("bánh"),
    "chai": _("chai"),
    "combo": _("combo"),
    "con": _("con"),
    "giỏ": _("giỏ"),
    "gói": _("gói"),
    "hộp": _("hộp"),
    "hũ": _("hũ"),
    "khay": _("khay"),
    "lon": _("lon"),
    "túi": _("túi"),
}
_ANY_UNIT = _("phần")
_ONE = {
    "bánh": _("1 bánh"),
    "chai": _("1 chai"),
    "combo": _("1 combo"),
    "con": _("1 con"),
    "giỏ": _("1 giỏ"),
    "gói": _("1 gói"),
    "hộp": _("1 hộp"),
    "hũ": _("1 hũ"),
    "khay": _("1 khay"),
    "lon": _("1 lon"),
    "túi": _("1 túi"),
}
_ANY_ONE = _("1 phần")
"""One of a pack: other languages say it in another word than several."""


def say_quantity(variant: Variant, quantity: int) -> Text:
    """Say a quantity of a pack: "12 hộp" after the pack's own first word, or "3,5 kg"."""
    if variant.sold_by is SoldBy.GRAM:
        return Text(format_grams(quantity))
    first = variant.name.casefold().split()[0]
    if quantity == 1:
        return _ONE.get(first, _ANY_ONE)
    return _("%(count)s %(unit)s", count=quantity, unit=_UNITS.get(first, _ANY_UNIT))


def say_bounds(bounds_g: tuple[int, int]) -> Text:
    """Say what one piece weighs before it was on the scale, and what that means for the price."""
    least, most = (format_grams(grams) for grams in bounds_g)
    return _(
        "Mỗi con nặng từ %(least)s đến %(most)s, trả trước mức cao nhất, cân xong trả lại phần dư.",
        least=least,
        most=most,
    )


def say_left(variant: Variant, left: int) -> Text:
    """Say how much is left: exactly when it is little (LOW), else only that there is some."""
    if left < variant.step:
        return _("Hết hàng")
    if left > LOW[variant.sold_by]:
        return _("Còn hàng")
    return _("Còn %(quantity)s", quantity=say_quantity(variant, left))
