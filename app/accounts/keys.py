"""Keys of programs: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import repository
from app.accounts.models import ApiKey, KeyKind
from app.core.ids import uuid7

PREFIX = "cp"


async def create_key(
    session: AsyncSession,
    *,
    kind: KeyKind,
    name: str,
    now: datetime,
    party: str | None = None,
    subject_id: UUID | None = None,
) -> str:
    """Make a key; answers the only copy of it, such as `cp_epcis_...`."""
    key = f"{PREFIX}_{kind.value}_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(
            id=uuid7(),
            kind=kind,
            name=name,
            secret_hash=_hash(key),
            party=party,
            subject_id=subject_id,
            ended_at=None,
            created_at=now,
        )
    )
    await session.flush()
    return key


async def find_key(session: AsyncSession, presented: str) -> ApiKey | None:
    """Find the key that was presented, unless it was ended."""
    found = await repository.find_key(session, _hash(presented))
    return found if found is not None and found.ended_at is None else None


def _hash(key: str) -> bytes:
    """A plain hash: the key is 256 random bits, there is nothing to guess."""
    return hashlib.sha256(key.encode()).digest()
