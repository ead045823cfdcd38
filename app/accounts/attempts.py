"""Attempts: counted in a transaction of their own, because a refusal rolls the request's transaction back.

Call these before the request's session runs its first statement: each takes a second connection for a moment, and
requests that hold one while waiting for another would starve the pool.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.accounts import repository
from app.accounts.errors import TooOftenError, WrongCodeError, too_often
from app.accounts.models import Attempt
from app.core.i18n import _

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database

MOST_TRIES = 5


async def limit(database: Database, *, kind: str, key: str, most: int, per: timedelta, now: datetime) -> None:
    """Record one attempt at `kind` by `key`; LimitedError (429) when there were `most` within `per` already.

    A refused attempt is not recorded: waiting always helps, and nobody can fill the table.
    """
    async with database.transaction() as session:
        await repository.lock_attempts(session, (kind, key))
        asked = (kind, key, most, now - per)
        [(_nth, count)] = await repository.take_attempts(session, asked, now=now)
        if count >= most:
            raise too_often()


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts at `kind` by `key` within `per`."""

    kind: str
    key: str
    most: int
    per: timedelta


@dataclass(frozen=True)
class Taken:
    """What is left after an attempt: how many more, and when the next is free once there are none."""

    left: int
    again_at: datetime | None


async def take(database: Database, limits: Sequence[Limit], *, now: datetime) -> Taken:
    """Record one attempt under several limits at once; TooOftenError (429) when one of them is used up.

    A refused attempt is recorded under none. Limits are locked in their order: name the widest last, everywhere.
    """
    async with database.transaction() as session:
        return await take_in(session, limits, now=now)


async def take_in(session: AsyncSession, limits: Sequence[Limit], *, now: datetime) -> Taken:
    """As `take`, in a transaction of its own that the caller opened because it must look at something before."""
    await repository.lock_attempts(session, *dict.fromkeys((limit.kind, limit.key) for limit in limits))
    # Looked at, and recorded where there is room, by one statement that begins behind the lock.
    found = await repository.take_attempts(session, *_ask(limits, now), now=now)
    again_at, counts = _judge(limits, found)
    if again_at is not None and again_at > now:
        raise TooOftenError(again_at)
    left = min(limit.most - count for limit, count in zip(limits, counts, strict=True)) - 1
    if left == 0:
        again_at, _counts = await _look(session, limits, now)
    return Taken(left, again_at if left == 0 else None)


async def guess(
    database: Database,
    limits: Sequence[Limit],
    *,
    now: datetime,
    is_right: Callable[[AsyncSession], Awaitable[bool]],
) -> None:
    """Judge a guess, and record it under all limits when it is wrong; TooOftenError (429) when one is used up.

    Once one is used up even the right guess is refused, so that nothing is learnt by going on. Judged and counted under
    one lock: many at once get no more guesses than there are. Name the widest limit last, everywhere.
    """
    async with database.transaction() as session:
        await repository.lock_attempts(session, *((limit.kind, limit.key) for limit in limits))
        again_at, _counts = await _look(session, limits, now)
        if again_at is not None and again_at > now:
            raise TooOftenError(again_at)
        if not await is_right(session):
            session.add_all(Attempt(kind=limit.kind, key=limit.key, created_at=now) for limit in limits)


async def _look(
    session: AsyncSession, limits: Sequence[Limit], now: datetime
) -> tuple[datetime | None, list[int]]:
    """When the last of the limits has room for one more (None when none was ever used up), and how much of each is used."""
    return _judge(limits, await repository.look_at_attempts(session, *_ask(limits, now)))


def _ask(limits: Sequence[Limit], now: datetime) -> list[tuple[str, str, int, datetime]]:
    return [(limit.kind, limit.key, limit.most, now - limit.per) for limit in limits]


def _judge(
    limits: Sequence[Limit], found: Sequence[tuple[datetime | None, int]]
) -> tuple[datetime | None, list[int]]:
    used = zip(limits, found, strict=True)
    again_at = max((at + limit.per for limit, (at, _count) in used if at is not None), default=None)
    return again_at, [count for _at, count in found]


async def use_try(database: Database, challenge_id: UUID, *, now: datetime) -> int:
    """Spend one of the tries of a code, whatever comes of it; answers how many are left.

    WrongCodeError when the code is unknown, used, expired or out of tries.
    """
    async with database.transaction() as session:
        used = await repository.count_try(session, challenge_id, most=MOST_TRIES, now=now)
        if used is not None:
            return MOST_TRIES - used
        challenge = await repository.find_challenge(session, challenge_id)
        if challenge is not None and challenge.consumed_at is None and challenge.expires_at > now:
            raise WrongCodeError(_("Bạn thử sai nhiều lần quá rồi. Bạn lấy mã mới nhé."))
        raise WrongCodeError(_("Mã này không còn dùng được. Bạn lấy mã mới nhé."))
