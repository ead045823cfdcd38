"""Who reads which settlement: who pays reads all, a household its own."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.access import Member
from producers.cooperatives.models import Role
from storefront.settlements import service
from storefront.settlements.models import Settlement

OF_ALL = (Role.ACCOUNTANT,)
"""Who reads every household's (a manager too); writing is for managers alone."""
OWN = (Role.MEMBER, Role.PACKER)


async def get_readable(session: AsyncSession, member: Member, settlement_id: UUID) -> Settlement:
    """Get a settlement that this member may read; another's does not exist for them (`SettlementNotFoundError`)."""
    member.require(*OF_ALL, *OWN)
    if member.has(*OF_ALL):
        return await service.get_settlement(
            session, settlement_id=settlement_id, producer_id=member.producer.id
        )
    return await service.get_own_settlement(
        session, settlement_id=settlement_id, producer_id=member.producer.id, person_id=member.person.id
    )
