"""Pulls: once a day a provider's own list is read, so that a webhook that got lost loses no money (FLOWS.md, P27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from structlog import get_logger

from app.core.errors import UpstreamError
from storefront.payments import statement_repository as repository
from storefront.payments import transfers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from storefront.payments.models import BankPull
    from storefront.payments.ports import BankList
    from storefront.payments.service import CollectingAccount

FIRST = timedelta(days=30)
OVERLAP = timedelta(days=3)
"""Read again each time: banks book late, and providers list late."""
NO_ANSWER, UNREAD = "no_answer", "unread"
log = get_logger()


async def pull(
    database: Database, bank_list: BankList, *, collecting: CollectingAccount, now: datetime
) -> None:
    """Read a provider's list from where the last whole reading ended, three days earlier; the same receipts, once.

    Each transfer is a transaction of its own, so that what was read before the provider fell silent is kept. A reading
    that was not whole does not move the mark; UpstreamError then, after it was noted, so that the job tries again.
    """
    async with database.transaction() as session:
        known = await repository.find_pull(session, bank_list.name)
        mark = known.read_until if known else None
    since = mark - OVERLAP if mark else now - FIRST
    unread = 0
    try:
        async for page in bank_list.list_pages(account=collecting.account, since=since):
            unread += page.unread_count
            for transfer in page.transfers:
                async with database.transaction() as session:
                    await transfers.receive_transfer(
                        session, transfer, provider=bank_list.name, collecting=collecting, now=now
                    )
    except UpstreamError:
        await _note(database, bank_list.name, read_until=mark, problem=NO_ANSWER, now=now)
        raise
    if unread:
        log.warning("records of a list were not read", provider=bank_list.name, count=unread)
        await _note(database, bank_list.name, read_until=mark, problem=UNREAD, now=now)
    else:
        await _note(database, bank_list.name, read_until=now, problem="", now=now)


async def list_pulls(session: AsyncSession) -> Sequence[BankPull]:
    """List how far each provider's list was read."""
    return await repository.list_pulls(session)


async def _note(
    database: Database, provider: str, *, read_until: datetime | None, problem: str, now: datetime
) -> None:
    async with database.transaction() as session:
        await repository.save_pull(
            session, provider=provider, read_until=read_until, problem=problem, now=now
        )
