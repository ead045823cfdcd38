"""Facts that orders announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """A basket became an order; its goods are held."""

    order_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """The whole price is here and the goods are the buyer's: producers may pack these parcels."""

    order_id: UUID
    consignment_ids: tuple[UUID, ...]
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class CashOrderTaken(Event):
    """The goods of an order that is paid on delivery are the buyer's: producers may pack."""

    order_id: UUID
    taken_at: datetime


@dataclass(frozen=True, kw_only=True)
class ConsignmentShipped(Event):
    """A parcel left its producer."""

    consignment_id: UUID
