"""Attempts under several limits at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import attempts
from app.accounts.attempts import Limit
from app.accounts.errors import TooOftenError
from app.accounts.models import Attempt
from app.core.db import Database

NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLIENTS = 32


async def count(db: Database) -> int:
    async with db.transaction() as session:
        return (await session.execute(select(func.count()).select_from(Attempt))).scalar_one()


async def test_the_tightest_limit_speaks(db: Database) -> None:
    """What is left is the least of all limits; when one is used up the next try has its hour; the same thing counts once."""
    limits = [Limit("pin", "a", 2, HOUR), Limit("pin", "a", 3, 24 * HOUR), Limit("all", "", 9, HOUR)]
    assert (await attempts.take(db, limits, now=NOW)).left == 1
    last = await attempts.take(db, limits, now=NOW + HOUR / 2)
    assert (last.left, last.again_at) == (0, NOW + HOUR)
    with pytest.raises(TooOftenError) as refused:
        await attempts.take(db, limits, now=NOW + HOUR / 2)
    assert refused.value.again_at == NOW + HOUR
    assert await count(db) == 4
    third = await attempts.take(db, limits, now=NOW + HOUR)
    assert (third.left, third.again_at) == (0, NOW + 24 * HOUR)
    with pytest.raises(TooOftenError) as refused:
        await attempts.take(db, limits, now=NOW + 3 * HOUR)
    assert refused.value.again_at == NOW + 24 * HOUR


async def test_many_at_once_take_no_more_than_there_are(db: Database) -> None:
    """Of thirty-two at the same moment five get in, and five are recorded."""
    limits = [Limit("pin", "a", 5, HOUR), Limit("all", "", 1_000, HOUR)]

    async def take() -> bool:
        try:
            await attempts.take(db, limits, now=NOW)
        except TooOftenError:
            return False
        return True

    assert sum(await asyncio.gather(*(take() for _client in range(CLIENTS)))) == 5
    assert await count(db) == 10
