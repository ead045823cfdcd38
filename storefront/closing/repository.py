"""Selects of the close, and its insert."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.closing.models import BookClose
from storefront.closing.questions import STATEMENTS, SUMS, Question
from storefront.ledger.models import Journal
from storefront.ledger.periods import Period

Row = tuple[str, int | None, int | None, str, str, int]


async def ask(session: AsyncSession, question: Question, period: Period, *, most: int) -> list[Row]:
    """Select what does not fit, `most` rows at most; see `questions`."""
    since, until = period.instants
    statement = STATEMENTS[question]
    wanted: dict[str, object] = {"most": most}
    if ":since" in statement:
        wanted |= {"since": since, "until": until}
    found = await session.execute(text(statement), wanted)
    return [(label, must, has, kind, link, count) for label, must, has, kind, link, count in found]


async def sum_period(
    session: AsyncSession, period: Period, *, folded: list[str]
) -> list[tuple[str, int, int, int]]:
    """Sum by account: (account, debits, credits, balance at the end); credits below zero."""
    since, until = period.instants
    found = await session.execute(text(SUMS), {"since": since, "until": until, "folded": folded})
    return [(name, debit, credit, balance) for name, debit, credit, balance in found]


async def count_journals(session: AsyncSession, period: Period) -> int:
    """Count the journals of some days."""
    since, until = period.instants
    statement = select(func.count()).where(Journal.occurred_at >= since, Journal.occurred_at < until)
    return int((await session.execute(statement)).scalar_one())


async def list_after(
    session: AsyncSession, period: Period, closed_at: datetime, *, limit: int
) -> list[Journal]:
    """Select the journals of some days that were booked after an instant, the oldest first."""
    since, until = period.instants
    statement = (
        select(Journal)
        .where(Journal.occurred_at >= since, Journal.occurred_at < until, Journal.created_at > closed_at)
        .order_by(Journal.created_at, Journal.id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def insert_close(session: AsyncSession, row: dict[str, Any]) -> BookClose:
    """Insert a close."""
    return (await session.scalars(insert(BookClose).values(**row).returning(BookClose))).one()


async def find_close(session: AsyncSession, period: Period) -> BookClose | None:
    """Find the newest close of exactly these days."""
    statement = select(BookClose).where(BookClose.since == period.since, BookClose.until == period.until)
    return await session.scalar(statement.order_by(BookClose.id.desc()).limit(1))


async def list_closes(session: AsyncSession, *, limit: int) -> list[BookClose]:
    """Select the newest closes."""
    return list(await session.scalars(select(BookClose).order_by(BookClose.id.desc()).limit(limit)))
