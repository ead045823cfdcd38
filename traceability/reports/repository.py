"""Selects, the insert and the one change of reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.reports.models import SuspectReport


async def insert_report(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Insert a report; False when its id is there already."""
    statement = (
        insert(SuspectReport)
        .values(row)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(SuspectReport.id)
    )
    return await session.scalar(statement) is not None


async def find_report(session: AsyncSession, report_id: UUID) -> SuspectReport | None:
    """Select a report, as it stands now."""
    statement = select(SuspectReport).where(SuspectReport.id == report_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def has_open(session: AsyncSession, *, gtin: str, since: datetime, but: UUID) -> bool:
    """Whether the same product has a report since then that nobody looked into yet, besides `but`."""
    statement = (
        select(SuspectReport.id)
        .where(
            SuspectReport.gtin == gtin,
            SuspectReport.created_at > since,
            SuspectReport.handled_at.is_(None),
            SuspectReport.id != but,
        )
        .limit(1)
    )
    return await session.scalar(statement) is not None


async def list_reports(
    session: AsyncSession, *, producer_id: UUID | None, limit: int
) -> Sequence[SuspectReport]:
    """Select reports of one producer, or of all; the newest first."""
    statement = select(SuspectReport).order_by(SuspectReport.created_at.desc(), SuspectReport.id.desc())
    if producer_id is not None:
        statement = statement.where(SuspectReport.producer_id == producer_id)
    return (await session.scalars(statement.limit(limit))).all()


async def mark_handled(session: AsyncSession, report_id: UUID, *, person_id: UUID, now: datetime) -> bool:
    """Remember who looked into a report; the first stays, and False tells the others."""
    statement = (
        update(SuspectReport)
        .where(SuspectReport.id == report_id, SuspectReport.handled_at.is_(None))
        .values(handled_at=now, handled_by_id=person_id)
        .returning(SuspectReport.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
