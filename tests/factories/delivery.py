"""Ways of delivery for tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import Temperature
from storefront.delivery import service as delivery
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.ways import Method, Step
from tests.factories.storefront import NOW

HERE = "05503"  # the commune of `make_producer`, in the province 19
SAME_PROVINCE = "05488"
HA_NOI = "00004"  # a neighbour
SAI_GON = "25747"
EVERYTHING = frozenset(Temperature)


def make_terms(**overrides: Any) -> delivery.Terms:
    """A bus to anywhere: 40.000 đồng up to 2 kg, 70.000 above."""
    given: dict[str, Any] = {
        "name": "Xe khách",
        "kind": MethodKind.SENT,
        "place": "",
        "carries": EVERYTHING,
        "weekdays": frozenset(),
        "cutoff_days": 1,
        "cutoff_hour": 17,
        "free_from_minor": None,
        "steps": (Step(Zone.REST, 2_000, 40_000), Step(Zone.REST, None, 70_000)),
    }
    return delivery.Terms(**given | overrides)


def make_way(**overrides: Any) -> Method:
    """The same without a database."""
    terms = make_terms(**overrides)
    return Method(id=None, **{name: getattr(terms, name) for name in terms.__dataclass_fields__})


async def add_way(session: AsyncSession, producer_id: UUID, **overrides: Any) -> UUID:
    """The same of a producer; answers its id."""
    return await delivery.make_method(
        session, producer_id=producer_id, terms=make_terms(**overrides), now=NOW
    )


FETCHED: dict[str, Any] = {
    "name": "Lấy ở chợ",
    "kind": MethodKind.STALL,
    "place": "Chợ Thái, sạp 12, sáng thứ Bảy",
    "steps": (Step(Zone.REST, None, 0),),
}
