"""Tables of listings: what is offered, in which packs, at which price."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.farms.models import Crop


class ListingState(StrEnum):
    """Whether the shop shows it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"


class Temperature(StrEnum):
    """How goods are kept on their way: as they are, cold, or alive in water."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    LIVE = "live"


class TaxKind(StrEnum):
    """What a part of a sale is to the tax office; `other` is what nobody can tell, and bears the highest rate."""

    GOODS = "goods"
    SERVICES = "services"
    TRANSPORT = "transport"
    """And work done with material of one's own."""
    OTHER = "other"


class Listing(Identified, Base):
    """A product as the shop window shows it."""

    __tablename__ = "listings"
    __table_args__ = (CheckConstraint("sold_from <= sold_until", name="season_in_order"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    crop: Mapped[Crop]
    state: Mapped[ListingState]
    storage: Mapped[str] = mapped_column(server_default="")
    """How to keep it, as the label says it."""
    temperature: Mapped[Temperature] = mapped_column(server_default=Temperature.AMBIENT.value)
    """How it is kept on its way to a buyer."""
    tax_kind: Mapped[TaxKind] = mapped_column(server_default=TaxKind.GOODS.value)
    """What it is to the tax office, as its producer says."""
    shelf_life_days: Mapped[int]
    sold_from: Mapped[date | None]
    """The first day of its season in the shop; None: it began long ago."""
    sold_until: Mapped[date | None]
    """The last day; None: nobody knows yet."""
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime]


class SoldBy(StrEnum):
    """What one step of a quantity is: a piece (a tin, a bag, a fish) or a gram."""

    PIECE = "piece"
    GRAM = "gram"


class PricedBy(StrEnum):
    """What the price is for: a piece, or weight (the price is for one kilo)."""

    PIECE = "piece"
    GRAM = "gram"


def _priced_as_sold(context: DefaultExecutionContext) -> PricedBy:
    return PricedBy(context.get_current_parameters()["sold_by"])  # type: ignore[no-untyped-call]  # SQLAlchemy's own


class Variant(Identified, Base):
    """A pack of a listing, with its GTIN and its price.

    `sold_by` piece: quantities are pieces of `net_weight_g` each, `price_minor` is for one piece.
    `sold_by` gram: quantities are grams in steps of `step`, `price_minor` is for one kilo.
    `sold_by` piece, `priced_by` gram: pieces of `least_g` to `most_g` each, `price_minor` is for one kilo and the scale
    says at packing what is paid; `net_weight_g` is `most_g`, so that a lot's weight is never sold twice.
    """

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("step > 0", name="step_positive"),
        CheckConstraint("net_weight_g > 0", name="weight_positive"),
        CheckConstraint(
            "CASE WHEN sold_by = 'piece' AND priced_by = 'gram' "
            "THEN coalesce(0 < least_g AND least_g <= most_g AND most_g = net_weight_g, false) "
            "ELSE least_g IS NULL AND most_g IS NULL AND priced_by = sold_by END",
            name="bounds",
        ),
        CheckConstraint(
            "NOT is_bundle OR (sold_by = 'piece' AND priced_by = 'piece' AND step = 1)",
            name="bundle_by_piece",
        ),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), index=True)
    name: Mapped[str]
    gtin: Mapped[str] = mapped_column(unique=True)
    """GTIN-14."""
    sold_by: Mapped[SoldBy]
    step: Mapped[int]
    net_weight_g: Mapped[int]
    price_minor: Mapped[int]
    priced_by: Mapped[PricedBy] = mapped_column(default=_priced_as_sold)
    least_g: Mapped[int | None]
    """The lightest one piece may be, where the scale settles the price."""
    most_g: Mapped[int | None]
    """The heaviest one piece may be: the ceiling that the buyer pays."""
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    is_bundle: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether one piece of it is a box of other packs (`BundleContent`); it has no stock of its own."""

    @property
    def bounds_g(self) -> tuple[int, int] | None:
        """(least, most) grams of one piece where the scale settles the price; None for all other goods."""
        return None if self.least_g is None or self.most_g is None else (self.least_g, self.most_g)


class BundleContent(Base):
    """So many pieces of a pack in each box of a bundle.

    Written with the bundle and never changed: other contents are another product with a GTIN of its own (GS1 GTIN Management
    Standard, pre-defined assortments).
    """

    __tablename__ = "bundle_contents"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("bundle_variant_id <> variant_id", name="not_itself"),
    )

    bundle_variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    position: Mapped[int]


class ListingPhoto(Identified, Base):
    """A photo of a listing, in order."""

    __tablename__ = "listing_photos"
    __table_args__ = (UniqueConstraint("listing_id", "photo_id"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    position: Mapped[int]
