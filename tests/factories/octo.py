"""The smallest valid things of the OCTO API: an operator with its key, and bodies."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from storefront.octo.spelling import spell_local
from storefront.operators import service as operators
from storefront.tours.models import UnitType
from tests.factories.visits import NOW, Visit

ALL = "octo/pricing, octo/content"


async def make_key(
    db: Database, name: str = "Du lịch Sông Cầu", *, discount: int = 1_000, phone: str | None = None
) -> dict[str, str]:
    """The header of a new key of an operator (10 % off)."""
    async with db.transaction() as session:
        operator = await operators.get_or_create_operator(
            session, name=name, discount_basis_points=discount, phone=phone, now=NOW
        )
        key = await keys.create_key(session, kind=KeyKind.OCTO, name=name, subject_id=operator.id, now=NOW)
    return {"Authorization": f"Bearer {key}", "Octo-Capabilities": ALL}


def availability_of(visit: Visit) -> str:
    """The id of a visit's departure."""
    return spell_local(visit.departure.starts_at)


def items(visit: Visit, **counts: int) -> list[dict[str, Any]]:
    """Unit items: `items(visit, adult=2)`."""
    return [
        {"unitId": str(visit.units[UnitType(kind)].id)}
        for kind, count in counts.items()
        for _ in range(count)
    ]


def reservation(
    visit: Visit, *, uuid: str | None = None, adults: int = 2, **overrides: Any
) -> dict[str, Any]:
    """A party of adults that wants to come."""
    return {
        "uuid": uuid or str(uuid4()),
        "productId": str(visit.tour.id),
        "optionId": str(visit.option.id),
        "availabilityId": availability_of(visit),
        "unitItems": items(visit, adult=adults),
        **overrides,
    }


CONTACT = {
    "fullName": "Nguyễn Thu",
    "emailAddress": "thu@example.com",
    "phoneNumber": "0912 345 678",
    "locales": ["vi"],
}
