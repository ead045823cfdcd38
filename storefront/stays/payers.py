"""Who pays for stays, as payments ask for it when money names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.payments.ports import Payer
from storefront.stays import booking_repository

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class StayPayers:
    """Answers from the booked stays."""

    async def list_payers(self, session: AsyncSession, payable_ids: Collection[UUID]) -> dict[UUID, Payer]:
        """Who these stays are for."""
        found = await booking_repository.list_contacts(session, payable_ids)
        return {booking_id: Payer(name=name, phone=phone) for booking_id, name, phone in found}

    async def find_successor(self, session: AsyncSession, payable_id: UUID) -> UUID | None:  # noqa: ARG002 - the port's
        """Booked stays are not edited."""
        return None
