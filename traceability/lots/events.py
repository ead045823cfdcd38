"""What lots announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LotMade(Event):
    """A lot stands in the books, held or released (`made_at` in UTC)."""

    lot_id: UUID
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class LotReleased(Event):
    """A lot may be labelled and sold: `quantity_g` grams of the pack, good until `expires_on`."""

    lot_id: UUID
    variant_id: UUID
    quantity_g: int
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class LotHeld(Event):
    """A lot may not be sold: something in it was harvested before `clear_on`, the first clear day."""

    lot_id: UUID
    clear_on: date


@dataclass(frozen=True, kw_only=True)
class LotReduced(Event):
    """Grams of a lot went on into another lot (`at` in UTC): `taken_g`; of what was made, `rest_g` are its own after that."""

    lot_id: UUID
    variant_id: UUID
    taken_g: int
    rest_g: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event):
    """A lot must not be sold or eaten any more."""

    lot_id: UUID


@dataclass(frozen=True, kw_only=True)
class LotChanged(Event):
    """What people read about a lot is no longer what it was."""

    lot_id: UUID
