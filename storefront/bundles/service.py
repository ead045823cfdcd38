"""Bundles in the shop: a box has no stock of its own, its contents say how often it can be sold. Rules H3 to H7 of pricing/PRICING.md.

What lies in a box is the listings' to say (`listings.list_contents`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from producers.listings.models import SoldBy
from producers.listings.service import Content
from storefront.stock.service import LOW
from storefront.vouchers.service import spread


@dataclass(frozen=True)
class Wanted:
    """So much of a pack, in its own unit; with `contents` it is so many boxes of them."""

    variant_id: UUID
    quantity: int
    contents: Sequence[Content] = ()


@dataclass(frozen=True)
class Share:
    """What may be sold of one that is wanted; of boxes the content that runs short first."""

    left: int
    scarce: Content | None = None


def count_left(contents: Sequence[Content], left: Mapping[UUID, int]) -> tuple[int, Content]:
    """Count how many boxes can be filled from what is left of each variant, and which content says so (H3)."""
    filled = [(left[one.variant.id] // one.quantity, one) for one in contents]
    return min(filled, key=lambda pair: pair[0])


def share_out(wanted: Sequence[Wanted], left: Mapping[UUID, int]) -> list[Share]:
    """Say of each that is wanted how much may be sold of it; those before it have taken theirs already (H3)."""
    free = dict(left)
    shares = []
    for one in wanted:
        if one.contents:
            share = Share(*count_left(one.contents, free))
            taken = min(one.quantity, share.left)
            for content in one.contents:
                free[content.variant.id] -= taken * content.quantity
        else:
            share = Share(free[one.variant_id])
            free[one.variant_id] -= min(one.quantity, share.left)
        shares.append(share)
    return shares


def count_told(contents: Sequence[Content], left: Mapping[UUID, int]) -> int:
    """Count the boxes as a kept page may tell them: exactly where a content that is low decides it, else above `LOW` (H3).

    A page is rebuilt when a pack that is low changes, and knows of a pack that is not low only that it is not.
    """
    low = LOW[SoldBy.PIECE]
    exact, _scarce = count_left(contents, left)
    least, _scarce = count_left(contents, {one: min(count, low + 1) for one, count in left.items()})
    is_known = any(
        left[one.variant.id] <= low and left[one.variant.id] // one.quantity == least for one in contents
    )
    return exact if is_known else low + 1


def divide(amount_minor: int, contents: Sequence[Content]) -> tuple[int, ...]:
    """Divide what boxes cost, in đồng, over their contents in proportion to what these cost alone; V4's remainder rule (H5)."""
    return spread(amount_minor, [one.variant.price_minor * one.quantity for one in contents])
