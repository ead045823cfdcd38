"""Tables of orders: one payment, one consignment per producer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.listings.models import SoldBy


class OrderState(StrEnum):
    """Shopee's order words, in their order."""

    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    PACKING = "packing"
    SHIPPING = "shipping"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class CancelReason(StrEnum):
    """Who or what ended an order that was not paid."""

    EXPIRED = "expired"
    BUYER = "buyer"
    RECALLED = "recalled"


class Order(Identified, Base):
    """What a buyer ordered and pays once. `cart_id` is unique: one basket becomes one order.

    `goods_minor` is what is paid for the goods; `discount_minor` is what a voucher took off it before.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total_minor = goods_minor + delivery_minor", name="total_is_sum"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    """Said aloud and in the bank memo; shows state and shop only."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the long token in the private link (`ids.derive_token(secret, "order", id)`)."""
    cart_id: Mapped[UUID | None] = mapped_column(unique=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[OrderState]
    buyer_name: Mapped[str]
    buyer_phone: Mapped[str] = mapped_column(index=True)
    address_id: Mapped[UUID] = mapped_column(ForeignKey("addresses.id"))
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    goods_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    delivery_minor: Mapped[int]
    total_minor: Mapped[int]
    expires_at: Mapped[datetime]
    """Until when the goods are held for an unpaid order."""
    paid_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None]


class Consignment(Identified, Base):
    """One producer's parcel of an order; `goods_minor` is what is paid for its goods, after a voucher."""

    __tablename__ = "consignments"
    __table_args__ = (
        UniqueConstraint("order_id", "producer_id"),
        Index(None, "producer_id", "state", "created_at"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    state: Mapped[OrderState]
    goods_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    delivery_minor: Mapped[int]
    carrier: Mapped[str | None]
    tracking_number: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]


class OrderLine(Identified, Base):
    """A variant as it was ordered: words and price of that moment.

    `amount_minor` is what is paid for it: its price less the part of a voucher that fell on it, `discount_minor`.
    Where the scale settles the price, `amount_minor` is the ceiling that is paid, and `final_minor` what it costs once
    every piece was weighed.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(least_g IS NULL) = (most_g IS NULL)", name="bounds"),
        CheckConstraint("final_minor BETWEEN 0 AND amount_minor", name="final_within_paid"),
        CheckConstraint("amount_minor >= 0 AND discount_minor >= 0", name="discount_not_negative"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    consignment_id: Mapped[UUID] = mapped_column(ForeignKey("consignments.id"), index=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    title: Mapped[str]
    variant_name: Mapped[str]
    sold_by: Mapped[SoldBy]
    quantity: Mapped[int]
    """Pieces, or grams."""
    price_minor: Mapped[int]
    """For one piece, or for one kilo."""
    amount_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    least_g: Mapped[int | None]
    """The lightest that one piece may be, where the scale settles the price."""
    most_g: Mapped[int | None]
    """The heaviest."""
    final_minor: Mapped[int | None]

    @property
    def bounds_g(self) -> tuple[int, int] | None:
        """(least, most) grams of one piece where the scale settles the price; None for all other goods."""
        return None if self.least_g is None or self.most_g is None else (self.least_g, self.most_g)

    @property
    def must_be_weighed(self) -> bool:
        """Whether the scale has still to say what it costs."""
        return self.bounds_g is not None and self.final_minor is None

    @property
    def settled_minor(self) -> int:
        """What it costs as far as is known: by the scale, or as it was paid."""
        return self.amount_minor if self.final_minor is None else self.final_minor


class WeighedPiece(Identified, Base):
    """What one piece of an order line weighed, of which lot it was, and the photo of the scale: written once.

    The photo may come later, from a phone that had no signal; nothing else is ever changed.
    """

    __tablename__ = "weighed_pieces"
    __table_args__ = (
        UniqueConstraint("order_line_id", "position"),
        CheckConstraint("weight_g > 0", name="weight_positive"),
    )

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    position: Mapped[int]
    """From 1."""
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    weight_g: Mapped[int]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    record_id: Mapped[UUID] = mapped_column(index=True)
    """The id that the form was written under: a photo that follows names it."""
    weighed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    weighed_at: Mapped[datetime]


class DeliveryProof(Base):
    """Who took a parcel, and a photo of it where it was left: either may be missing, and each is written once."""

    __tablename__ = "delivery_proofs"
    __table_args__ = (CheckConstraint("taken_by <> '' OR photo_id IS NOT NULL", name="says_something"),)

    consignment_id: Mapped[UUID] = mapped_column(ForeignKey("consignments.id"), primary_key=True)
    taken_by: Mapped[str] = mapped_column(server_default="")
    """The name as the carrier heard it: the buyer, a neighbour, a doorman."""
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class OrderStep(Identified, Base):
    """The order's history: who did what, when."""

    __tablename__ = "order_steps"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    consignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("consignments.id"))
    state: Mapped[OrderState]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    note: Mapped[str] = mapped_column(server_default="")
