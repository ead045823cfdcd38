"""The smallest valid things of tour operators: one of them with a clerk who is logged in."""

from __future__ import annotations

import httpx

from app.core.db import Database
from storefront.operators import members
from storefront.operators import service as operators
from storefront.operators.members import Clerk
from tests.factories.people import log_in, new_phone
from tests.house import NOW


async def make_clerk(
    db: Database,
    client: httpx.AsyncClient | None = None,
    *,
    name: str = "Du lịch Sông Cầu",
    discount: int = 1_000,
    limit: int | None = None,
) -> Clerk:
    """Somebody at work for an operator (10 % off); logged in at `client` when it is given."""
    async with db.transaction() as session:
        operator = await operators.get_or_create_operator(
            session, name=name, discount_basis_points=discount, phone="+84987654321", now=NOW
        )
        await operators.set_limit(session, operator_id=operator.id, limit_minor=limit)
        person = await members.link(
            session, operator_id=operator.id, phone=new_phone(), name="Chị Lan", now=NOW
        )
        if client is not None:
            await log_in(session, client, person.id)
    return Clerk(person, operator)
