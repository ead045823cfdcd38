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
    """What a buyer ordered and pays once. `cart_id` is unique: one basket becomes one order."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total_minor = goods_minor + delivery_minor", name="total_is_sum"),)

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
    delivery_minor: Mapped[int]
    total_minor: Mapped[int]
    expires_at: Mapped[datetime]
    """Until when the goods are held for an unpaid order."""
    paid_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None]


class Consignment(Identified, Base):
    """One producer's parcel of an order."""

    __tablename__ = "consignments"
    __table_args__ = (
        UniqueConstraint("order_id", "producer_id"),
        Index(None, "producer_id", "state", "created_at"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    state: Mapped[OrderState]
    goods_minor: Mapped[int]
    delivery_minor: Mapped[int]
    carrier: Mapped[str | None]
    tracking_number: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]


class OrderLine(Identified, Base):
    """A variant as it was ordered: words and price of that moment."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

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


class OrderStep(Identified, Base):
    """The order's history: who did what, when."""

    __tablename__ = "order_steps"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    consignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("consignments.id"))
    state: Mapped[OrderState]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    note: Mapped[str] = mapped_column(server_default="")
