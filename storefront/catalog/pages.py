"""Pages of the shop window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.certificates.models import Certificate
from producers.cooperatives.models import Producer
from producers.listings.models import Listing, Variant
from storefront.catalog.models import Card
from storefront.pricing.service import Rate


@dataclass(frozen=True, kw_only=True)
class HomePage(Page):
    """The market's front: the place, the goods, the visits, the people."""

    template: ClassVar[str] = "storefront/home.html"
    hero_photo_id: UUID | None
    goods: list[Card]
    tours: list[Card]
    producers: list[Card]


@dataclass(frozen=True)
class KindChoice:
    """One way to narrow a search."""

    words: Text
    href: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class SearchPage(Page):
    """What a search found."""

    template: ClassVar[str] = "storefront/search.html"
    text: str
    kind: str
    kinds: list[KindChoice]
    entries: list[Card]
    next_href: str | None
    previous_href: str | None


@dataclass(frozen=True)
class PackOffer:
    """A pack as a choice: its price, and how much is left in words."""

    variant: Variant
    unit: str
    left_words: Text
    is_sold_out: bool
    bounds_words: Text | None = None
    """Of goods that the scale settles: what one may weigh, and how the rest comes back."""
    ceiling_minor: int | None = None
    """And what one piece costs before it was weighed."""
    offer_words: Sequence[Text] = ()
    """The steps of price lists for everybody."""
    is_coming: bool = False
    """Whether it is ordered before its harvest is there."""
    contents: Sequence[BoxContent] = ()
    """What lies in one box."""
    alone_minor: int | None = None
    """What that costs one by one, where it is more."""


@dataclass(frozen=True)
class BoxContent:
    """A pack in a box, and where it is sold alone; no address while it is not."""

    variant_id: UUID
    listing_id: UUID
    words: Text
    slug: str | None


@dataclass(frozen=True, kw_only=True)
class ProductPage(Page):
    """One listing."""

    template: ClassVar[str] = "storefront/product.html"
    listing: Listing
    producer: Producer
    place: str
    packs: list[PackOffer]
    photo_ids: list[UUID]
    certificates: list[Certificate]
    certificate_words: dict[UUID, Text]
    story_href: str | None
    rate: Rate
    ways: list[str]
    """How the producer's goods travel, by name; none where the flat fee of `rate` holds."""
    form: Form
    is_on_sale: bool
    season_words: Text | None
    """When it is sold, out of its season."""
    is_sold_out: bool
    is_held_up: bool
    """Whether a box waits for something in it; the words at the box say for what."""
    chosen_id: UUID | None
    first_quantity: str
    is_by_weight: bool
    address: str
    json_ld: Markup


@dataclass(frozen=True, kw_only=True)
class ProducerPage(Page):
    """Who grows and sells it."""

    template: ClassVar[str] = "storefront/producer.html"
    producer: Producer
    place: str
    certificates: list[Certificate]
    certificate_words: dict[UUID, Text]
    goods: list[Card]
    tours: list[Card]
    address: str
