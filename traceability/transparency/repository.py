"""Selects and bulk writes of the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import copy_rows
from traceability.transparency.models import LogCheckpoint, LogCosignature, LogEntry, LogQueue, LogTile

_LOCK = 0x4C4F47  # "LOG"


async def copy_to_queue(session: AsyncSession, entries: Sequence[bytes]) -> None:
    """Write entries that wait, by COPY."""
    await copy_rows(session, "COPY log_queue (entry) FROM STDIN", [(entry,) for entry in entries])


async def lock_log(session: AsyncSession) -> bool:
    """Be the only one who gives out places, until the end of the transaction; False when somebody else does."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


async def list_queue(session: AsyncSession, limit: int) -> list[LogQueue]:
    """Select the oldest entries that wait."""
    return list(await session.scalars(select(LogQueue).order_by(LogQueue.id).limit(limit)))


async def delete_queue(session: AsyncSession, ids: Collection[int]) -> None:
    """Take entries off the queue."""
    await session.execute(delete(LogQueue).where(LogQueue.id.in_(ids)))


async def copy_entries(session: AsyncSession, start: int, entries: Sequence[bytes]) -> None:
    """Write entries at their places, by COPY."""
    rows = [(start + place, entry) for place, entry in enumerate(entries)]
    await copy_rows(session, "COPY log_entries (index, entry) FROM STDIN", rows)


async def list_tiles(
    session: AsyncSession, keys: Collection[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Select tiles by level and number; one that is not there is left out."""
    if not keys:
        return {}
    statement = select(LogTile).where(tuple_(LogTile.level, LogTile.number).in_(list(keys)))
    found = await session.scalars(statement.execution_options(populate_existing=True))
    return {(tile.level, tile.number): tile.data for tile in found}


async def keep_tiles(session: AsyncSession, tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Write tiles, or what they grew to."""
    rows = [{"level": level, "number": number, "data": data} for (level, number), data in tiles.items()]
    statement = insert(LogTile).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["level", "number"],
        set_={"data": statement.excluded.data},
        where=LogTile.data != statement.excluded.data,
    )
    await session.execute(statement)


async def insert_checkpoint(
    session: AsyncSession, *, size: int, root: bytes, note: str, now: datetime
) -> None:
    """Write a signed head."""
    await session.execute(insert(LogCheckpoint).values(size=size, root=root, note=note, created_at=now))


async def find_checkpoint(session: AsyncSession) -> LogCheckpoint | None:
    """Select the latest head."""
    return await session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


async def find_checkpoint_of(session: AsyncSession, size: int) -> LogCheckpoint | None:
    """Select the head of a size."""
    return await session.get(LogCheckpoint, size)


async def find_witnessed(session: AsyncSession, *, at_least: int) -> LogCheckpoint | None:
    """Select the latest head that a witness cosigned, if it holds so many entries."""
    statement = (
        select(LogCheckpoint)
        .where(LogCheckpoint.size >= at_least)
        .where(LogCheckpoint.size.in_(select(LogCosignature.size)))
    )
    return await session.scalar(statement.order_by(LogCheckpoint.size.desc()).limit(1))


async def list_cosignatures(session: AsyncSession, size: int) -> list[str]:
    """Select the witnesses' lines under a head."""
    statement = select(LogCosignature.line).where(LogCosignature.size == size).order_by(LogCosignature.name)
    return list(await session.scalars(statement))


async def keep_cosignature(session: AsyncSession, *, size: int, name: str, line: str, now: datetime) -> None:
    """Write a witness's line, in the place of an earlier one under the same head."""
    statement = insert(LogCosignature).values(size=size, name=name, line=line, created_at=now)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["size", "name"], set_={"line": line, "created_at": now}
        )
    )


async def find_index(session: AsyncSession, entry: bytes) -> int | None:
    """Select the first place of an entry."""
    return await session.scalar(select(func.min(LogEntry.index)).where(LogEntry.entry == entry))


async def list_entries(session: AsyncSession, start: int, end: int) -> list[bytes]:
    """Select the entries of a range of places."""
    statement = select(LogEntry.entry).where(LogEntry.index >= start, LogEntry.index < end)
    return list(await session.scalars(statement.order_by(LogEntry.index)))


async def list_known(session: AsyncSession, entries: Sequence[bytes]) -> set[bytes]:
    """Select which of these entries are in the tree or wait."""
    placed = select(LogEntry.entry).where(LogEntry.entry.in_(entries))
    waiting = select(LogQueue.entry).where(LogQueue.entry.in_(entries))
    return set(await session.scalars(union(placed, waiting)))
