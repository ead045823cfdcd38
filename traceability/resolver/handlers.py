"""What the resolver does when facts below it change."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.web.cache import invalidate
from traceability.links.events import LinksChanged
from traceability.lots.events import LotChanged
from traceability.resolver.service import NOT_LOGGED, NOT_WITNESSED
from traceability.transparency.events import HeadWitnessed, LogGrown


async def on_lot_changed(session: AsyncSession, event: LotChanged) -> None:
    """Drop the stories that show this lot."""
    await invalidate(session, f"lot:{event.lot_id}")


async def on_links_changed(session: AsyncSession, event: LinksChanged) -> None:
    """Drop the stories of this producer: they name its links."""
    await invalidate(session, f"producer:{event.producer_id}")


async def on_log_grown(session: AsyncSession, event: LogGrown) -> None:
    """Drop the stories of lots that had no place in the log; a story with one stays right as the log grows."""
    del event  # which entries it were does not matter
    await invalidate(session, NOT_LOGGED)


async def on_head_witnessed(session: AsyncSession, event: HeadWitnessed) -> None:
    """Drop the stories that say that no witness has signed yet."""
    del event  # as above
    await invalidate(session, NOT_WITNESSED)
