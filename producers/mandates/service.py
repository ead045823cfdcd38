"""Mandates: granted with a proof, judged at the instant when work was recorded, taken back at any time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service as accounts
from app.core import jobs
from app.core.clock import today
from app.core.i18n import _
from app.core.ids import uuid7
from app.media import service as media
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.mandates import errors, recordings, repository
from producers.mandates.errors import (
    EndError,
    HelpRefusedError,
    KnownPhoneError,
    MandateNotFoundError,
    NoFarmerError,
    NoScopeError,
    OwnHelperError,
    WrongProducerError,
)
from producers.mandates.models import Mandate, MandateRequest, ProofKind, Scope
from producers.mandates.words import PROOF_WORDS, say_scopes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.accounts.models import Person
    from app.core.files import Files

LONGEST = timedelta(days=731)
CODE_PURPOSE = "mandate code"
HELPED_PATH = "/producer/helped"
HELP_PATH = "/producer/help"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a helper asks a farmer for: which work, at which producer, until when."""

    farmer_id: UUID
    producer_id: UUID
    helper_id: UUID
    scopes: frozenset[Scope]
    ends_at: datetime
    id: UUID = field(default_factory=uuid7)
    """Made with the form: sent again, it asks for the same."""


@dataclass(frozen=True)
class Verdict:
    """Whether an act stands: allowed, allowed and marked (the mandate is over by now), or refused with words."""

    is_allowed: bool
    is_flagged: bool
    mandate: Mandate | None
    refusal: HelpRefusedError | None = None


# ---------------------------------------------------------------- granting


async def get_farmer(session: AsyncSession, *, phone: str, helper_id: UUID) -> Person:
    """Get whom a number (E.164) belongs to and who works for a producer; raises `NoFarmerError`, `OwnHelperError`."""
    person = await accounts.find_person_by_phone(session, phone)
    if person is not None and person.id == helper_id:
        raise OwnHelperError
    if person is None or not await cooperatives.list_belongings(session, person.id):
        raise NoFarmerError
    return person


async def find_phone(session: AsyncSession, farmer: Person) -> str | None:
    """Find where a farmer's code goes: her own number, or what was typed when she was enrolled."""
    return farmer.phone or await repository.find_typed_phone(session, farmer.id)


async def request_otp(session: AsyncSession, *, asked: Asked, now: datetime) -> MandateRequest:
    """Ask by code: a message to the farmer's phone names the helper and the work; it is sent after commit.

    The same `asked.id` again answers the first request, and no second message goes out. Raises `NoScopeError`,
    `EndError`, `WrongProducerError`, `OwnHelperError`, `MandateNotFoundError` (another's id), and `NoFarmerError` without
    a number.
    """
    await _check(session, asked, now)
    if await repository.find_request(session, asked.id) is not None:
        return await _get_asked(session, asked)
    farmer = await accounts.get_person(session, asked.farmer_id)
    phone = await find_phone(session, farmer)
    if phone is None:
        raise NoFarmerError
    challenge = await accounts.open_challenge(session, phone=phone, now=now)
    values = {
        "id": asked.id,
        "challenge_id": challenge.id,
        "farmer_id": asked.farmer_id,
        "producer_id": asked.producer_id,
        "helper_id": asked.helper_id,
        "scopes": _sorted(asked.scopes),
        "ends_at": asked.ends_at,
        "created_at": now,
    }
    if await repository.insert_request(session, values):
        await jobs.defer(session, "mandates.send_code", request_id=str(asked.id))
    return await _get_asked(session, asked)


async def _get_asked(session: AsyncSession, asked: Asked) -> MandateRequest:
    request = await repository.find_request(session, asked.id)
    if request is None or request.helper_id != asked.helper_id:
        raise MandateNotFoundError
    return request


async def get_request(session: AsyncSession, *, challenge_id: UUID, helper_id: UUID) -> MandateRequest:
    """Get what this helper asked for by a code; raises `MandateNotFoundError`."""
    request = await repository.find_request_by_challenge(session, challenge_id)
    if request is None or request.helper_id != helper_id:
        raise MandateNotFoundError
    return request


async def grant_by_otp(
    session: AsyncSession,
    *,
    request: MandateRequest,
    secret: bytes,
    code: str,
    tries_left: int,
    now: datetime,
) -> Mandate:
    """Grant what the message named, to whoever typed its code.

    `tries_left` comes from `attempts.use_try`. Raises `WrongCodeError`; `KnownPhoneError` when the number that was
    typed at enrolment proves to be another person's.
    """
    phone = await accounts.check_code(
        session,
        secret=secret,
        challenge_id=request.challenge_id,
        code=code,
        tries_left=tries_left,
        now=now,
        purpose=CODE_PURPOSE,
    )
    if not await accounts.prove_phone(session, person_id=request.farmer_id, phone=phone):
        raise KnownPhoneError
    asked = Asked(
        farmer_id=request.farmer_id,
        producer_id=request.producer_id,
        helper_id=request.helper_id,
        scopes=frozenset(Scope(scope) for scope in request.scopes),
        ends_at=request.ends_at,
    )
    return await _insert(session, asked, ProofKind.OTP, now=now, challenge_id=request.challenge_id)


async def grant_by_paper(session: AsyncSession, *, asked: Asked, photo_id: UUID, now: datetime) -> Mandate:
    """Grant by the photo of a signed paper, taken in by `app.media` as the helper's own.

    Raises as `request_otp`; `HelpRefusedError` when the helper is no witness (see `is_witness`), `NotFoundError` for
    somebody else's photo.
    """
    await _check(session, asked, now)
    await _check_witness(session, asked)
    photo = await media.get_photo(session, photo_id)
    media.check_viewer(photo, width=media.WIDTHS[0], viewer_id=asked.helper_id)
    return await _insert(session, asked, ProofKind.PAPER, now=now, photo_id=photo_id)


async def grant_by_voice(
    session: AsyncSession, files: Files, *, asked: Asked, content: bytes, now: datetime
) -> Mandate:
    """Grant by a recorded voice (WebM, Ogg or MP4, 5 MB at most); raises as `grant_by_paper`, `BadRecordingError`."""
    await _check(session, asked, now)
    await _check_witness(session, asked)
    recordings.check(content)
    recording_id = uuid7()
    await files.put(recordings.key_of(recording_id), content)
    return await _insert(session, asked, ProofKind.VOICE, now=now, recording_id=recording_id)


async def has_enrolled(session: AsyncSession, *, helper_id: UUID, person_id: UUID) -> bool:
    """Whether this helper wrote this person down."""
    return await repository.has_enrolled(session, helper_id=helper_id, person_id=person_id)


async def is_witness(session: AsyncSession, *, helper_id: UUID, farmer_id: UUID, producer_id: UUID) -> bool:
    """Whether a helper's word for a paper or a voice counts: they enrolled the farmer, or work where she does.

    Anybody could photograph some paper; a code from the farmer's own phone needs no witness.
    """
    if await repository.has_enrolled(session, helper_id=helper_id, person_id=farmer_id):
        return True
    return bool(await cooperatives.list_roles(session, producer_id=producer_id, person_id=helper_id))


async def _check_witness(session: AsyncSession, asked: Asked) -> None:
    if not await is_witness(
        session, helper_id=asked.helper_id, farmer_id=asked.farmer_id, producer_id=asked.producer_id
    ):
        raise errors.no_witness()


async def _check(session: AsyncSession, asked: Asked, now: datetime) -> None:
    if asked.farmer_id == asked.helper_id:
        raise OwnHelperError
    if not asked.scopes:
        raise NoScopeError
    if not now < asked.ends_at <= now + LONGEST:
        raise EndError
    if not await cooperatives.list_roles(session, producer_id=asked.producer_id, person_id=asked.farmer_id):
        raise WrongProducerError


async def _insert(
    session: AsyncSession, asked: Asked, proof: ProofKind, *, now: datetime, **reference: UUID
) -> Mandate:
    """Grant what was asked for, and tell of it; the same `asked.id` again answers what it granted."""
    values = {
        "id": asked.id,
        "farmer_id": asked.farmer_id,
        "producer_id": asked.producer_id,
        "helper_id": asked.helper_id,
        "scopes": _sorted(asked.scopes),
        "starts_at": now,
        "ends_at": asked.ends_at,
        "proof": proof,
        "granted_at": now,
        **reference,
    }
    is_new = await repository.insert_mandate(session, values)
    mandate = await repository.find_mandate(session, asked.id)
    if mandate is None or mandate.helper_id != asked.helper_id:
        raise MandateNotFoundError
    if is_new:
        await _tell_granted(session, mandate, now)
    return mandate


def _sorted(scopes: Collection[Scope]) -> list[str]:
    return [scope.value for scope in Scope if scope in scopes]


async def _tell_granted(session: AsyncSession, mandate: Mandate, now: datetime) -> None:
    """Tell the farmer, and, where her own phone said nothing, the producer's managers."""
    people = await accounts.get_people(session, {mandate.farmer_id, mandate.helper_id})
    text = _(
        "%(helper)s được %(work)s giúp %(farmer)s tới %(end)s, %(proof)s. Không đúng thì vào chợ bấm Thu lại.",
        helper=people[mandate.helper_id].name,
        work=say_scopes(mandate.scopes),
        farmer=people[mandate.farmer_id].name,
        end=today(mandate.ends_at).strftime("%d/%m/%Y"),
        proof=PROOF_WORDS[mandate.proof],
    )
    told = {mandate.farmer_id}
    if mandate.proof is not ProofKind.OTP:
        managers = await cooperatives.list_members(session, mandate.producer_id, Role.MANAGER)
        told |= {person.id for person in managers}
    for person_id in sorted(told - {mandate.helper_id}):
        await notices.notify(
            session,
            person_id=person_id,
            kind="mandate_granted",
            text=text,
            href=HELPED_PATH,
            now=now,
            by_sms=person_id == mandate.farmer_id,
        )


# ---------------------------------------------------------------- taking back


async def revoke(session: AsyncSession, *, mandate_id: UUID, person_id: UUID, now: datetime) -> Mandate:
    """Take a mandate back, the first time counts; the helper is told.

    The farmer may, the helper, and a manager of the producer (for a farmer without a phone); for everybody else it
    does not exist (`MandateNotFoundError`).
    """
    mandate = await repository.find_mandate(session, mandate_id)
    if mandate is None or not await _may_revoke(session, mandate, person_id):
        raise MandateNotFoundError
    if mandate.revoked_at is None:
        is_first = await repository.revoke_mandate(session, mandate_id, by_id=person_id, now=now)
        await session.refresh(mandate)
        if is_first:  # of two taps at one instant
            await _tell_revoked(session, mandate, person_id, now)
    return mandate


async def _may_revoke(session: AsyncSession, mandate: Mandate, person_id: UUID) -> bool:
    if person_id in (mandate.farmer_id, mandate.helper_id):
        return True
    roles = await cooperatives.list_roles(session, producer_id=mandate.producer_id, person_id=person_id)
    return Role.MANAGER in roles


async def _tell_revoked(session: AsyncSession, mandate: Mandate, by_id: UUID, now: datetime) -> None:
    farmer = await accounts.get_person(session, mandate.farmer_id)
    text = _(
        "Giấy nhờ giúp của %(farmer)s đã được thu lại. Việc ghi từ giờ không gửi được nữa.",
        farmer=farmer.name,
    )
    if by_id != mandate.helper_id:
        await notices.notify(
            session,
            person_id=mandate.helper_id,
            kind="mandate_revoked",
            text=text,
            href=HELP_PATH,
            now=now,
            by_sms=True,
        )


# ---------------------------------------------------------------- judging


def is_valid(mandate: Mandate, at: datetime) -> bool:
    """Whether a mandate stood at an instant: from its start, up to its end or to when it was taken back."""
    over_at = min(mandate.ends_at, mandate.revoked_at or mandate.ends_at)
    return mandate.starts_at <= at < over_at


async def find_valid(
    session: AsyncSession, *, helper_id: UUID, farmer_id: UUID, producer_id: UUID, scope: Scope, at: datetime
) -> Mandate | None:
    """Find a mandate that covered this work at an instant, the latest granted of several."""
    found = await repository.list_between(session, helper_id=helper_id, farmer_id=farmer_id)
    return next((one for one in found if _covers(one, producer_id, scope) and is_valid(one, at)), None)


def _covers(mandate: Mandate, producer_id: UUID, scope: Scope) -> bool:
    return mandate.producer_id == producer_id and scope in mandate.scopes


async def judge(
    session: AsyncSession,
    *,
    helper_id: UUID,
    farmer_id: UUID,
    producer_id: UUID,
    scope: Scope | None,
    recorded_at: datetime,
    now: datetime,
) -> Verdict:
    """Judge a helper's act at the instant when it was recorded (a clock that runs ahead is taken as now).

    A mandate that stood then and is over now keeps the record, marked; one that was over then refuses it, and says
    since when. `scope` None: any work that the mandate names.
    """
    at = min(recorded_at, now)
    between = await repository.list_between(session, helper_id=helper_id, farmer_id=farmer_id)
    here = [one for one in between if one.producer_id == producer_id]
    fitting = [one for one in here if scope is None or scope in one.scopes]
    standing = [one for one in fitting if is_valid(one, at)]
    chosen = next((one for one in standing if is_valid(one, now)), next(iter(standing), None))
    if chosen is not None:
        return Verdict(is_allowed=True, is_flagged=not is_valid(chosen, now), mandate=chosen)
    if any(is_valid(one, at) for one in here):
        farmer = await accounts.get_person(session, farmer_id)
        return Verdict(
            is_allowed=False, is_flagged=False, mandate=None, refusal=errors.out_of_scope(farmer.name)
        )
    return Verdict(is_allowed=False, is_flagged=False, mandate=None, refusal=_why_not(fitting or here, at))


async def check_late_file(
    session: AsyncSession,
    *,
    helper_id: UUID,
    farmer_id: UUID,
    producer_id: UUID,
    scope: Scope,
    is_marked: bool,
    now: datetime,
) -> None:
    """Raise `HelpRefusedError` when a helper may not add a photo or voice to a farmer's record (any more).

    Nobody knows when a file was made, so it is judged when it is here. A record that is marked takes it all the
    same: its words came late too, and somebody looks at both.
    """
    if is_marked:
        return
    verdict = await judge(
        session,
        helper_id=helper_id,
        farmer_id=farmer_id,
        producer_id=producer_id,
        scope=scope,
        recorded_at=now,
        now=now,
    )
    if verdict.refusal is not None:
        raise verdict.refusal


def _why_not(mandates: Sequence[Mandate], at: datetime) -> HelpRefusedError:
    """Say what the latest mandate came to before this instant."""
    begun = next((one for one in mandates if one.starts_at <= at), None)
    if begun is None:
        return errors.no_mandate()
    if begun.revoked_at is not None and begun.revoked_at <= at:
        return errors.revoked(today(begun.revoked_at))
    return errors.ended(today(begun.ends_at))


# ---------------------------------------------------------------- reading


async def find_mandate(session: AsyncSession, mandate_id: UUID) -> Mandate | None:
    """Find a mandate."""
    return await repository.find_mandate(session, mandate_id)


async def find_granted(session: AsyncSession, request: MandateRequest) -> Mandate | None:
    """Find what a code has granted already: a form that is sent twice goes to what it made."""
    return await repository.find_by_challenge(session, request.challenge_id)


async def get_own(session: AsyncSession, *, mandate_id: UUID, helper_id: UUID, now: datetime) -> Mandate:
    """Get a helper's mandate that stands now; raises `MandateNotFoundError`, and `HelpRefusedError` when it is over."""
    mandate = await repository.find_mandate(session, mandate_id)
    if mandate is None or mandate.helper_id != helper_id:
        raise MandateNotFoundError
    if not is_valid(mandate, now):
        raise _why_not([mandate], now)
    return mandate


async def list_of_helper(session: AsyncSession, helper_id: UUID, *, now: datetime) -> list[Mandate]:
    """List what a helper may do now, the latest granted first."""
    return [one for one in await repository.list_of_helper(session, helper_id) if is_valid(one, now)]


async def list_of_farmer(session: AsyncSession, farmer_id: UUID) -> list[Mandate]:
    """List what a farmer ever gave, the latest first."""
    return list(await repository.list_of_farmer(session, farmer_id))


async def list_managed(session: AsyncSession, person_id: UUID, *, now: datetime) -> list[Mandate]:
    """List the mandates that stand in the producers that a person manages, their own left out."""
    belongings = await cooperatives.list_belongings(session, person_id)
    managed = [one.producer.id for one in belongings if Role.MANAGER in one.roles]
    found = await repository.list_of_producers(session, managed)
    return [one for one in found if is_valid(one, now) and one.farmer_id != person_id]


async def list_between(session: AsyncSession, *, helper_id: UUID, farmer_id: UUID) -> list[Mandate]:
    """List every mandate between two people, the latest first."""
    return list(await repository.list_between(session, helper_id=helper_id, farmer_id=farmer_id))
