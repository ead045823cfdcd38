"""Tours as a scanned label asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.tours import service

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class TourVisits:
    """Answers from the tours."""

    async def find_slug(self, session: AsyncSession, producer_id: UUID) -> str | None:
        """The newest published tour of a producer, by the word in its address."""
        found = await service.list_tours(session, producer_id)
        return next((tour.slug for tour in found if tour.is_published), None)
