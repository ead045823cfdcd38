"""Enrolments: a farmer's name is written on the helper's phone, a one-time link logs her own phone in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service as accounts
from app.core import ids
from app.core.i18n import _
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.errors import NotAMemberError
from producers.cooperatives.models import ProducerKind, Role
from producers.cooperatives.schemas import NewProducer
from producers.mandates import repository
from producers.mandates.errors import (
    KnownPhoneError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkUsedError,
    MandateNotFoundError,
)
from producers.mandates.models import Enrolment

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LINK_LIFE = timedelta(minutes=30)
OPENERS = frozenset({Role.MANAGER, Role.MEMBER})
"""Who may bring a neighbour into their cooperative; its managers are told."""
_RESTRICTED = "20"
_PREFIX_DIGITS = 8


@dataclass(frozen=True, kw_only=True)
class NewFarmer:
    """A farmer as the helper writes her down; `id` is made with the form. `producer_id` None: a household of her own."""

    id: UUID
    name: str
    phone: str | None
    producer_id: UUID | None
    commune_code: str | None = None
    hamlet: str = ""


@dataclass(frozen=True)
class Invitation:
    """What the link's page says: who invites whom to what."""

    enrolment: Enrolment
    helper_name: str
    farmer_name: str
    producer_name: str


def token_of(secret: bytes, enrolment_id: UUID) -> str:
    """The token of a link: derived, so that the helper's page can draw its QR again and we keep its hash alone."""
    return ids.derive_token(secret, "enrol", enrolment_id)


async def enrol(
    session: AsyncSession, *, farmer: NewFarmer, helper_id: UUID, secret: bytes, now: datetime
) -> Enrolment:
    """Write a farmer down: a person without a number, in a household of her own or in the helper's cooperative.

    The typed number becomes hers when a code from it proves it. A repeat of the id answers the first. Raises
    `KnownPhoneError`, `NotAMemberError` for a cooperative in which the helper has no say.
    """
    await repository.lock_enrolment(session, farmer.id)
    known = await repository.find_enrolment(session, farmer.id)
    if known is not None:
        return _own(known, helper_id)
    if farmer.phone and await accounts.find_person_by_phone(session, farmer.phone):
        raise KnownPhoneError
    person = await accounts.enrol_person(session, name=farmer.name, now=now)
    if farmer.producer_id is None:
        producer_id, role = await _make_household(session, farmer, helper_id, now), Role.MANAGER
    else:
        producer_id, role = farmer.producer_id, Role.MEMBER
        await _tell_managers(session, farmer, producer_id, helper_id, now)
    await cooperatives.add_member(session, producer_id=producer_id, person_id=person.id, role=role, now=now)
    enrolment = Enrolment(
        id=farmer.id,
        helper_id=helper_id,
        person_id=person.id,
        producer_id=producer_id,
        phone=farmer.phone,
        token_hash=ids.hash_token(token_of(secret, farmer.id)),
        expires_at=now + LINK_LIFE,
        created_at=now,
    )
    session.add(enrolment)
    await session.flush()
    return enrolment


async def _make_household(session: AsyncSession, farmer: NewFarmer, helper_id: UUID, now: datetime) -> UUID:
    """Make a household business that she manages; without a number of hers the helper's is the one to call."""
    helper = await accounts.get_person(session, helper_id)
    household = NewProducer.model_validate(
        {
            "name": str(_("Hộ %(name)s", name=farmer.name)),
            "kind": ProducerKind.HOUSEHOLD,
            "phone": farmer.phone or helper.phone,
            "commune_code": farmer.commune_code,
            "address_line": farmer.hamlet,
            "gs1_prefix": await _new_prefix(session),
        }
    )
    return (await cooperatives.create_producer(session, producer=household, now=now)).id


async def _new_prefix(session: AsyncSession) -> str:
    """A prefix for numbers of this market alone: GS1 keeps 20-29 for restricted circulation (GenSpecs 1.4.5)."""
    prefix = _random_prefix()
    while await repository.has_prefix(session, prefix):
        prefix = _random_prefix()
    return prefix


def _random_prefix() -> str:
    return _RESTRICTED + "".join(secrets.choice("0123456789") for _digit in range(_PREFIX_DIGITS))


async def _tell_managers(
    session: AsyncSession, farmer: NewFarmer, producer_id: UUID, helper_id: UUID, now: datetime
) -> None:
    roles = await cooperatives.list_roles(session, producer_id=producer_id, person_id=helper_id)
    if not roles & OPENERS:
        raise NotAMemberError
    helper = await accounts.get_person(session, helper_id)
    text = _(
        "%(helper)s vừa ghi tên %(farmer)s vào làm hộ thành viên.", helper=helper.name, farmer=farmer.name
    )
    for manager in await cooperatives.list_members(session, producer_id, Role.MANAGER):
        if manager.id != helper_id:
            await notices.notify(
                session,
                person_id=manager.id,
                kind="member_enrolled",
                text=text,
                href="/producer/members",
                now=now,
                by_sms=False,
            )


def _own(enrolment: Enrolment, helper_id: UUID) -> Enrolment:
    if enrolment.helper_id != helper_id:
        raise MandateNotFoundError
    return enrolment


async def get_own(session: AsyncSession, *, enrolment_id: UUID, helper_id: UUID) -> Enrolment:
    """Get what this helper wrote down; raises `MandateNotFoundError`."""
    enrolment = await repository.find_enrolment(session, enrolment_id)
    if enrolment is None:
        raise MandateNotFoundError
    return _own(enrolment, helper_id)


async def renew(session: AsyncSession, *, enrolment_id: UUID, helper_id: UUID, now: datetime) -> None:
    """Let an unused link live for another half hour; raises `LinkUsedError`, `MandateNotFoundError`."""
    enrolment = await get_own(session, enrolment_id=enrolment_id, helper_id=helper_id)
    if not await repository.renew_enrolment(session, enrolment.id, expires_at=now + LINK_LIFE):
        raise LinkUsedError


async def read_invitation(session: AsyncSession, *, token: str, now: datetime) -> Invitation:
    """Read what a link invites to; raises `LinkNotFoundError`, `LinkUsedError`, `LinkExpiredError`."""
    enrolment = await repository.find_enrolment_by_token(session, ids.hash_token(token))
    if enrolment is None:
        raise LinkNotFoundError
    if enrolment.used_at is not None:
        raise LinkUsedError
    if enrolment.expires_at <= now:
        raise LinkExpiredError
    people = await accounts.get_people(session, {enrolment.helper_id, enrolment.person_id})
    producer = await cooperatives.get_producer(session, enrolment.producer_id)
    return Invitation(
        enrolment, people[enrolment.helper_id].name, people[enrolment.person_id].name, producer.name
    )


async def accept(session: AsyncSession, *, token: str, device: str, now: datetime) -> str:
    """Spend the link and log this device in as the farmer; answers the token for its cookie.

    Of two at once one gets in. Raises as `read_invitation`.
    """
    spent = await repository.use_enrolment(session, ids.hash_token(token), now=now)
    if spent is None:
        await read_invitation(session, token=token, now=now)
        raise LinkUsedError  # pragma: no cover - the update sees every link that still reads as open
    return await accounts.open_login(session, person_id=spent.person_id, device=device, now=now)
