"""Tables of price lists: their steps, and the groups of buyers that some of them are for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class BuyerGroup(Identified, Base):
    """Buyers that a producer knows, under a name of their own ("Đại lý")."""

    __tablename__ = "buyer_groups"
    __table_args__ = (UniqueConstraint("producer_id", "name"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    name: Mapped[str]


class GroupPhone(Base):
    """A phone number (E.164) that a producer noted for a group; it counts for whoever proved that it is theirs."""

    __tablename__ = "group_phones"

    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("buyer_groups.id", ondelete="CASCADE"), primary_key=True
    )
    phone: Mapped[str] = mapped_column(primary_key=True, index=True)


class PriceList(Identified, Base):
    """A producer's other prices, from `valid_from` on and no longer at `valid_until` (None: until it is ended)."""

    __tablename__ = "price_lists"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_until", name="window_in_order"),
        Index(None, "producer_id", "created_at"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    name: Mapped[str]
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_groups.id"))
    """Whom it is for; None: everybody."""
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class PriceStep(Base):
    """From so many pieces or grams of a variant on, each (or each kilo) costs so much."""

    __tablename__ = "price_steps"
    __table_args__ = (
        CheckConstraint("from_quantity > 0", name="from_quantity_positive"),
        CheckConstraint("price_minor > 0", name="price_positive"),
    )

    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.id"), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True, index=True)
    from_quantity: Mapped[int] = mapped_column(primary_key=True)
    price_minor: Mapped[int]
