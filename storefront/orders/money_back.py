"""Order lines whose price goes back to the buyer: each once, whatever the reason (PRICING.md O10, O12, O14, O16)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders.models import RefundedLine


async def list_refunded(
    session: AsyncSession, line_ids: Collection[UUID], *, before: UUID | None = None
) -> set[UUID]:
    """List those of these lines whose price goes or went back; with `before` by a refund older than the thing of that id."""
    statement = select(RefundedLine.order_line_id).where(RefundedLine.order_line_id.in_(line_ids))
    if before is not None:
        statement = statement.where(RefundedLine.refund_id < before)  # ids made later sort later
    return set(await session.scalars(statement))


async def note_refunded(session: AsyncSession, refund_id: UUID, line_ids: Collection[UUID]) -> None:
    """Write down that the price of these lines goes back; IntegrityError, and nothing written, when it did before."""
    rows = [{"order_line_id": line_id, "refund_id": refund_id} for line_id in line_ids]
    await session.execute(insert(RefundedLine).values(rows))
