"""Who pays for orders, as payments ask for it when money names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.orders import repository
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
