"""Keys of programs: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
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
    ends_at: datetime | None = None,
) -> str:
    """Make a key that holds until `ends_at` (None: until it is ended); answers the only copy of it, such as `cp_epcis_...`."""
    key = f"{PREFIX}_{kind.value}_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(
            id=uuid7(),
            kind=kind,
            name=name,
            secret_hash=hash_key(key),
            party=party,
            subject_id=subject_id,
            ended_at=ends_at,
            created_at=now,
        )
    )
    await session.flush()
    return key


async def find_key(session: AsyncSession, presented: str, *, now: datetime) -> ApiKey | None:
    """Find the key that was presented, unless it has ended."""
    return open_at(await repository.find_key(session, hash_key(presented)), now)


async def find_open_key(session: AsyncSession, key_id: UUID, *, now: datetime) -> ApiKey | None:
    """Find a key by its id, unless it has ended."""
    return open_at(await session.get(ApiKey, key_id, populate_existing=True), now)


async def get_names(session: AsyncSession, key_ids: Collection[UUID]) -> dict[UUID, str]:
    """Whose keys these are, ended ones as well."""
    return {key.id: key.name for key in await repository.list_keys(session) if key.id in set(key_ids)}


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """List every key that was ever made, the oldest first."""
    return await repository.list_keys(session)


async def end_key(session: AsyncSession, key_id: UUID, *, now: datetime) -> bool:
    """End a key from this instant on; False when there is none of this id, or it has ended already."""
    return await repository.end_key(session, key_id, now=now)


def open_at(found: ApiKey | None, now: datetime) -> ApiKey | None:
    """The key, unless it has ended by `now`."""
    return found if found is not None and (found.ended_at is None or now < found.ended_at) else None


def hash_key(key: str) -> bytes:
    """A plain hash: the key is 256 random bits, there is nothing to guess."""
    return hashlib.sha256(key.encode()).digest()
