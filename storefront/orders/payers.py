"""Who pays for orders, as payments ask for it when money names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.orders import repository
from storefront.orders.models import Order
from storefront.payments.ports import Payer

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class OrderPayers:
    """Answers from the orders."""

    async def list_payers(self, session: AsyncSession, payable_ids: Collection[UUID]) -> dict[UUID, Payer]:
        """The buyers of these orders."""
        found = await repository.list_buyers(session, payable_ids)
        return {order_id: Payer(name=name, phone=phone) for order_id, name, phone in found}

    async def find_successor(self, session: AsyncSession, payable_id: UUID) -> UUID | None:
        """The order that took the place of this one, however often it was edited."""
        found = None
        while new := await repository.find_order(session, Order.replaces_id == (found or payable_id)):
            found = new.id
        return found
