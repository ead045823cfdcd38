"""A phone's side of the outbox: records as the page's own modules write them, sent as they send them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.mandates.models import Mandate, ProofKind, Scope
from tests.factories.people import log_in
from tests.factories.producers import NOW, make_farm, make_membership, make_person, make_producer, make_site

DOOR = "/offline/submissions"
WEED = "/producer/diary/new/weed"


@dataclass
class Phone:
    """A phone on which one person is logged in, who works for one producer at one plot."""

    client: httpx.AsyncClient
    owner: UUID
    producer_id: UUID
    site_id: UUID
    device: UUID = field(default_factory=uuid7)
    sequence: int = 0

    def write(self, path: str = WEED, **changes: Any) -> dict[str, Any]:
        """A record of weeding done today; `fields` replaces single fields, everything else the record's own."""
        self.sequence += 1
        id = str(changes.pop("id", None) or uuid7())  # noqa: A001 - the record's id
        fields = {
            "id": id,
            "site_id": str(self.site_id),
            "method": "hand",
            "performed_on": "2026-11-12",
            "note": f"cỏ {self.sequence}",
        } | changes.pop("fields", {})
        record = {
            "id": id,
            "sequence": self.sequence,
            "path": path,
            "fields": [[name, value] for name, value in fields.items()],
            "captured_at": NOW.isoformat(),
            "title": "Làm cỏ · Đồi sau nhà",
            "context": {"producer": str(self.producer_id)},
        }
        return record | changes

    async def post(self, *items: Any, sent_at: datetime | str = NOW, **batch: Any) -> httpx.Response:
        """Send a batch; answers the response."""
        body: dict[str, Any] = {
            "device": str(self.device),
            "owner": str(self.owner),
            "sent_at": sent_at if isinstance(sent_at, str) else sent_at.isoformat(),
            "items": list(items),
            "unsent": len(items),
            "version": "test",
        }
        headers = {"Accept": "application/problem+json"}
        return await self.client.post(DOOR, content=json.dumps(body | batch), headers=headers)

    async def send(self, *items: Any, **batch: Any) -> list[dict[str, Any]]:
        """Send a batch that is taken in; answers what became of each record."""
        answer = await self.post(*items, **batch)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


async def make_phone(
    session: AsyncSession, client: httpx.AsyncClient, *, role: Role = Role.MANAGER, **given: Any
) -> Phone:
    """Somebody at work for a producer (a new one unless `producer_id` is given), logged in on `client`."""
    producer_id = given.get("producer_id") or (await make_producer(session)).id
    person = await make_person(session)
    await make_membership(session, producer_id=producer_id, person_id=person.id, role=role)
    farm = await make_farm(session, producer_id=producer_id, owner_id=person.id)
    site = await make_site(session, farm_id=farm.id)
    await log_in(session, client, person.id)
    return Phone(client, person.id, producer_id, site.id)


@dataclass(frozen=True)
class Helped:
    """A farmer with a plot at a producer, and the mandate under which a phone's owner writes for her there."""

    farmer_id: UUID
    producer_id: UUID
    site_id: UUID
    mandate_id: UUID

    def write(self, phone: Phone, path: str = WEED, **changes: Any) -> dict[str, Any]:
        """A record of weeding on her plot, as `Phone.write` makes it."""
        fields = {"site_id": str(self.site_id)} | changes.pop("fields", {})
        context = {"producer": str(self.producer_id)}
        return phone.write(path, person=str(self.farmer_id), context=context, fields=fields, **changes)


async def make_helped(
    session: AsyncSession,
    helper_id: UUID,
    *,
    farmer_id: UUID | None = None,
    granted_at: datetime = NOW - timedelta(days=10),
) -> Helped:
    """A farmer (a new one unless given) at a new producer, who lets somebody write her diary there."""
    producer = await make_producer(session)
    if farmer_id is None:
        farmer_id = (await make_person(session)).id
    await make_membership(session, producer_id=producer.id, person_id=farmer_id, role=Role.MEMBER)
    farm = await make_farm(session, producer_id=producer.id, owner_id=farmer_id)
    site = await make_site(session, farm_id=farm.id)
    mandate = Mandate(
        farmer_id=farmer_id,
        producer_id=producer.id,
        helper_id=helper_id,
        scopes=[Scope.DIARY.value],
        starts_at=granted_at,
        ends_at=granted_at + timedelta(days=100),
        proof=ProofKind.OTP,
        challenge_id=uuid7(),
        granted_at=granted_at,
    )
    session.add(mandate)
    await session.flush()
    return Helped(farmer_id, producer.id, site.id, mandate.id)
