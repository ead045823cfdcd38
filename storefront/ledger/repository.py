"""Selects of the books."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert

from app.core.driver import Prepared
from app.core.ids import uuid7
from storefront.ledger.models import Journal, JournalEntry

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def _booking() -> Prepared:
    """Build once what books a journal with all its sides; it inserts nothing when `(kind, source)` is booked already."""
    journals, entries = (cast("Table", one.__table__) for one in (Journal, JournalEntry))
    head = (
        insert(journals)
        .values({name: bindparam(name) for name in ("kind", "source", "memo", "occurred_at")})
        .values(id=bindparam("journal_id"), created_at=bindparam("now"))
        .on_conflict_do_nothing(index_elements=["kind", "source"])
        .returning(journals.c.id)
        .cte("head")
    )
    sides = func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("accounts", type_=ARRAY(String)),
        bindparam("amounts", type_=ARRAY(BigInteger)),
    )
    side = sides.table_valued("id", "account", "amount_minor").render_derived("side")
    rows = select(
        side.c.id,
        head.c.id,
        side.c.account,
        side.c.amount_minor,
        bindparam("now", type_=entries.c.created_at.type),
    ).join_from(head, side, true())
    names = ["id", "journal_id", "account", "amount_minor", "created_at"]
    return Prepared(insert(entries).from_select(names, rows).returning(entries.c.id))


_BOOKING = _booking()


async def insert_journal(
    session: AsyncSession,
    *,
    kind: str,
    source: str,
    memo: str,
    sides: Sequence[tuple[str, int]],
    occurred_at: datetime,
    now: datetime,
) -> bool:
    """Insert a journal with its sides, (account, đồng); False when `(kind, source)` is booked already."""
    values = {
        "journal_id": uuid7(),
        "kind": kind,
        "source": source,
        "memo": memo,
        "occurred_at": occurred_at,
        "now": now,
        "ids": [uuid7() for _side in sides],
        "accounts": [account for account, _amount in sides],
        "amounts": [amount for _account, amount in sides],
    }
    return bool(await _BOOKING.fetch(session, values))


# One lock for all producers: whoever needs several could otherwise wait for each other in a ring.
_PAYABLES: ColumnElement[int] = func.hashtextextended("what is owed to producers", 0)
_SHARE_PAYABLES = Prepared(select(func.pg_advisory_xact_lock_shared(_PAYABLES)))
_LOCK_PAYABLES = select(func.pg_advisory_xact_lock(_PAYABLES))


async def share_payables(session: AsyncSession) -> None:
    """Lower what is owed to a producer beside others who do, but not beside a batch of payouts."""
    await _SHARE_PAYABLES.fetch(session, {})


async def lock_payables(session: AsyncSession) -> None:
    """Wait until nobody lowers what is owed to producers, and keep it so until the end of the transaction."""
    await session.execute(_LOCK_PAYABLES)


async def sum_account(session: AsyncSession, account: str) -> int:
    """Sum one account in đồng."""
    statement = select(func.coalesce(func.sum(JournalEntry.amount_minor), 0)).where(
        JournalEntry.account == account
    )
    return int((await session.execute(statement)).scalar_one())


async def sum_before(session: AsyncSession, accounts: Collection[str], instant: datetime) -> int:
    """Sum what was booked on some accounts before an instant."""
    statement = select(func.coalesce(func.sum(JournalEntry.amount_minor), 0)).where(
        JournalEntry.account.in_(accounts), JournalEntry.created_at < instant
    )
    return int((await session.execute(statement)).scalar_one())


async def sum_happened(
    session: AsyncSession,
    accounts: Collection[str],
    *,
    kinds: Collection[str],
    since: datetime,
    until: datetime,
) -> int:
    """Sum some kinds of journals on some accounts by the instant at which they happened, in [since, until)."""
    statement = (
        select(func.coalesce(func.sum(JournalEntry.amount_minor), 0))
        .join(Journal, Journal.id == JournalEntry.journal_id)
        .where(
            JournalEntry.account.in_(accounts),
            Journal.kind.in_(kinds),
            Journal.occurred_at >= since,
            Journal.occurred_at < until,
        )
    )
    return int((await session.execute(statement)).scalar_one())


async def list_booked(
    session: AsyncSession, accounts: Collection[str], *, since: datetime, until: datetime, limit: int
) -> list[tuple[Journal, str, int]]:
    """List (journal, account, đồng) of what was booked on some accounts in [since, until), the oldest first."""
    statement = (
        select(Journal, JournalEntry.account, JournalEntry.amount_minor)
        .join(Journal, Journal.id == JournalEntry.journal_id)
        .where(
            JournalEntry.account.in_(accounts),
            JournalEntry.created_at >= since,
            JournalEntry.created_at < until,
        )
        .order_by(JournalEntry.created_at, JournalEntry.journal_id, JournalEntry.account.desc())
        .limit(limit)
    )
    return [(journal, account, amount) for journal, account, amount in await session.execute(statement)]


async def sum_accounts(session: AsyncSession, prefix: str) -> list[tuple[str, int]]:
    """Sum every account whose name begins with `prefix`, by name."""
    statement = (
        select(JournalEntry.account, func.sum(JournalEntry.amount_minor))
        .where(JournalEntry.account.startswith(prefix, autoescape=True))
        .group_by(JournalEntry.account)
        .order_by(JournalEntry.account)
    )
    return [(account, int(total)) for account, total in await session.execute(statement)]


async def sum_sources(
    session: AsyncSession, kinds: Collection[str], sources: Collection[str], account_kinds: Collection[str]
) -> list[tuple[str, str, int]]:
    """Sum journals of some kinds and sources on kinds of accounts: (source, account, đồng)."""
    statement = (
        select(Journal.source, JournalEntry.account, func.sum(JournalEntry.amount_minor))
        .join(JournalEntry, JournalEntry.journal_id == Journal.id)
        .where(
            Journal.kind.in_(kinds),
            Journal.source == func.any(bindparam("sources", list(sources), ARRAY(String))),
            func.split_part(JournalEntry.account, ":", 1).in_(account_kinds),
        )
        .group_by(Journal.source, JournalEntry.account)
    )
    return [(source, account, int(total)) for source, account, total in await session.execute(statement)]


async def sum_kinds(session: AsyncSession) -> list[tuple[str, int, int]]:
    """Sum by kind of account: (kind, debits, credits), credits below zero."""
    kind = func.split_part(JournalEntry.account, ":", 1)
    debits = func.coalesce(func.sum(JournalEntry.amount_minor).filter(JournalEntry.amount_minor > 0), 0)
    credit = func.coalesce(func.sum(JournalEntry.amount_minor).filter(JournalEntry.amount_minor < 0), 0)
    statement = select(kind, debits, credit).group_by(kind).order_by(kind)
    return [(name, int(debit), int(minus)) for name, debit, minus in await session.execute(statement)]


async def list_journals(session: AsyncSession, *, limit: int, account: str | None) -> list[Journal]:
    """List the newest journals, or the newest that touch `account`."""
    statement = select(Journal).order_by(Journal.occurred_at.desc(), Journal.id.desc()).limit(limit)
    if account is not None:
        touched = select(JournalEntry.journal_id).where(JournalEntry.account == account)
        statement = statement.where(Journal.id.in_(touched))
    return list((await session.execute(statement)).scalars())


async def list_entries(session: AsyncSession, journal_ids: Sequence[UUID]) -> list[JournalEntry]:
    """List the sides of journals, debits first."""
    statement = (
        select(JournalEntry)
        .where(JournalEntry.journal_id.in_(journal_ids))
        .order_by(JournalEntry.amount_minor.desc(), JournalEntry.id)
    )
    return list((await session.execute(statement)).scalars())
