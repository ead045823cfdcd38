"""Work of payments that nobody waits for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.core.errors import UpstreamError
from storefront.payments import pulls, repository

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from storefront.payments.ports import BankLists
    from storefront.payments.service import CollectingAccount


async def expire_due(session: AsyncSession, *, now: datetime) -> None:
    """Sweep what nobody paid in time; it already counts as expired wherever it is read."""
    await repository.expire_due(session, now=now)


async def pull_lists(
    database: Database, *, now: datetime, lists: BankLists, collecting: CollectingAccount
) -> None:
    """Read every provider's list; one that is silent keeps no other waiting, and the whole is tried again."""
    silent: UpstreamError | None = None
    for bank_list in lists:
        try:
            await pulls.pull(database, bank_list, collecting=collecting, now=now)
        except UpstreamError as error:
            silent = error
    if silent is not None:
        raise silent
