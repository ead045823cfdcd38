"""Who reads which slip: the office every one, a household its own, who weighs what they wrote."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives import privacy
from producers.cooperatives.access import Member
from producers.cooperatives.models import Role
from producers.intake import service
from producers.intake.models import IntakeSlip

WEIGHERS = (Role.PACKER,)
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
MOST_A_DAY = 500


async def get_readable(session: AsyncSession, member: Member, slip_id: UUID) -> IntakeSlip:
    """Get a slip that this member may read; another's does not exist for them (`SlipNotFoundError`)."""
    producer_id = member.producer.id
    if privacy.reads_all(member, *WEIGHERS):
        return await service.get_slip(session, slip_id=slip_id, producer_id=producer_id)
    return await service.get_slip_of(
        session,
        slip_id=slip_id,
        producer_id=producer_id,
        person_id=member.person.id,
        weighs=member.has(*WEIGHERS),
    )


async def list_readable(
    session: AsyncSession, member: Member, *, since: datetime, before: datetime
) -> list[IntakeSlip]:
    """List the slips of some hours that this member may read, the newest first."""
    producer_id = member.producer.id
    if privacy.reads_all(member, *WEIGHERS):
        return await service.list_slips(
            session, producer_id=producer_id, limit=MOST_A_DAY, since=since, before=before
        )
    return await service.list_slips_of(
        session,
        producer_id=producer_id,
        person_id=member.person.id,
        weighs=member.has(*WEIGHERS),
        limit=MOST_A_DAY,
        since=since,
        before=before,
    )


async def find_latest(session: AsyncSession, member: Member) -> IntakeSlip | None:
    """Find the latest slip whose place and price may stand in this member's empty form."""
    written_by_id = None if privacy.reads_all(member, *WEIGHERS) else member.person.id
    found = await service.list_slips(
        session, producer_id=member.producer.id, written_by_id=written_by_id, limit=1
    )
    return found[0] if found else None
