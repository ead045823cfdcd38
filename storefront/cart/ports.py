"""What the basket asks of rooms above it: what an earlier order takes along, and whether an unpaid one may be edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text
from storefront.delivery.ways import Along, Choice, Destination

_NO_CHOICES: Mapping[UUID, Choice] = MappingProxyType({})


@dataclass(frozen=True)
class Joined:
    """An order that a basket is added to: its code, the commune that it goes to, and by producer what takes more along."""

    code: str
    commune_code: str
    along: Mapping[UUID, Along]

    def to(self, now: datetime, choices: Mapping[UUID, Choice] = _NO_CHOICES) -> Destination:
        """Where the basket goes."""
        return Destination(commune_code=self.commune_code, choices=choices, along=self.along, now=now)


@dataclass(frozen=True)
class Edited:
    """An unpaid order whose place a basket takes: its code, until when it holds its goods, and why it stands (by now)."""

    order_id: UUID
    code: str
    expires_at: datetime
    refusal: Text | None

    @property
    def own_id(self) -> UUID | None:
        """The order whose goods count as the basket's own."""
        return self.order_id if self.refusal is None else None


class EditableOrders(Protocol):
    """Knows the orders that are not paid."""

    async def find(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> Edited:
        """An order that a basket takes the place of; one that stands is no error."""
        ...


class JoinableOrders(Protocol):
    """Knows the orders that have not left."""

    async def find(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> Joined:
        """What an order's parcels take along; none (any more) is no error."""
        ...

    async def find_code(self, session: AsyncSession, order_id: UUID, *, now: datetime) -> str | None:
        """The code of an order while one of its parcels takes more; None after that."""
        ...
