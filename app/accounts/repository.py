"""Selects of people, codes, devices and attempts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import ApiKey, Attempt, LoginSession, OtpChallenge, Person, PhoneKey, StaffMember
from app.core.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


async def find_person(session: AsyncSession, person_id: UUID) -> Person | None:
    """The person, or None."""
    return await session.get(Person, person_id)


async def list_people(session: AsyncSession, ids: Iterable[UUID]) -> Sequence[Person]:
    """The people among `ids` that there are."""
    return (await session.scalars(select(Person).where(Person.id.in_(set(ids))))).all()


async def find_person_by_phone(session: AsyncSession, phone: str) -> Person | None:
    """The person with this number (E.164), or None."""
    return (await session.scalars(select(Person).where(Person.phone == phone))).one_or_none()


async def insert_person(
    session: AsyncSession, *, phone: str, name: str, language: str, now: datetime
) -> Person:
    """Add a person and answer the row with this number: two at once make one person."""
    await session.execute(
        insert(Person)
        .values(id=uuid7(), phone=phone, name=name, language=language, created_at=now)
        .on_conflict_do_nothing(index_elements=["phone"])
    )
    return (await session.scalars(select(Person).where(Person.phone == phone))).one()


async def find_challenge(session: AsyncSession, challenge_id: UUID) -> OtpChallenge | None:
    """The challenge as the database holds it now, or None."""
    return await session.get(OtpChallenge, challenge_id, populate_existing=True)


async def count_try(session: AsyncSession, challenge_id: UUID, *, most: int, now: datetime) -> int | None:
    """Use one try of an open challenge; answers how many are used, None when there was none left to use."""
    statement = (
        update(OtpChallenge)
        .where(
            OtpChallenge.id == challenge_id,
            OtpChallenge.consumed_at.is_(None),
            OtpChallenge.expires_at > now,
            OtpChallenge.tries < most,
        )
        .values(tries=OtpChallenge.tries + 1)
        .returning(OtpChallenge.tries)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def consume_challenge(session: AsyncSession, challenge_id: UUID, *, now: datetime) -> str | None:
    """Spend an open challenge; answers its phone, None when it is spent or expired already."""
    statement = (
        update(OtpChallenge)
        .where(
            OtpChallenge.id == challenge_id,
            OtpChallenge.consumed_at.is_(None),
            OtpChallenge.expires_at > now,
        )
        .values(consumed_at=now)
        .returning(OtpChallenge.phone)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_login(
    session: AsyncSession, token_hash: bytes, *, now: datetime
) -> tuple[LoginSession, Person] | None:
    """The live device that this token or credential opens, and its person, or None."""
    statement = (
        select(LoginSession, Person)
        .join(Person, Person.id == LoginSession.person_id)
        .where(
            or_(LoginSession.token_hash == token_hash, LoginSession.credential_hash == token_hash),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
        )
    )
    row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def touch_login(
    session: AsyncSession, login_id: UUID, *, now: datetime, rest: timedelta, expires_at: datetime
) -> None:
    """Write that a device was seen, unless that was written within `rest`."""
    await session.execute(
        update(LoginSession)
        .where(LoginSession.id == login_id, LoginSession.seen_at <= now - rest)
        .values(seen_at=now, expires_at=expires_at)
    )


async def list_logins(session: AsyncSession, person_id: UUID, *, now: datetime) -> Sequence[LoginSession]:
    """The live devices of a person, the last seen first."""
    statement = (
        select(LoginSession)
        .where(
            LoginSession.person_id == person_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    )
    return (await session.scalars(statement)).all()


async def list_logins_of(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[LoginSession]:
    """The devices of several people that were not logged out."""
    statement = select(LoginSession).where(
        LoginSession.person_id.in_(person_ids), LoginSession.revoked_at.is_(None)
    )
    return (await session.scalars(statement.order_by(LoginSession.id))).all()


async def revoke_logins(
    session: AsyncSession, *, person_id: UUID, login_id: UUID | None, now: datetime
) -> int:
    """Close one device of a person, or all with `login_id` None; answers how many were open."""
    statement = update(LoginSession).where(
        LoginSession.person_id == person_id, LoginSession.revoked_at.is_(None)
    )
    if login_id is not None:
        statement = statement.where(LoginSession.id == login_id)
    result = await session.execute(statement.values(revoked_at=now))
    return cast("CursorResult[Any]", result).rowcount


async def find_any_login(session: AsyncSession, login_id: UUID) -> LoginSession | None:
    """Select a login, whatever its state."""
    return await session.get(LoginSession, login_id)


async def bind_login(
    session: AsyncSession, login: LoginSession, *, phone_id: UUID, credential_hash: bytes, now: datetime
) -> None:
    """Let a credential of this phone open the login too; the person's older logins on this phone end."""
    await session.execute(
        update(LoginSession)
        .where(
            LoginSession.person_id == login.person_id,
            LoginSession.phone_id == phone_id,
            LoginSession.id != login.id,
            LoginSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    login.phone_id, login.credential_hash = phone_id, credential_hash
    await session.flush()


async def insert_phone_key(
    session: AsyncSession, *, key_id: UUID, person_id: UUID, phone_id: UUID, secret: bytes, now: datetime
) -> None:
    """Keep a phone's key, unless it is kept already."""
    await session.execute(
        insert(PhoneKey)
        .values(id=key_id, person_id=person_id, phone_id=phone_id, secret=secret, created_at=now)
        .on_conflict_do_nothing(index_elements=["id"])
    )


async def find_phone_key(session: AsyncSession, key_id: UUID, *, person_id: UUID) -> PhoneKey | None:
    """The key when it is this person's, or None."""
    statement = select(PhoneKey).where(PhoneKey.id == key_id, PhoneKey.person_id == person_id)
    return (await session.scalars(statement)).one_or_none()


async def count_phone_keys(session: AsyncSession, person_id: UUID, *, since: datetime) -> int:
    """How many keys a person kept after `since`."""
    statement = select(func.count()).where(PhoneKey.person_id == person_id, PhoneKey.created_at > since)
    return (await session.execute(statement)).scalar_one()


async def find_staff(session: AsyncSession, person_id: UUID) -> StaffMember | None:
    """What a person is among the platform's staff, or None."""
    return (
        await session.scalars(select(StaffMember).where(StaffMember.person_id == person_id))
    ).one_or_none()


async def lock_attempts(session: AsyncSession, *things: tuple[str, str]) -> None:
    """Let the same (kind, key) be counted by one transaction at a time; several are locked in their order."""
    locks = (func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}\n{key}", 0)) for kind, key in things)
    await session.execute(select(*locks))


async def count_attempts(session: AsyncSession, *things: tuple[str, str, datetime]) -> list[int]:
    """How often each (kind, key) was tried after its instant; one statement."""
    counts = (
        select(func.count())
        .where(Attempt.kind == kind, Attempt.key == key, Attempt.created_at > since)
        .scalar_subquery()
        for kind, key, since in things
    )
    return list((await session.execute(select(*counts))).one())


async def find_attempts(session: AsyncSession, *things: tuple[str, str, int]) -> list[datetime | None]:
    """When each (kind, key) was tried the nth time from the end (1 is the latest), or None; one statement."""
    instants = (
        select(Attempt.created_at)
        .where(Attempt.kind == kind, Attempt.key == key)
        .order_by(Attempt.created_at.desc())
        .offset(nth - 1)
        .limit(1)
        .scalar_subquery()
        for kind, key, nth in things
    )
    return list((await session.execute(select(*instants))).one())


async def delete_before(session: AsyncSession, *, attempts: datetime, ended: datetime) -> None:
    """Forget attempts made before `attempts`, and codes and devices that ended before `ended`."""
    await session.execute(delete(Attempt).where(Attempt.created_at < attempts))
    await session.execute(delete(OtpChallenge).where(OtpChallenge.expires_at < ended))
    await session.execute(
        delete(LoginSession).where((LoginSession.expires_at < ended) | (LoginSession.revoked_at < ended))
    )


# Asked with every call of a program: built once.
_KEY = select(ApiKey).where(ApiKey.secret_hash == bindparam("presented"))


async def find_key(session: AsyncSession, secret_hash: bytes) -> ApiKey | None:
    """Select a program's key."""
    return await session.scalar(_KEY, {"presented": secret_hash})


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """Select every program's key, the oldest first."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.id)))


async def end_key(session: AsyncSession, key_id: UUID, *, now: datetime) -> bool:
    """End a key that has not ended; False when there is nothing to end."""
    statement = (
        update(ApiKey)
        .where(ApiKey.id == key_id, (ApiKey.ended_at.is_(None)) | (ApiKey.ended_at > now))
        .values(ended_at=now)
        .returning(ApiKey.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
