"""Who pays for bookings, as payments ask for it when money names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.payments.ports import Payer
from storefront.tours import booking_repository

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class BookingPayers:
    """Answers from the bookings."""

    async def list_payers(self, session: AsyncSession, payable_ids: Collection[UUID]) -> dict[UUID, Payer]:
        """Who these bookings are for."""
        found = await booking_repository.list_contacts(session, payable_ids)
        return {booking_id: Payer(name=name, phone=phone) for booking_id, name, phone in found}

    async def find_successor(self, session: AsyncSession, payable_id: UUID) -> UUID | None:  # noqa: ARG002 - the port's
        """Bookings are not edited."""
        return None
