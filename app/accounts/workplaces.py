"""Workplaces: how the page "me" learns for which producers a person works, from a floor above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class Workplaces(Protocol):
    """Port: knows the producers of a person; `app.wiring` fills it."""

    async def list_names(self, session: AsyncSession, person_id: UUID) -> list[str]:
        """The names of the producers to which this person belongs, in reading order."""
        ...


class Desks(Protocol):
    """Port: knows the tour operator for which a person books; `app.wiring` fills it."""

    async def find_desk(self, session: AsyncSession, person_id: UUID) -> tuple[str, str] | None:
        """The operator's name, and the route of its pages; None for somebody who books for none."""
        ...
