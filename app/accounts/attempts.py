"""Attempts: counted in a transaction of their own, because a refusal rolls the request's transaction back.

Call these before the request's session runs its first statement: each takes a second connection for a moment, and
requests that hold one while waiting for another would starve the pool.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.accounts import repository
from app.accounts.errors import WrongCodeError, too_often
from app.accounts.models import Attempt
from app.core.i18n import _

if TYPE_CHECKING:
    from uuid import UUID

    from app.core.db import Database

MOST_TRIES = 5


async def limit(database: Database, *, kind: str, key: str, most: int, per: timedelta, now: datetime) -> None:
    """Record one attempt at `kind` by `key`; LimitedError (429) when there were `most` within `per` already.

    A refused attempt is not recorded: waiting always helps, and nobody can fill the table.
    """
    async with database.transaction() as session:
        await repository.lock_attempts(session, kind, key)
        if await repository.count_attempts(session, kind, key, since=now - per) >= most:
            raise too_often()
        session.add(Attempt(kind=kind, key=key, created_at=now))


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
