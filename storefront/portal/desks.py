"""The operator of a person, as the page about oneself asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts import service as accounts
from storefront.operators import members

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

HOME = "storefront.portal.home"


class OperatorDesks:
    """Answers from who works for an operator."""

    async def find_desk(self, session: AsyncSession, person_id: UUID) -> tuple[str, str] | None:
        """The operator's name, and where its pages begin."""
        clerk = await members.find_clerk(session, await accounts.get_person(session, person_id))
        return None if clerk is None else (clerk.operator.name, HOME)
