"""What the resolver does when facts below it change."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.web.cache import invalidate
from traceability.links.events import LinksChanged
from traceability.lots.events import LotChanged


async def on_lot_changed(session: AsyncSession, event: LotChanged) -> None:
    """Drop the stories that show this lot."""
    await invalidate(session, f"lot:{event.lot_id}")


async def on_links_changed(session: AsyncSession, event: LinksChanged) -> None:
    """Drop the stories of this producer: they name its links."""
    await invalidate(session, f"producer:{event.producer_id}")
