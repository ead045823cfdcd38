"""Selects and conditional updates of webhooks; raw SQL where what is told of a thing is summed up in one digest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import ApiKey
from app.core.ids import uuid7
from storefront.octo.models import Tiding, Webhook, WebhookEvent

_BOOKINGS = """
SELECT b.id AS ref_id, md5(concat_ws('|',
    CASE WHEN b.state = 'on_hold' AND b.expires_at <= :now THEN 'expired' ELSE b.state END,
    b.departure_id, b.heads, b.total_minor, b.expires_at, b.confirmed_at, b.cancelled_at, r.changed_at,
    (SELECT count(*) FROM unit_items i WHERE i.booking_id = b.id AND i.redeemed_at IS NOT NULL))) AS seen
FROM reseller_bookings r JOIN bookings b ON b.id = r.booking_id
WHERE r.operator_id = :operator_id
"""
_DATES = """
SELECT d.id AS ref_id, md5(concat_ws('|', d.state, d.capacity, d.starts_at, d.ends_at,
    d.taken - (SELECT coalesce(sum(b.heads), 0) FROM bookings b
               WHERE b.departure_id = d.id AND b.state = 'on_hold' AND b.expires_at <= :now)
    + CASE WHEN d.has_allotments THEN
        (SELECT coalesce(sum(greatest(a.heads - (
                SELECT coalesce(sum(b.heads), 0) FROM bookings b
                WHERE b.departure_id = d.id AND b.operator_id = a.operator_id
                    AND b.state IN ('on_hold', 'pending', 'confirmed', 'redeemed')
                    AND (b.state <> 'on_hold' OR b.expires_at > :now)), 0)), 0)
         FROM allotments a
         WHERE a.departure_id = d.id AND a.operator_id <> CAST(:operator_id AS uuid)
            AND d.starts_at - make_interval(hours => CAST(a.release_days * 24 AS integer)) > :now)
      ELSE 0 END,
    (SELECT min(h.visitors - (SELECT coalesce(sum(b.heads), 0) FROM bookings b
               JOIN departures o ON o.id = b.departure_id JOIN departure_sights e ON e.departure_id = o.id
               WHERE e.site_id = h.site_id AND o.local_on = d.local_on AND o.state <> 'cancelled'
               AND b.state IN ('on_hold', 'pending', 'confirmed', 'redeemed')
               AND (b.state <> 'on_hold' OR b.expires_at > :now)))
     FROM house_limits h JOIN departure_sights s ON s.site_id = h.site_id WHERE s.departure_id = d.id))) AS seen
FROM departures d JOIN tours t ON t.id = d.tour_id
WHERE t.is_published AND d.state <> 'provisional' AND d.ends_at > :now
"""
_NOW = {WebhookEvent.BOOKING_UPDATE: _BOOKINGS, WebhookEvent.AVAILABILITY_UPDATE: _DATES}
_NEWS = """
SELECT found.ref_id, found.seen FROM ({now}) AS found
LEFT JOIN reseller_tidings told ON told.webhook_id = :webhook_id AND told.ref_id = found.ref_id
WHERE told.seen IS DISTINCT FROM found.seen ORDER BY found.ref_id LIMIT :most
"""


async def list_news(
    session: AsyncSession, webhook: Webhook, *, now: datetime, most: int | None
) -> dict[UUID, str]:
    """Select what is another than a webhook was told: {booking or departure: digest}."""
    wanted = {"now": now, "operator_id": webhook.operator_id, "webhook_id": webhook.id, "most": most}
    rows = await session.execute(text(_NEWS.format(now=_NOW[webhook.event])), wanted)
    return {ref_id: seen for ref_id, seen in rows}  # noqa: C416 - rows are no pairs to `dict`


async def keep_tidings(
    session: AsyncSession, webhook_id: UUID, told: Mapping[UUID, str], *, now: datetime
) -> None:
    """Keep what a webhook was told."""
    rows = [
        {"id": uuid7(), "webhook_id": webhook_id, "ref_id": ref_id, "seen": seen, "created_at": now}
        for ref_id, seen in told.items()
    ]
    statement = insert(Tiding)
    statement = statement.on_conflict_do_update(
        index_elements=["webhook_id", "ref_id"], set_={"seen": statement.excluded.seen}
    )
    if rows:
        await session.execute(statement, rows)


async def count_webhooks(session: AsyncSession, operator_id: UUID) -> int:
    """How many webhooks an operator has."""
    statement = select(func.count()).select_from(Webhook).where(Webhook.operator_id == operator_id)
    return (await session.execute(statement)).scalar_one()


async def list_webhooks(session: AsyncSession, operator_id: UUID) -> Sequence[Webhook]:
    """Select an operator's webhooks, the oldest first."""
    statement = select(Webhook).where(Webhook.operator_id == operator_id).order_by(Webhook.id)
    return (await session.scalars(statement)).all()


async def delete_webhook(session: AsyncSession, webhook_id: UUID, operator_id: UUID) -> Webhook | None:
    """Delete a webhook of an operator; None when there is none."""
    statement = delete(Webhook).where(Webhook.id == webhook_id, Webhook.operator_id == operator_id)
    return await session.scalar(statement.returning(Webhook))


async def list_due(
    session: AsyncSession, *, now: datetime, without: Collection[UUID], limit: int
) -> Sequence[UUID]:
    """Select webhooks that nobody holds and whose key has not ended, those that wait the longest first."""
    statement = (
        select(Webhook.id)
        .join(ApiKey, ApiKey.id == Webhook.key_id)
        .where(
            Webhook.due_at <= now,
            or_(Webhook.claimed_until.is_(None), Webhook.claimed_until <= now),
            or_(ApiKey.ended_at.is_(None), ApiKey.ended_at > now),
            Webhook.id.not_in(without),
        )
        .order_by(Webhook.due_at, Webhook.id)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def claim(
    session: AsyncSession, webhook_id: UUID, *, claim_id: UUID, now: datetime, until: datetime
) -> Webhook | None:
    """Take a webhook in hand until `until`; None when it is gone, not due, or somebody else's."""
    statement = (
        update(Webhook)
        .where(
            Webhook.id == webhook_id,
            Webhook.due_at <= now,
            or_(Webhook.claimed_until.is_(None), Webhook.claimed_until <= now),
        )
        .values(claim_id=claim_id, claimed_until=until)
        .returning(Webhook)
    )
    return await session.scalar(statement, execution_options={"populate_existing": True})


async def settle(session: AsyncSession, webhook_id: UUID, *, claim_id: UUID, values: dict[str, Any]) -> bool:
    """Let a webhook go with what became of it; False when the claim was somebody else's by then."""
    statement = update(Webhook).where(Webhook.id == webhook_id, Webhook.claim_id == claim_id)
    statement = statement.values(**values, claim_id=None, claimed_until=None)
    return await session.scalar(statement.returning(Webhook.id)) is not None
