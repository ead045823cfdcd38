"""Acting: the port of the producers' pages, answered from mandates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.accounts import service as accounts
from producers.cooperatives import service as cooperatives
from producers.cooperatives.help import Acting, Helped
from producers.cooperatives.models import Role
from producers.mandates import errors, service
from producers.mandates.models import Mandate, Scope

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

ROLES: Mapping[Scope, frozenset[Role]] = {
    Scope.DIARY: frozenset({Role.MEMBER}),
    Scope.FARMS: frozenset({Role.MEMBER, Role.MANAGER}),
    Scope.INTAKE: frozenset({Role.MEMBER, Role.PACKER}),
    Scope.LOTS: frozenset({Role.MEMBER, Role.PACKER}),
}
"""What a scope asks of the farmer's own roles; what she is not, her helper is not."""


@dataclass(frozen=True)
class MandateHelp:
    """`rooms`: which room belongs to which scope; `open_pages`: routes that any helper may read."""

    rooms: Mapping[str, Scope]
    open_pages: frozenset[str]

    async def find_chosen(self, session: AsyncSession, *, helper_id: UUID, mandate_id: UUID) -> Helped | None:
        """Whom a helper chose to help; None when the mandate is not this helper's (a phone that others use too)."""
        mandate = await service.find_mandate(session, mandate_id)
        if mandate is None or mandate.helper_id != helper_id:
            return None
        return await _read(session, mandate)

    async def get_written(
        self, session: AsyncSession, *, helper_id: UUID, farmer_id: UUID, producer_id: UUID | None
    ) -> Helped:
        """Whom a late record is about: the farmer at the producer that it names, whatever became of the mandate."""
        between = await service.list_between(session, helper_id=helper_id, farmer_id=farmer_id)
        found = next((one for one in between if one.producer_id == producer_id), None)
        if found is None:
            raise errors.no_mandate()
        return await _read(session, found)

    async def judge(
        self,
        session: AsyncSession,
        *,
        helped: Helped,
        helper_id: UUID,
        route: str,
        is_reading: bool,
        recorded_at: datetime,
        now: datetime,
    ) -> Acting:
        """Judge an act by its room's scope; a page that no scope names stays shut."""
        scope = self.rooms.get(route.rpartition(".")[0])
        if scope is None and not (is_reading and route in self.open_pages):
            raise errors.out_of_scope(helped.farmer.name)
        verdict = await service.judge(
            session,
            helper_id=helper_id,
            farmer_id=helped.farmer.id,
            producer_id=helped.producer.id,
            scope=scope,
            recorded_at=recorded_at,
            now=now,
        )
        if verdict.mandate is None:
            raise verdict.refusal or errors.no_mandate()
        granted = frozenset(Scope(word) for word in verdict.mandate.scopes)
        own = await cooperatives.list_roles(
            session, producer_id=helped.producer.id, person_id=helped.farmer.id
        )
        wished = ROLES[scope] if scope else frozenset().union(*(ROLES[one] for one in granted))
        if scope is None:
            wished -= {Role.MANAGER}
        return Acting(
            roles=wished if Role.MANAGER in own else wished & own,
            is_flagged=verdict.is_flagged,
            rooms=frozenset(room for room, one in self.rooms.items() if one in granted),
        )


async def _read(session: AsyncSession, mandate: Mandate) -> Helped:
    return Helped(
        await accounts.get_person(session, mandate.farmer_id),
        await cooperatives.get_producer(session, mandate.producer_id),
    )
