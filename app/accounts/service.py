"""People and their logins: a code by short message, then a device that stays logged in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import repository
from app.accounts.errors import WrongCodeError, unknown_person
from app.accounts.models import LoginSession, OtpChallenge, Person, StaffMember, StaffRole
from app.core import ids, jobs
from app.core import phone as phones
from app.core.errors import NotFoundError
from app.core.i18n import LANGUAGES, _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncSession

CODE_LIFE = timedelta(minutes=5)
CODE_LENGTH = 6
LOGIN_LIFE = timedelta(days=180)
SEEN_REST = timedelta(hours=1)
ATTEMPTS_KEPT = timedelta(days=7)
ENDED_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class LoggedIn:
    """A person who has just logged in, and the token for the device's cookie (we keep its hash alone)."""

    person: Person
    token: str


@dataclass(frozen=True)
class Login:
    """A device that is logged in, and whose it is."""

    device: LoginSession
    person: Person


async def get_person(session: AsyncSession, person_id: UUID) -> Person:
    """The person; NotFoundError when there is none."""
    person = await repository.find_person(session, person_id)
    if person is None:
        raise unknown_person()
    return person


async def get_people(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Person]:
    """The people by id; NotFoundError when one is missing."""
    wanted = set(ids)
    found = {person.id: person for person in await repository.list_people(session, wanted)}
    if wanted - found.keys():
        raise unknown_person()
    return found


async def find_person_by_phone(session: AsyncSession, phone: str) -> Person | None:
    """The person with this number (E.164), or None."""
    return await repository.find_person_by_phone(session, phone)


async def get_or_create_person(
    session: AsyncSession, *, phone: str, name: str, now: datetime, language: str = "vi"
) -> Person:
    """The person with this number (E.164), made with `name` when there is none yet.

    Whoever is there already keeps the own name: knowing a number is no right to rename its owner.
    """
    person = await repository.find_person_by_phone(session, phone)
    if person is not None:
        return person
    return await repository.insert_person(session, phone=phone, name=name, language=language, now=now)


async def enrol_person(session: AsyncSession, *, name: str, now: datetime, language: str = "vi") -> Person:
    """Make a person without a number: somebody enrolled by somebody else."""
    person = Person(name=name, phone=None, language=language, created_at=now)
    session.add(person)
    await session.flush()
    return person


async def prove_phone(session: AsyncSession, *, person_id: UUID, phone: str) -> bool:
    """Write the number (E.164) that a code has proved for a person without one; False when another person has it."""
    person = await get_person(session, person_id)
    if person.phone is None and await find_person_by_phone(session, phone) is None:
        person.phone = phone
        await session.flush()
    return person.phone == phone


async def rename_person(session: AsyncSession, *, person_id: UUID, name: str) -> Person:
    """Write the name a person wants to be called by; NotFoundError."""
    person = await get_person(session, person_id)
    person.name = name
    await session.flush()
    return person


async def choose_language(session: AsyncSession, *, person_id: UUID, language: str) -> Person:
    """Write the language of messages to this person; NotFoundError for a person or language that we do not know."""
    person = await get_person(session, person_id)
    if language not in LANGUAGES:
        raise NotFoundError(_("Chợ chưa nói tiếng này."))
    person.language = language
    await session.flush()
    return person


def code_of(secret: bytes, challenge_id: UUID, *, purpose: str = "login code") -> str:
    """The six digits of a challenge: HMAC-SHA256 of its id, so that neither table nor queue holds the code.

    A code for one `purpose` is wrong for every other: what opens a mandate never logs anybody in.
    """
    digest = hmac.digest(secret, purpose.encode() + b"\x00" + challenge_id.bytes, "sha256")
    return f"{int.from_bytes(digest, 'big') % 10**CODE_LENGTH:0{CODE_LENGTH}d}"


def seal_challenge(secret: bytes, challenge_id: UUID) -> str:
    """The value of the cookie that ties a challenge to the browser that asked for it."""
    return f"{challenge_id.hex}.{ids.derive_token(secret, 'login', challenge_id)}"


def open_seal(secret: bytes, sealed: str | None) -> UUID | None:
    """The challenge that a cookie names, or None when we did not make that cookie."""
    try:
        challenge_id = UUID(hex=(sealed or "").partition(".")[0])
    except ValueError:
        return None
    # Bytes, because a cookie may hold letters that compare_digest refuses in a str.
    is_ours = hmac.compare_digest(
        seal_challenge(secret, challenge_id).encode(), (sealed or "").encode(errors="replace")
    )
    return challenge_id if is_ours else None


async def open_challenge(session: AsyncSession, *, phone: str, now: datetime) -> OtpChallenge:
    """Make a challenge for a number (E.164); the caller sends its code."""
    challenge = OtpChallenge(phone=phone, created_at=now, expires_at=now + CODE_LIFE)
    session.add(challenge)
    await session.flush()
    return challenge


async def send_code(session: AsyncSession, *, phone: str, lang: str, now: datetime) -> OtpChallenge:
    """Make a challenge for a number (E.164), known or not, and send its code by short message after commit."""
    challenge = await open_challenge(session, phone=phone, now=now)
    await jobs.defer(session, "accounts.send_otp", challenge_id=str(challenge.id), lang=lang)
    return challenge


async def find_open_challenge(
    session: AsyncSession, challenge_id: UUID | None, *, now: datetime
) -> OtpChallenge | None:
    """The challenge when its code may still be typed, or None."""
    challenge = await repository.find_challenge(session, challenge_id) if challenge_id else None
    if challenge is None or challenge.consumed_at is not None or challenge.expires_at <= now:
        return None
    return challenge


async def log_in(
    session: AsyncSession,
    *,
    secret: bytes,
    challenge_id: UUID,
    code: str,
    tries_left: int,
    device: str,
    language: str,
    now: datetime,
) -> LoggedIn:
    """Log a device in with the code that was sent; a number that is new here becomes a person.

    A new person goes by the number until told otherwise; `tries_left` and refusals as `check_code`.
    """
    phone = await check_code(
        session, secret=secret, challenge_id=challenge_id, code=code, tries_left=tries_left, now=now
    )
    person = await get_or_create_person(
        session, phone=phone, name=phones.format_phone(phone), language=language, now=now
    )
    return LoggedIn(person, await open_login(session, person_id=person.id, device=device, now=now))


async def check_code(
    session: AsyncSession,
    *,
    secret: bytes,
    challenge_id: UUID,
    code: str,
    tries_left: int,
    now: datetime,
    purpose: str = "login code",
) -> str:
    """Spend the code of a challenge; answers the number (E.164) that it proves.

    `tries_left` comes from `attempts.use_try`, which must have been called for this very try. WrongCodeError.
    """
    if not hmac.compare_digest(code_of(secret, challenge_id, purpose=purpose), code):
        if tries_left == 0:
            raise WrongCodeError(_("Mã chưa đúng, và đã hết lượt thử. Bạn lấy mã mới nhé."))
        raise WrongCodeError(
            _("Mã chưa đúng. Bạn xem lại tin nhắn nhé, còn %(left)s lần thử.", left=tries_left)
        )
    phone = await repository.consume_challenge(session, challenge_id, now=now)
    if phone is None:
        raise WrongCodeError(_("Mã này không còn dùng được. Bạn lấy mã mới nhé."))
    return phone


async def open_login(session: AsyncSession, *, person_id: UUID, device: str, now: datetime) -> str:
    """Log a device in without a code (the caller knows who it is); answers the token for its cookie."""
    token = ids.new_token()
    session.add(
        LoginSession(
            person_id=person_id,
            token_hash=ids.hash_token(token),
            device=device,
            created_at=now,
            seen_at=now,
            expires_at=now + LOGIN_LIFE,
        )
    )
    await session.flush()
    return token


def proof_of(secret: bytes, login_id: UUID) -> str:
    """What the phone of a login signs its files with: the login's id, a dot, and a key that we can make again."""
    return f"{login_id}.{ids.derive_token(secret, 'outbox', login_id)}"


async def find_login(session: AsyncSession, *, token: str, now: datetime) -> Login | None:
    """Who holds this token, or None; being seen prolongs the login, written at most once an hour."""
    found = await repository.find_login(session, ids.hash_token(token), now=now)
    if found is None:
        return None
    device, person = found
    if device.seen_at <= now - SEEN_REST:
        await repository.touch_login(session, device.id, now=now, rest=SEEN_REST, expires_at=now + LOGIN_LIFE)
    return Login(device, person)


async def find_any_login(session: AsyncSession, login_id: UUID) -> LoginSession | None:
    """A login, open or ended: it opens nothing, but says whose it was; None for one that we do not remember."""
    return await repository.find_any_login(session, login_id)


async def end_login(session: AsyncSession, *, token: str, now: datetime) -> None:
    """Close the login of a token; one that is closed stays closed."""
    found = await repository.find_login(session, ids.hash_token(token), now=now)
    if found is not None:
        device, person = found
        await repository.revoke_logins(session, person_id=person.id, login_id=device.id, now=now)


async def list_devices(session: AsyncSession, person_id: UUID, *, now: datetime) -> list[LoginSession]:
    """The devices on which a person is logged in, the last seen first."""
    return list(await repository.list_logins(session, person_id, now=now))


async def list_devices_of(session: AsyncSession, person_ids: Collection[UUID]) -> list[LoginSession]:
    """The devices of several people that were not logged out, also those whose login has run out; one query."""
    return list(await repository.list_logins_of(session, person_ids))


async def revoke_device(session: AsyncSession, *, person_id: UUID, login_id: UUID, now: datetime) -> None:
    """Log one device of a person out; NotFoundError when it is not theirs or not open."""
    if not await repository.revoke_logins(session, person_id=person_id, login_id=login_id, now=now):
        raise NotFoundError(_("Máy này không còn đăng nhập nữa."))


async def log_out_everywhere(session: AsyncSession, *, person_id: UUID, now: datetime) -> int:
    """Log every device of a person out; answers how many there were."""
    return await repository.revoke_logins(session, person_id=person_id, login_id=None, now=now)


async def find_staff(session: AsyncSession, person_id: UUID) -> StaffMember | None:
    """What a person is among the platform's staff, or None."""
    return await repository.find_staff(session, person_id)


async def add_staff(session: AsyncSession, *, person_id: UUID, role: StaffRole, now: datetime) -> StaffMember:
    """Make a person a member of the staff, or change the role of one; NotFoundError."""
    await get_person(session, person_id)
    member = await repository.find_staff(session, person_id)
    if member is None:
        member = StaffMember(person_id=person_id, role=role, created_at=now)
        session.add(member)
    member.role = role
    await session.flush()
    return member


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop what limits and logins no longer need: attempts after 7 days, ended codes and devices after 30."""
    await repository.delete_before(session, attempts=now - ATTEMPTS_KEPT, ended=now - ENDED_KEPT)
