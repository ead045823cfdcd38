"""Boxes in words: what lies in them, and what is missing."""

from __future__ import annotations

from app.core.i18n import Text, _
from producers.listings.models import Variant
from producers.listings.service import Content
from storefront.bundles.obstacles import Cause, Obstacle
from storefront.stock.words import say_quantity


def say_content(one: Content, boxes: int = 1) -> Text:
    """Say what lies in so many boxes: "2 × Gói 200 g, Chè nõn tôm"."""
    return _(
        "%(count)s × %(name)s, %(title)s",
        count=one.quantity * boxes,
        name=one.variant.name,
        title=one.listing.title,
    )


def say_obstacle(box: str, obstacle: Obstacle) -> Text:
    """Say which content keeps a box from being sold, and until when if that is known."""
    listing = obstacle.content.listing
    if obstacle.cause is Cause.TOO_EARLY:
        return _(
            "%(box)s có %(title)s bán từ ngày %(day)s, nên bây giờ chưa mua được.",
            box=box,
            title=listing.title,
            day=f"{listing.sold_from:%d/%m/%Y}",
        )
    if obstacle.cause is Cause.SEASON_OVER:
        return _(
            "%(box)s có %(title)s hết mùa bán rồi, nên không mua được nữa.", box=box, title=listing.title
        )
    if obstacle.cause is Cause.COMING:
        return _(
            "%(box)s có %(title)s còn chờ mẻ mới, có hàng rồi mới mua được.", box=box, title=listing.title
        )
    return _("%(box)s có %(title)s đang ngừng bán, nên chưa mua được.", box=box, title=listing.title)


def say_short(bundle: Variant, left: int, scarce: Content) -> Text:
    """Say to whoever wants more boxes than can be filled how many can, and what runs short."""
    if not left:
        return _(
            "Không đủ cho bạn: %(title)s không còn đủ để xếp một hộp nào. Bạn bỏ ra giúp nhé.",
            title=scarce.listing.title,
        )
    return _(
        "Không đủ cho bạn: %(title)s chỉ còn đủ cho %(left)s. Bạn bớt lại giúp nhé.",
        title=scarce.listing.title,
        left=say_quantity(bundle, left),
    )
