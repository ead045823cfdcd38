"""A phone that several people share: each has a login of their own that their PIN opens, and a way back to a forgotten one.

What the PIN keeps is on the phone (see app/decisions/0015); the PIN itself never comes here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import repository, service
from app.accounts.errors import login_too_old, other_person, phone_forgotten, too_often, unknown_phone_key
from app.core import ids

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

FRESH = timedelta(minutes=10)
KEYS_A_DAY = 20


def require_person(login: service.Login, person_id: UUID) -> None:
    """Without signal a phone may change hands before the cookie does; ConflictError keeps one's key out of the other's name."""
    if login.person.id != person_id:
        raise other_person()


async def issue_credential(
    session: AsyncSession, *, login: service.Login, phone_id: UUID, now: datetime
) -> str:
    """Make the token with which this phone opens this login again; we keep its hash alone.

    It replaces an earlier one, and the person's other logins on the same phone end: one phone is one line for its owner.
    """
    credential = ids.new_token()
    await repository.bind_login(
        session, login.device, phone_id=phone_id, credential_hash=ids.hash_token(credential), now=now
    )
    return credential


async def open_phone(
    session: AsyncSession, *, credential: str, phone_id: UUID, now: datetime
) -> service.Login:
    """The login that a phone's credential opens; UnauthenticatedError when it ended, or is not of this phone."""
    login = await service.find_login(session, token=credential, now=now)
    if login is None or login.device.phone_id != phone_id:
        raise phone_forgotten()
    if login.device.credential_hash != ids.hash_token(credential):
        raise phone_forgotten()  # a cookie's own token is no credential
    return login


async def leave_phone(session: AsyncSession, *, login: service.Login, now: datetime) -> None:
    """Let go of the browser: a login that no credential can open again ends, because nobody holds its token any more."""
    if login.device.credential_hash is None:
        await repository.revoke_logins(session, person_id=login.person.id, login_id=login.device.id, now=now)


async def deposit_key(
    session: AsyncSession, *, person_id: UUID, key_id: UUID, phone_id: UUID, secret: bytes, now: datetime
) -> None:
    """Keep the key that a phone made for this person. Kept once: a repeat changes nothing.

    NotFoundError when somebody else's key has this id; LimitedError past KEYS_A_DAY.
    """
    if await repository.find_phone_key(session, key_id, person_id=person_id):
        return
    # Besides itself: its first sending may have come in since we looked.
    kept = await repository.count_phone_keys(session, person_id, but=key_id, since=now - timedelta(days=1))
    if kept >= KEYS_A_DAY:
        raise too_often()
    await repository.insert_phone_key(
        session, key_id=key_id, person_id=person_id, phone_id=phone_id, secret=secret, now=now
    )
    if await repository.find_phone_key(session, key_id, person_id=person_id) is None:
        raise unknown_phone_key()


async def return_key(session: AsyncSession, *, login: service.Login, key_id: UUID, now: datetime) -> bytes:
    """Give a key back to its person within FRESH of a log-in by code; NotFoundError, ForbiddenError (`login_too_old`)."""
    found = await repository.find_phone_key(session, key_id, person_id=login.person.id)
    if found is None:
        raise unknown_phone_key()
    if login.device.created_at <= now - FRESH:
        raise login_too_old()
    return found.secret
