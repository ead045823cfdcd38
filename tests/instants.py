"""Two of one instant, made certain: who looks a moment too early, and who waits for another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    import pytest

    from app.core.db import Database

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def look_too_early(monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> None:
    """Let the next call of a look-up find nothing, as one that came a moment before what it looks for."""
    find, looked = getattr(place, name), []

    async def find_too_early(*values: Any, **named: Any) -> Any:
        looked.append(values)
        return None if len(looked) == 1 else await find(*values, **named)

    monkeypatch.setattr(place, name, find_too_early)


async def until_stopped(db: Database, *tasks: asyncio.Task[Any]) -> None:
    """Go on once each of these is done, or stands in the database and waits for somebody's lock; nobody else may wait there."""
    while running := sum(not task.done() for task in tasks):
        async with db.transaction() as session:
            if await session.scalar(_WAITING) == running:
                return
        await asyncio.sleep(0.01)
