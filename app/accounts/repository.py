"""Selects of people, codes, devices and attempts."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ARRAY,
    CursorResult,
    Integer,
    Select,
    String,
    Table,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import ApiKey, Attempt, LoginSession, OtpChallenge, Person, PhoneKey, StaffMember
from app.core.driver import Prepared
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


async def count_phone_keys(session: AsyncSession, person_id: UUID, *, but: UUID, since: datetime) -> int:
    """How many keys a person kept after `since`, besides one."""
    statement = select(func.count()).where(
        PhoneKey.person_id == person_id, PhoneKey.id != but, PhoneKey.created_at > since
    )
    return (await session.execute(statement)).scalar_one()


async def find_staff(session: AsyncSession, person_id: UUID) -> StaffMember | None:
    """What a person is among the platform's staff, or None."""
    return (
        await session.scalars(select(StaffMember).where(StaffMember.person_id == person_id))
    ).one_or_none()


# Built once for each number of things: building a statement anew costs a third of asking it.
@cache
def _locking(number: int) -> Prepared:
    keys = (bindparam(f"thing_{n}", type_=String) for n in range(number))
    return Prepared(select(*(func.pg_advisory_xact_lock(func.hashtextextended(key, 0)) for key in keys)))


@cache
def _looking(number: int) -> Select[Any]:
    columns = []
    for n in range(number):
        of_thing = and_(
            Attempt.kind == bindparam(f"kind_{n}", type_=String),
            Attempt.key == bindparam(f"key_{n}", type_=String),
        )
        nth = select(Attempt.created_at).where(of_thing).order_by(Attempt.created_at.desc())
        since = Attempt.created_at > bindparam(f"since_{n}")
        columns += [
            nth.offset(bindparam(f"before_{n}", type_=Integer)).limit(1).scalar_subquery().label(f"at_{n}"),
            select(func.count()).where(of_thing, since).scalar_subquery().label(f"count_{n}"),
        ]
    return select(*columns)


@cache
def _taking(number: int) -> Prepared:
    """The look of `_looking`, which records the things (each once) where all of them have room for one more."""
    seen = _looking(number).cte("seen")
    has_room = [
        or_(seen.c[f"at_{n}"].is_(None), seen.c[f"at_{n}"] <= bindparam(f"since_{n}")) for n in range(number)
    ]
    things = func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("kinds", type_=ARRAY(String)),
        bindparam("keys", type_=ARRAY(String)),
    )
    thing = things.table_valued("id", "kind", "key").render_derived("thing")
    attempts = cast("Table", Attempt.__table__)
    now = bindparam("now", type_=attempts.c.created_at.type)
    rows = select(thing.c.id, thing.c.kind, thing.c.key, now).join_from(thing, seen, and_(*has_room))
    added = insert(attempts).from_select(["id", "kind", "key", "created_at"], rows).cte("added")
    return Prepared(select(seen).add_cte(added))


async def lock_attempts(session: AsyncSession, *things: tuple[str, str]) -> None:
    """Let the same (kind, key) be counted by one transaction at a time; several are locked in their order."""
    names = {f"thing_{n}": f"{kind}\n{key}" for n, (kind, key) in enumerate(things)}
    await _locking(len(things)).fetch(session, names)


async def look_at_attempts(
    session: AsyncSession, *things: tuple[str, str, int, datetime]
) -> list[tuple[datetime | None, int]]:
    """When each (kind, key) was tried the nth time from the end (1 is the latest), or None, and how often after an instant.

    One statement.
    """
    row = tuple((await session.execute(_looking(len(things)), _asked(things))).one())
    return list(zip(row[::2], row[1::2], strict=True))


async def take_attempts(
    session: AsyncSession, *things: tuple[str, str, int, datetime], now: datetime
) -> list[tuple[datetime | None, int]]:
    """As `look_at_attempts`, and record each (kind, key) once, unless one was tried the nth time after its instant.

    One statement.
    """
    named = list(dict.fromkeys((kind, key) for kind, key, _nth, _since in things))
    rows = {
        "ids": [uuid7() for _thing in named],
        "kinds": [kind for kind, _key in named],
        "keys": [key for _kind, key in named],
        "now": now,
    }
    [row] = await _taking(len(things)).fetch(session, {**_asked(things), **rows})
    return list(zip(row[::2], row[1::2], strict=True))


def _asked(things: Iterable[tuple[str, str, int, datetime]]) -> dict[str, object]:
    asked: dict[str, object] = {}
    for n, (kind, key, nth, since) in enumerate(things):
        asked |= {f"kind_{n}": kind, f"key_{n}": key, f"before_{n}": nth - 1, f"since_{n}": since}
    return asked


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
