"""Tables of orders: one payment, one consignment per producer."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.listings.models import SoldBy, TaxKind


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
    DECLINED = "declined"
    REPLACED = "replaced"


class Order(Identified, Base):
    """What a buyer ordered and pays once. `cart_id` is unique: one basket becomes one order.

    `goods_minor` is what the buyer pays for the goods; before that a producer's voucher took `discount_minor` off, or the
    market paid `gift_minor`, which the producers earn all the same.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total_minor = goods_minor + delivery_minor", name="total_is_sum"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
        CheckConstraint("credit_minor BETWEEN 0 AND total_minor", name="credit_within_total"),
        CheckConstraint("gift_minor >= 0 AND (gift_minor = 0 OR discount_minor = 0)", name="one_voucher"),
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
    gift_note: Mapped[str] = mapped_column(server_default="")
    """Words for whoever gets the goods as a gift: they go into the parcels."""
    language: Mapped[str] = mapped_column(server_default="vi")
    goods_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    gift_minor: Mapped[int] = mapped_column(server_default="0")
    delivery_minor: Mapped[int]
    total_minor: Mapped[int]
    credit_minor: Mapped[int] = mapped_column(server_default="0")
    """What of the total the buyer paid with store credit."""
    expires_at: Mapped[datetime]
    """Until when the goods are held for an unpaid order; of an order that is paid on delivery, until when money is waited for."""
    is_cash: Mapped[bool] = mapped_column(server_default="false")
    """The buyer pays whoever brings it."""
    paid_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    """The unpaid order whose place it took; each is replaced once."""

    @property
    def has_voucher(self) -> bool:
        """Whether a code lowered what is paid, whoever bears it."""
        return bool(self.discount_minor or self.gift_minor)

    @property
    def collect_minor(self) -> int:
        """What whoever brings it takes from the buyer, in đồng; 0 when nothing (any more)."""
        return self.due_minor if self.is_cash and self.paid_at is None else 0

    @property
    def due_minor(self) -> int:
        """What is asked for in money, in đồng: the total less what was paid with store credit."""
        return self.total_minor - self.credit_minor


class Consignment(Identified, Base):
    """One producer's parcel of an order; `goods_minor` is what the buyer pays for its goods, after a voucher."""

    __tablename__ = "consignments"
    __table_args__ = (
        UniqueConstraint("order_id", "producer_id"),
        Index(None, "producer_id", "state", "created_at"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
        CheckConstraint("gift_minor >= 0", name="gift_not_negative"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    state: Mapped[OrderState]
    goods_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    gift_minor: Mapped[int] = mapped_column(server_default="0")
    """What the market pays for its goods besides."""
    delivery_minor: Mapped[int]
    method_name: Mapped[str] = mapped_column(server_default="")
    """How it travels, as the producer called it then; empty for the flat fee of one who set nothing up."""
    is_fetched: Mapped[bool] = mapped_column(server_default="false")
    fetched_at_place: Mapped[str] = mapped_column(server_default="")
    """Where the buyer comes for it, in the producer's words of then."""
    deliver_on: Mapped[date | None]
    """The day that the buyer chose (Vietnam's)."""
    method_id: Mapped[UUID | None] = mapped_column(ForeignKey("delivery_methods.id"))
    """By which method it was priced; None for the flat fee."""
    travels_with_id: Mapped[UUID | None] = mapped_column(ForeignKey("consignments.id"), index=True)
    """The parcel, of an earlier order, that these goods travel in: always the first of them, never one that was added."""
    is_fee_kept: Mapped[bool] = mapped_column(server_default="false")
    """It was given back whole, but for its delivery: goods that were added to it still travel by that (J8)."""
    carrier: Mapped[str | None]
    carrier_phone: Mapped[str | None]
    """Of a bus or a neighbour whom the buyer calls."""
    tracking_number: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]

    @property
    def earned_minor(self) -> int:
        """What the producer earns with its goods, whoever pays it."""
        return self.goods_minor + self.gift_minor


class OrderLine(Identified, Base):
    """A variant as it was ordered: words and price of that moment.

    `amount_minor` is what the buyer pays for it: its price less the part of a voucher that fell on it, `discount_minor`
    if its producer bears that, `gift_minor` if the market pays it.
    Where the scale settles the price, `amount_minor` is the ceiling that is paid, and `final_minor` what it costs once
    every piece was weighed.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(least_g IS NULL) = (most_g IS NULL)", name="bounds"),
        CheckConstraint("final_minor BETWEEN 0 AND amount_minor", name="final_within_paid"),
        CheckConstraint("amount_minor >= 0 AND discount_minor >= 0", name="discount_not_negative"),
        CheckConstraint(
            "num_nulls(bundle_id, bundle_name, bundle_quantity) IN (0, 3) AND bundle_quantity > 0",
            name="bundle_whole",
        ),
        CheckConstraint("final_gift_minor BETWEEN 0 AND gift_minor", name="final_gift_within"),
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
    """For one piece, or for one kilo; of what lies in a box what it costs alone."""
    price_list: Mapped[str] = mapped_column(server_default="")
    """The name of the price list that it is of; empty: the listing's own price."""
    tax_kind: Mapped[TaxKind] = mapped_column(server_default=TaxKind.GOODS.value)
    """What the listing was to the tax office then."""
    amount_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    gift_minor: Mapped[int] = mapped_column(server_default="0")
    expected_on: Mapped[date | None]
    """When the harvest is expected that it was ordered from before it was there."""
    least_g: Mapped[int | None]
    """The lightest that one piece may be, where the scale settles the price."""
    most_g: Mapped[int | None]
    """The heaviest."""
    final_minor: Mapped[int | None]
    bundle_id: Mapped[UUID | None]
    """The same for all that lies in boxes of one kind, if it was ordered so."""
    bundle_name: Mapped[str | None]
    bundle_quantity: Mapped[int | None]
    """How many such boxes; `quantity` is for all of them."""
    final_gift_minor: Mapped[int] = mapped_column(server_default="0")
    """What the market pays of it once it was weighed."""

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
        """What it costs the buyer as far as is known: by the scale, or as it was paid."""
        return self.amount_minor if self.final_minor is None else self.final_minor

    @property
    def settled_gift_minor(self) -> int:
        """What the market pays of it as far as is known."""
        return self.gift_minor if self.final_minor is None else self.final_gift_minor

    @property
    def earned_minor(self) -> int:
        """What its producer earns with it as far as is known, whoever pays it."""
        return self.settled_minor + self.settled_gift_minor


class WeighedPiece(Identified, Base):
    """What one piece of an order line weighed, of which lot it was, and the photo of the scale: written once.

    The photo may come later, from a phone that had no signal; nothing else is ever changed. A weight that was wrong is
    weighed again in a `turn` of its own, with a reason; the last turn counts.
    """

    __tablename__ = "weighed_pieces"
    __table_args__ = (
        UniqueConstraint("order_line_id", "turn", "position"),
        CheckConstraint("weight_g > 0", name="weight_positive"),
        CheckConstraint("turn >= 1 AND (turn = 1) = (reason = '')", name="again_with_reason"),
    )

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    turn: Mapped[int] = mapped_column(server_default="1")
    """From 1; above it the line was weighed again."""
    position: Mapped[int]
    """From 1."""
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    weight_g: Mapped[int]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    record_id: Mapped[UUID] = mapped_column(index=True)
    """The id that the form was written under: a photo that follows names it."""
    weighed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    weighed_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(server_default="")
    """Why it was weighed again."""


class RefundedLine(Base):
    """An order line whose price goes back to the buyer: once, whatever the reason."""

    __tablename__ = "refunded_lines"

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), index=True)


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
