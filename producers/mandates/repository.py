"""Selects and conditional updates of mandates and enrolments."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.ids import uuid7
from producers.cooperatives.models import Producer
from producers.mandates.models import Enrolment, HelpTelling, Mandate, MandateRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession


async def find_mandate(session: AsyncSession, mandate_id: UUID) -> Mandate | None:
    """Select by id."""
    return await session.get(Mandate, mandate_id)


async def insert_mandate(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a mandate; False when its id is there."""
    statement = insert(Mandate).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Mandate.id)) is not None


async def list_between(session: AsyncSession, *, helper_id: UUID, farmer_id: UUID) -> Sequence[Mandate]:
    """Select every mandate between two people, the latest granted first."""
    statement = (
        select(Mandate)
        .where(Mandate.helper_id == helper_id, Mandate.farmer_id == farmer_id)
        .order_by(Mandate.granted_at.desc(), Mandate.id.desc())
    )
    return (await session.scalars(statement)).all()


async def list_of_helper(session: AsyncSession, helper_id: UUID) -> Sequence[Mandate]:
    """Select what a helper was ever given, the latest first."""
    statement = (
        select(Mandate)
        .where(Mandate.helper_id == helper_id)
        .order_by(Mandate.granted_at.desc(), Mandate.id.desc())
    )
    return (await session.scalars(statement)).all()


async def list_of_farmer(session: AsyncSession, farmer_id: UUID) -> Sequence[Mandate]:
    """Select what a farmer ever gave, the latest first."""
    statement = (
        select(Mandate)
        .where(Mandate.farmer_id == farmer_id)
        .order_by(Mandate.granted_at.desc(), Mandate.id.desc())
    )
    return (await session.scalars(statement)).all()


async def list_of_producers(session: AsyncSession, producer_ids: Sequence[UUID]) -> Sequence[Mandate]:
    """Select what was ever given in some producers, the latest first."""
    statement = (
        select(Mandate)
        .where(Mandate.producer_id.in_(producer_ids))
        .order_by(Mandate.granted_at.desc(), Mandate.id.desc())
    )
    return (await session.scalars(statement)).all()


async def revoke_mandate(session: AsyncSession, mandate_id: UUID, *, by_id: UUID, now: datetime) -> bool:
    """Take a mandate back; False when it was before: the first time counts."""
    statement = (
        update(Mandate)
        .where(Mandate.id == mandate_id, Mandate.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by_id=by_id)
        .returning(Mandate.id)
    )
    return await session.scalar(statement) is not None


async def find_by_challenge(session: AsyncSession, challenge_id: UUID) -> Mandate | None:
    """Select what a code granted."""
    return await session.scalar(select(Mandate).where(Mandate.challenge_id == challenge_id))


async def has_enrolled(session: AsyncSession, *, helper_id: UUID, person_id: UUID) -> bool:
    """Whether this helper enrolled this person."""
    statement = select(Enrolment.id).where(Enrolment.helper_id == helper_id, Enrolment.person_id == person_id)
    return (await session.scalar(statement.limit(1))) is not None


async def insert_request(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert what is asked for by code; False when its id is there."""
    statement = insert(MandateRequest).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(MandateRequest.id)) is not None


async def find_request(session: AsyncSession, request_id: UUID) -> MandateRequest | None:
    """Select by id."""
    return await session.get(MandateRequest, request_id)


async def find_request_by_challenge(session: AsyncSession, challenge_id: UUID) -> MandateRequest | None:
    """Select what a code is about."""
    return await session.scalar(select(MandateRequest).where(MandateRequest.challenge_id == challenge_id))


async def find_enrolment(session: AsyncSession, enrolment_id: UUID) -> Enrolment | None:
    """Select by id."""
    return await session.get(Enrolment, enrolment_id)


async def lock_enrolment(session: AsyncSession, enrolment_id: UUID) -> None:
    """Let the same form pass once: whoever sends it at this very instant comes one after the other.

    A person and a household are made before the enrolment that names them, so its own row comes too late.
    """
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"enrol {enrolment_id}", 0)))
    )


async def find_enrolment_by_token(session: AsyncSession, token_hash: bytes) -> Enrolment | None:
    """Select by what we keep of the link's token, as the row stands now."""
    statement = select(Enrolment).where(Enrolment.token_hash == token_hash)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def find_typed_phone(session: AsyncSession, person_id: UUID) -> str | None:
    """Select the number that was typed when this person was enrolled."""
    statement = select(Enrolment.phone).where(Enrolment.person_id == person_id)
    return await session.scalar(statement.order_by(Enrolment.id.desc()).limit(1))


async def use_enrolment(session: AsyncSession, token_hash: bytes, *, now: datetime) -> Enrolment | None:
    """Spend an open link; None when it is unknown, spent or over. Of two at once the second finds it spent."""
    statement = (
        update(Enrolment)
        .where(Enrolment.token_hash == token_hash, Enrolment.used_at.is_(None), Enrolment.expires_at > now)
        .values(used_at=now)
        .returning(Enrolment)
    )
    return await session.scalar(statement, execution_options={"populate_existing": True})


async def renew_enrolment(session: AsyncSession, enrolment_id: UUID, *, expires_at: datetime) -> bool:
    """Let a link that was never used live on; False for a used one."""
    statement = (
        update(Enrolment)
        .where(Enrolment.id == enrolment_id, Enrolment.used_at.is_(None))
        .values(expires_at=expires_at)
        .returning(Enrolment.id)
    )
    return (await session.scalar(statement)) is not None


async def has_prefix(session: AsyncSession, prefix: str) -> bool:
    """Whether a producer numbers its goods under this prefix."""
    return (
        await session.scalar(select(Producer.id).where(Producer.gs1_prefix == prefix).limit(1))
    ) is not None


async def list_pairs(session: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    """Select everybody who was ever helped, with each helper: (farmer, helper)."""
    statement = select(Mandate.farmer_id, Mandate.helper_id).distinct()
    rows = await session.execute(statement.order_by(Mandate.farmer_id, Mandate.helper_id))
    return [(row.farmer_id, row.helper_id) for row in rows]


async def find_told_until(session: AsyncSession, *, farmer_id: UUID, helper_id: UUID) -> datetime | None:
    """Select up to which instant a farmer was told of a helper's work."""
    statement = select(HelpTelling.until_at).where(
        HelpTelling.farmer_id == farmer_id, HelpTelling.helper_id == helper_id
    )
    return await session.scalar(statement.order_by(HelpTelling.until_at.desc()).limit(1))


async def insert_telling(
    session: AsyncSession, *, farmer_id: UUID, helper_id: UUID, on: date, now: datetime
) -> bool:
    """Insert the day's telling; False when it is there."""
    statement = (
        insert(HelpTelling)
        .values(
            id=uuid7(), created_at=now, farmer_id=farmer_id, helper_id=helper_id, told_on=on, until_at=now
        )
        .on_conflict_do_nothing()
        .returning(HelpTelling.id)
    )
    return (await session.scalar(statement)) is not None
