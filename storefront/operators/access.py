"""Who may enter the operators' pages: a person at work for one. For anybody else there is nothing here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from app.accounts.dependencies import CurrentPerson
from app.web.dependencies import DbSession
from storefront.operators import members
from storefront.operators.errors import NotAClerkError
from storefront.operators.members import Clerk


async def get_clerk(session: DbSession, person: CurrentPerson) -> Clerk:
    """For which operator this person works; raises `NotAClerkError` for somebody who works for none."""
    clerk = await members.find_clerk(session, person)
    if clerk is None:
        raise NotAClerkError
    return clerk


CurrentClerk = Annotated[Clerk, Depends(get_clerk, scope="function")]
