"""Selects and locks of statements, and of who told of a receipt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, String, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from app.core.driver import Prepared
from app.core.ids import uuid7
from storefront.payments.models import BankPull, LineOutcome, Receipt, ReceiptReport, Statement, StatementLine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_SEED = 0x43500001
# Built once: building a statement anew costs a third of asking it, and this one is asked for every transfer.
_UNTOLD = (
    select(Receipt)
    .where(
        Receipt.account == bindparam("account"),
        Receipt.amount_minor == bindparam("amount_minor"),
        Receipt.arrived_at.between(bindparam("since"), bindparam("until")),
        # Those are parts of what was told of.
        Receipt.provider.not_in((bindparam("provider"), "courier", "producer")),
        ~select(ReceiptReport.id)
        .where(ReceiptReport.receipt_id == Receipt.id, ReceiptReport.provider == bindparam("provider"))
        .exists(),
    )
    .order_by(Receipt.arrived_at, Receipt.id)
)


async def hold_sum(session: AsyncSession, account: str, amount_minor: int, *, names: Collection[str]) -> None:
    """Hold what one sum on one account is called by until the transaction ends, and keep a statement of it out meanwhile.

    Sums with other names may come in meanwhile; one without any name holds the whole sum.
    """
    key = f"{account} {amount_minor}"
    # In one order for all: the account, the sum, then the names.
    shared = [account, key] if names else [account]
    alone = _spell(key, names) or [key]
    held = {f"name_{n}": name for n, name in enumerate([*shared, *alone])}
    await _holding(len(shared), len(alone)).fetch(session, held)


@cache
def _holding(shared: int, alone: int) -> Prepared:
    """Built once for so many names that are held beside others, and so many that are held alone."""
    keys = [_key(bindparam(f"name_{n}", type_=String)) for n in range(shared + alone)]
    return Prepared(
        select(
            *(func.pg_advisory_xact_lock_shared(key) for key in keys[:shared]),
            *(func.pg_advisory_xact_lock(key) for key in keys[shared:]),
        )
    )


def _spell(key: str, names: Collection[str]) -> list[str]:
    return [f"{key} {name}" for name in sorted(set(names))]


async def hold_account(session: AsyncSession, account: str) -> None:
    """Hold a whole account until the transaction ends: no messenger takes money in on it meanwhile."""
    await session.execute(select(func.pg_advisory_xact_lock(_key(literal(account)))))


async def list_untold(
    session: AsyncSession, *, account: str, amount_minor: int, provider: str, since: datetime, until: datetime
) -> list[Receipt]:
    """List the receipts of a sum that came by others, and that `provider` has not told of yet."""
    asked = {
        "account": account,
        "amount_minor": amount_minor,
        "provider": provider,
        "since": since,
        "until": until,
    }
    return list(await session.scalars(_UNTOLD, asked))


async def insert_report(
    session: AsyncSession, *, receipt_id: UUID, provider: str, external_id: str, now: datetime
) -> None:
    """Keep that somebody told of a receipt, once."""
    await session.execute(
        insert(ReceiptReport)
        .values(id=uuid7(), receipt_id=receipt_id, provider=provider, external_id=external_id, created_at=now)
        .on_conflict_do_nothing()
    )


async def list_known_hashes(session: AsyncSession, hashes: Sequence[str]) -> set[str]:
    """List which of these lines an earlier statement brought."""
    statement = select(StatementLine.hash).where(StatementLine.hash.in_(hashes))
    return set((await session.execute(statement)).scalars())


async def find_statement(session: AsyncSession, statement_id: UUID) -> Statement | None:
    """Find a statement, or None."""
    return await session.get(Statement, statement_id)


async def list_statements(session: AsyncSession, *, limit: int) -> list[tuple[Statement, int]]:
    """List the newest statements, each with how many of its lines wait for a decision."""
    waiting = func.count(case((StatementLine.outcome == LineOutcome.DOUBTFUL, 1)))
    statement = (
        select(Statement, waiting)
        .outerjoin(StatementLine, StatementLine.statement_id == Statement.id)
        .group_by(Statement.id)
        .order_by(Statement.id.desc())
        .limit(limit)
    )
    return [(found, number) for found, number in await session.execute(statement)]


async def list_lines(session: AsyncSession, statement_id: UUID) -> list[tuple[StatementLine, Receipt | None]]:
    """List a statement's own lines in the order of the file, each with its receipt."""
    statement = (
        select(StatementLine, Receipt)
        .outerjoin(Receipt, Receipt.id == StatementLine.receipt_id)
        .where(StatementLine.statement_id == statement_id)
        .order_by(StatementLine.line, StatementLine.id)
    )
    return [(line, receipt) for line, receipt in await session.execute(statement)]


async def lock_line(session: AsyncSession, line_id: UUID) -> StatementLine | None:
    """Lock a line; its newest values are read again."""
    statement = (
        select(StatementLine)
        .where(StatementLine.id == line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_pull(session: AsyncSession, provider: str) -> BankPull | None:
    """Find how far a provider's list was read, or None."""
    return await session.get(BankPull, provider, populate_existing=True)


async def list_pulls(session: AsyncSession) -> list[BankPull]:
    """List how far every provider's list was read."""
    return list((await session.execute(select(BankPull).order_by(BankPull.provider))).scalars())


async def save_pull(
    session: AsyncSession, *, provider: str, read_until: datetime | None, problem: str, now: datetime
) -> None:
    """Note how a reading ended; the mark never goes back, whoever else read meanwhile."""
    values = {"read_until": read_until, "tried_at": now, "problem": problem}
    statement = insert(BankPull).values(provider=provider, **values)
    later = {"read_until": func.greatest(BankPull.read_until, statement.excluded.read_until)}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["provider"], set_={**values, **later})
    )


def _key(name: ColumnElement[str]) -> ColumnElement[int]:
    return cast(func.hashtextextended(name, _SEED), BigInteger)
