"""The smallest valid links of producers."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.traceability import NOW, Workshop
from traceability.links.models import ProducerLink


async def make_link(session: AsyncSession, shop: Workshop, **overrides: object) -> ProducerLink:
    """A recipe on the workshop's pack."""
    values: dict[str, object] = {
        "producer_id": shop.producer.id,
        "anchor": f"/01/{shop.variant.gtin}",
        "link_type": "recipeInfo",
        "href": "https://che.vn/pha",
        "title": "Cách pha chè",
        "hreflang": [],
        "media_type": None,
        "context": [],
        "fwqs": True,
        "is_public": True,
        "created_by_id": shop.person_id,
        "created_at": NOW,
        "updated_at": NOW,
        "ended_at": None,
    }
    link = ProducerLink(**values | overrides)
    session.add(link)
    await session.flush()
    return link
