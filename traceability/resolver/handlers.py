"""What the resolver does when facts below it change."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.web.cache import invalidate
from traceability.lots.events import LotChanged


async def on_lot_changed(session: AsyncSession, event: LotChanged) -> None:
    """Drop the stories that show this lot."""
    await invalidate(session, f"lot:{event.lot_id}")
