"""Producers and their members: who sells, who belongs to whom, and in which role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.events import emit
from app.core.ids import new_code, uuid7
from app.core.text import slugify, sort_key
from producers.cooperatives import banks, repository
from producers.cooperatives.errors import (
    LastManagerError,
    MembershipNotFoundError,
    NumbersUsedUpError,
    PracticeOnlyError,
    ProducerNotFoundError,
    UnknownBankError,
)
from producers.cooperatives.events import ProducerChanged
from producers.cooperatives.models import Membership, Producer, ProducerKind, Role
from producers.cooperatives.schemas import NewProducer, ProducerSettings

_SUFFIX_LENGTH = 4
_GTIN_BODY = 12


@dataclass(frozen=True)
class Belonging:
    """A producer that a person belongs to, and what they do there."""

    producer: Producer
    roles: frozenset[Role]


@dataclass(frozen=True)
class MemberLine:
    """A membership with its person."""

    membership: Membership
    person: Person


async def get_producer(session: AsyncSession, producer_id: UUID) -> Producer:
    """Get a producer; raises `ProducerNotFoundError`."""
    producer = await session.get(Producer, producer_id)
    if producer is None:
        raise ProducerNotFoundError
    return producer


async def get_producers(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Producer]:
    """Get several producers by id in one query; ids that are unknown are left out."""
    return {producer.id: producer for producer in await repository.list_producers(session, ids)}


async def list_sellers(session: AsyncSession) -> Sequence[Producer]:
    """List every producer but practice farms, by name."""
    return sorted(await repository.list_real(session), key=lambda one: (sort_key(one.name), one.id))


async def find_producer_by_slug(session: AsyncSession, slug: str) -> Producer | None:
    """Find a producer by the word in its address."""
    return await repository.find_producer_by_slug(session, slug)


async def find_by_prefix(session: AsyncSession, digits: str) -> Producer | None:
    """Find whose company prefix `digits` begin with (the longest one); None when it is nobody's, or two producers'."""
    found = await repository.list_by_prefix(session, digits, limit=2)
    is_shared = len({producer.gs1_prefix for producer in found}) < len(found)
    return None if is_shared or not found else found[0]


async def create_producer(
    session: AsyncSession, *, producer: NewProducer, now: datetime, photo_id: UUID | None = None
) -> Producer:
    """Make a producer; its address comes from the name, one that is taken gets a short random end."""
    base = slugify(producer.name) or "co-so"
    values = {**producer.model_dump(), "created_at": now, "photo_id": photo_id}
    slug = base
    while (
        made := await repository.insert_producer(session, {**values, "id": uuid7(), "slug": slug})
    ) is None:
        slug = f"{base}-{new_code(_SUFFIX_LENGTH).lower()}"
    return await get_producer(session, made)


async def verify_producer(
    session: AsyncSession, *, producer_id: UUID, method: str, person_id: UUID, now: datetime
) -> Producer:
    """Keep that somebody looked who this is: how, who and when, never a picture of a paper.

    The first look stays. Raises `PracticeOnlyError` for a practice farm, `ProducerNotFoundError`.
    """
    await require_real(session, producer_id)
    producer = await get_producer(session, producer_id)
    if producer.verified_at is None:
        producer.verified_at, producer.verified_by_id, producer.verification_method = now, person_id, method
        await session.flush()
    return producer


async def require_real(session: AsyncSession, producer_id: UUID) -> None:
    """Raise `PracticeOnlyError` for a practice farm: asked before anything leaves a producer's own pages."""
    if (await get_producer(session, producer_id)).is_practice:
        raise PracticeOnlyError


async def create_practice(
    session: AsyncSession, *, name: str, commune_code: str, gs1_prefix: str, person: Person, now: datetime
) -> Producer:
    """Make a practice farm with the one person who learns there as its manager; it has no public address."""
    row = {
        "id": uuid7(),
        "created_at": now,
        "slug": f"vuon-tap-{uuid7().hex}",
        "name": name,
        "kind": ProducerKind.HOUSEHOLD,
        "phone": person.phone or "",
        "commune_code": commune_code,
        "gs1_prefix": gs1_prefix,
        "is_practice": True,
    }
    made = await repository.insert_producer(session, row)
    assert made is not None  # noqa: S101 - nobody else has this address
    await repository.insert_membership(
        session, producer_id=made, person_id=person.id, role=Role.MANAGER, now=now
    )
    return await get_producer(session, made)


async def close_practice(session: AsyncSession, *, producer_id: UUID, now: datetime) -> None:
    """Leave a practice farm for good: what was written there stays, and belongs to nobody."""
    if (await get_producer(session, producer_id)).is_practice:
        await repository.end_memberships(session, producer_id, now=now)


async def update_producer(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fields: ProducerSettings,
    photo_id: UUID | None = None,
) -> Producer:
    """Change what a manager may change; without `photo_id` the photo stays. Raises `UnknownBankError`."""
    if fields.payout_bank_bin and banks.find_bank(fields.payout_bank_bin) is None:
        raise UnknownBankError
    producer = await get_producer(session, producer_id)
    for name, value in fields.model_dump().items():
        if name != "commune_code" or value is not None:
            setattr(producer, name, value)
    if photo_id is not None:
        producer.photo_id = photo_id
    await session.flush()
    await emit(session, ProducerChanged(producer_id=producer_id))
    return producer


async def set_tax_profile(
    session: AsyncSession, *, producer_id: UUID, kind: ProducerKind, tax_code: str | None
) -> None:
    """Say what a producer is to the tax office; `PracticeOnlyError` for a practice farm, `ProducerNotFoundError`."""
    await require_real(session, producer_id)
    producer = await get_producer(session, producer_id)
    producer.kind, producer.tax_code = kind, tax_code
    await session.flush()


async def take_gtin(session: AsyncSession, producer_id: UUID) -> str:
    """Take the next GTIN-14 under the producer's prefix; never the same twice, not even for two at once.

    "0", prefix and item number (12 digits together), check digit: GS1 General Specifications, sections 2.1 and 7.9.
    Raises `NumbersUsedUpError` when the prefix has no number left, `ProducerNotFoundError`.
    """
    await get_producer(session, producer_id)
    taken = await repository.take_item_number(session, producer_id)
    if taken is None:
        raise NumbersUsedUpError
    prefix, number = taken
    body = f"0{prefix}{number:0{_GTIN_BODY - len(prefix)}}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The GS1 check digit of `body` (all digits but the last): weights 3 and 1 from the right, modulo 10."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


async def add_member(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, role: Role, now: datetime
) -> Membership:
    """Let a person in with a role; doing it again changes nothing, a membership that had ended begins anew.

    Nobody else is let into a practice farm (`PracticeOnlyError`).
    """
    await require_real(session, producer_id)
    return await repository.insert_membership(
        session, producer_id=producer_id, person_id=person_id, role=role, now=now
    )


async def end_membership(
    session: AsyncSession, *, membership_id: UUID, producer_id: UUID, now: datetime
) -> None:
    """End one role of a person. Raises `MembershipNotFoundError`, `LastManagerError`."""
    current = await repository.lock_memberships(session, producer_id)
    membership = next((one for one in current if one.id == membership_id), None)
    if membership is None:
        raise MembershipNotFoundError
    managers = [one for one in current if one.role is Role.MANAGER]
    if managers == [membership]:
        raise LastManagerError
    membership.ended_at = now
    await session.flush()


async def list_members(session: AsyncSession, producer_id: UUID, *roles: Role) -> list[Person]:
    """List the people who belong to a producer now (in one of `roles`, if any are named), each once, by name."""
    rows = await repository.list_members(session, producer_id)
    people = {person.id: person for membership, person in rows if not roles or membership.role in roles}
    return sorted(people.values(), key=lambda person: (sort_key(person.name), person.id))


async def list_memberships(session: AsyncSession, producer_id: UUID) -> list[MemberLine]:
    """List the memberships of a producer that have not ended, by the people's names."""
    rows = await repository.list_members(session, producer_id)
    lines = [MemberLine(membership, person) for membership, person in rows]
    return sorted(lines, key=lambda line: (sort_key(line.person.name), line.membership.id))


async def list_belongings(
    session: AsyncSession, person_id: UUID, *, with_practice: bool = False
) -> list[Belonging]:
    """List the producers that a person belongs to, the first joined first; their practice farm only on request."""
    producers: dict[UUID, Producer] = {}
    roles: dict[UUID, set[Role]] = defaultdict(set)
    for membership, producer in await repository.list_memberships_of(session, person_id):
        if with_practice or not producer.is_practice:
            producers.setdefault(producer.id, producer)
            roles[producer.id].add(membership.role)
    return [Belonging(producer, frozenset(roles[producer.id])) for producer in producers.values()]


async def list_roles(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> frozenset[Role]:
    """What a person does for a producer now; empty for a stranger."""
    return frozenset(await repository.list_roles(session, producer_id=producer_id, person_id=person_id))
