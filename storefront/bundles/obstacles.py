"""Why a box cannot be sold at all, whatever lies on the shelf: one of its contents is not sold now."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from producers.listings import service as listings
from producers.listings.service import Content


class Cause(StrEnum):
    """What is the matter with a content."""

    OFF_SALE = "off_sale"
    TOO_EARLY = "too_early"
    SEASON_OVER = "season_over"
    COMING = "coming"


@dataclass(frozen=True)
class Obstacle:
    """A content that is not sold now, and why."""

    content: Content
    cause: Cause


def find_obstacle(contents: Sequence[Content], *, coming: Container[UUID], on: date) -> Obstacle | None:
    """Find the first content that is not sold on this day in Vietnam; `coming` are packs that are ordered ahead (H4)."""
    for one in contents:
        if not listings.is_on_sale(one.variant, one.listing):
            return Obstacle(one, Cause.OFF_SALE)
        if not listings.is_in_season(one.listing, on=on):
            is_early = one.listing.sold_from is not None and on < one.listing.sold_from
            return Obstacle(one, Cause.TOO_EARLY if is_early else Cause.SEASON_OVER)
        if one.variant.id in coming:
            return Obstacle(one, Cause.COMING)
    return None
