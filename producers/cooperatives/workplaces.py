"""The producers of a person, as the page "me" asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from producers.cooperatives import service

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class MemberWorkplaces:
    """Answers from memberships."""

    async def list_names(self, session: AsyncSession, person_id: UUID) -> list[str]:
        """The names of the producers to which this person belongs, the first joined first."""
        return [one.producer.name for one in await service.list_belongings(session, person_id)]
