"""What the resolver asks of the floors above it; wiring fills it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class Visits(Protocol):
    """Whether people may come and see where it grows."""

    async def find_slug(self, session: AsyncSession, producer_id: UUID) -> str | None:
        """The word in the address of the producer's newest tour that stands in the shop; None without one."""
        ...
