"""The books: what moved, from where to where, booked once and never changed (see BOOKS.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from storefront.ledger import accounts, repository
from storefront.ledger.errors import UnbalancedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.ledger.models import Journal

_MIN_SIDES = 2


@dataclass(frozen=True, kw_only=True)
class TrialLine:
    """One kind of account: what was booked on either side (both as positive đồng) and what is left."""

    kind: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True, kw_only=True)
class BookedJournal:
    """A journal with its sides: (account, đồng), debits first."""

    journal: Journal
    entries: list[tuple[str, int]]


async def record(
    session: AsyncSession,
    *,
    kind: str,
    source: str,
    memo: str,
    entries: Sequence[tuple[str, int]],
    occurred_at: datetime,
    now: datetime,
) -> bool:
    """Book one movement: `entries` are (account, đồng), debit positive, credit negative.

    Answers False when `(kind, source)` is booked already, whatever the entries say. A side of zero says nothing and is
    left out. UnbalancedError when the sides do not sum to zero or fewer than two are left. What lowers the debt to a
    producer waits for a batch of payouts that is being taken, and the batch for it (BO1).
    """
    sides = [(account, amount) for account, amount in entries if amount]
    if len(sides) < _MIN_SIDES or sum(amount for _account, amount in sides) != 0:
        raise UnbalancedError(f"{kind} {source}: {entries}")
    if any(amount > 0 and accounts.kind_of(account) in accounts.PAYABLES for account, amount in sides):
        await repository.share_payables(session)
    return await repository.insert_journal(
        session, kind=kind, source=source, memo=memo, sides=sides, occurred_at=occurred_at, now=now
    )


async def lock_payables(session: AsyncSession) -> None:
    """Let nobody lower what is owed to producers until this transaction ends; sums read from now on stay true (BO1)."""
    await repository.lock_payables(session)


async def balance(session: AsyncSession, account: str) -> int:
    """The balance of one account in đồng: the sum of its entries, 0 when it has none."""
    return await repository.sum_account(session, account)


async def balances(session: AsyncSession, prefix: str) -> dict[str, int]:
    """The balances in đồng of every account that was ever booked and begins with `prefix`, by name."""
    return dict(await repository.sum_accounts(session, prefix))


async def balance_before(session: AsyncSession, names: Collection[str], instant: datetime) -> int:
    """What some accounts held in đồng before anything that was booked at or after `instant`."""
    return await repository.sum_before(session, names, instant)


async def sum_happened(
    session: AsyncSession,
    names: Collection[str],
    *,
    kinds: Collection[str],
    since: datetime,
    until: datetime,
) -> int:
    """What some kinds of journals moved on some accounts, in đồng, as they happened from `since` until before `until`."""
    return await repository.sum_happened(session, names, kinds=kinds, since=since, until=until)


async def list_booked(
    session: AsyncSession, names: Collection[str], *, since: datetime, until: datetime, limit: int
) -> list[tuple[Journal, str, int]]:
    """List (journal, account, đồng) of what was booked on some accounts from `since` until before `until`.

    The oldest first, `limit` at most. It goes by the instant of booking: what was read once never changes.
    """
    return await repository.list_booked(session, names, since=since, until=until, limit=limit)


async def sum_sources(
    session: AsyncSession, kinds: Collection[str], sources: Collection[str]
) -> list[tuple[str, str, int]]:
    """What journals of these kinds and sources booked on what is owed to producers: (source, account, đồng)."""
    return await repository.sum_sources(session, kinds, sources, accounts.PAYABLES)


async def get_trial_balance(session: AsyncSession) -> list[TrialLine]:
    """Sum the books by kind of account; the balances of all lines sum to zero."""
    return [
        TrialLine(kind=kind, debit_minor=debit, credit_minor=-minus, balance_minor=debit + minus)
        for kind, debit, minus in await repository.sum_kinds(session)
    ]


async def list_journals(
    session: AsyncSession, *, limit: int, account: str | None = None
) -> list[BookedJournal]:
    """List the newest journals with their sides; with `account` only those that touch it."""
    journals = await repository.list_journals(session, limit=limit, account=account)
    sides: dict[object, list[tuple[str, int]]] = {journal.id: [] for journal in journals}
    for entry in await repository.list_entries(session, [journal.id for journal in journals]):
        sides[entry.journal_id].append((entry.account, entry.amount_minor))
    return [BookedJournal(journal=journal, entries=sides[journal.id]) for journal in journals]
