"""Tables of listings: what is offered, in which packs, at which price."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.farms.models import Crop


class ListingState(StrEnum):
    """Whether the shop shows it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"


class Listing(Identified, Base):
    """A product as the shop window shows it."""

    __tablename__ = "listings"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    crop: Mapped[Crop]
    state: Mapped[ListingState]
    storage: Mapped[str] = mapped_column(server_default="")
    """How to keep it, as the label says it."""
    shelf_life_days: Mapped[int]
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime]


class SoldBy(StrEnum):
    """What one step of a quantity is: a piece (a tin, a bag, a fish) or a gram."""

    PIECE = "piece"
    GRAM = "gram"


class Variant(Identified, Base):
    """A pack of a listing, with its GTIN and its price.

    `sold_by` piece: quantities are pieces of `net_weight_g` each, `price_minor` is for one piece.
    `sold_by` gram: quantities are grams in steps of `step`, `price_minor` is for one kilo.
    """

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("step > 0", name="step_positive"),
        CheckConstraint("net_weight_g > 0", name="weight_positive"),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id"), index=True)
    name: Mapped[str]
    gtin: Mapped[str] = mapped_column(unique=True)
    """GTIN-14."""
    sold_by: Mapped[SoldBy]
    step: Mapped[int]
    net_weight_g: Mapped[int]
    price_minor: Mapped[int]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class ListingPhoto(Identified, Base):
    """A photo of a listing, in order."""

    __tablename__ = "listing_photos"
    __table_args__ = (UniqueConstraint("listing_id", "photo_id"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    position: Mapped[int]
