"""An operator at its desk, and what the books and the counters say of it."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import select

from app.core.db import Database
from storefront.ledger import service as ledger
from storefront.tours.models import Departure
from tests.factories.octo import CONTACT, reservation
from tests.factories.visits import Visit

Key = dict[str, str]


class Desk:
    """An operator at its desk: calls and what they answer."""

    def __init__(self, client: httpx.AsyncClient, key: Key, visit: Visit) -> None:
        self.client, self.key, self.visit = client, key, visit

    async def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Any call that is answered so."""
        answer = await self.client.request(method, f"/octo/bookings{path}", json=body, headers=self.key)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def hold(self, **overrides: Any) -> Any:
        """A party of two that holds its seats."""
        return await self.call("POST", "", reservation(self.visit, **overrides))

    async def sell(self, **overrides: Any) -> Any:
        """The same, confirmed."""
        held = await self.hold(**overrides)
        return await self.call("POST", f"/{held['uuid']}/confirm", {"contact": CONTACT})


async def taken(db: Database, departure: Departure) -> int:
    """How many heads a counter says."""
    async with db.transaction() as session:
        found = select(Departure.taken).where(Departure.id == departure.id)
        return int(await session.scalar(found) or 0)


async def account_of(db: Database, prefix: str) -> dict[str, int]:
    """Balances of accounts, by their kind; what is nothing is left out."""
    async with db.transaction() as session:
        found = await ledger.balances(session, prefix)
    return {name.split(":")[0]: amount for name, amount in found.items() if amount}
