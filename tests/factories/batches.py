"""The smallest paper tickets at a sales point."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from storefront.tours import batch_settling, batches
from storefront.tours.batch_models import BatchSettlement, TicketBatch
from storefront.tours.batches import Sheet
from storefront.tours.models import UnitType
from storefront.tours.schemas import BatchFields, SettleFields
from tests.factories.visits import NOW, Visit


def paper(visit: Visit, count: int = 5, **overrides: object) -> BatchFields:
    """Five adults' tickets for the visit's own departure, at the tea shop; 10.000 đồng of each stay there."""
    values: dict[str, object] = {
        "id": uuid7(),
        "point_name": "Quán nước bà Lan",
        "point_phone": "0987654321",
        "unit_id": visit.units[UnitType.ADULT].id,
        "departure_id": visit.departure.id,
        "count": count,
        "keep_minor": 10_000,
    }
    return BatchFields.model_validate(values | overrides)


def any_day(visit: Visit, count: int = 5, **overrides: object) -> BatchFields:
    """The same for any day of the coming month."""
    days = {"valid_from": today(NOW), "valid_until": today(NOW) + timedelta(days=30)}
    return paper(visit, count, **{"departure_id": None, **days, **overrides})


async def make_batch(
    session: AsyncSession, visit: Visit, fields: BatchFields, *, now: datetime = NOW
) -> TicketBatch:
    """A batch that the host made now."""
    return await batches.make_batch(session, tour=visit.tour, fields=fields, person_id=visit.host.id, now=now)


async def settle(
    session: AsyncSession, visit: Visit, batch: TicketBatch, *, now: datetime = NOW, **fields: object
) -> BatchSettlement:
    """The sales point and the host settle now: `sold` and `back` as they are typed."""
    return await batch_settling.settle(
        session,
        batch_id=batch.id,
        producer_id=visit.producer.id,
        fields=SettleFields.model_validate({"id": uuid7(), **fields}),
        person_id=visit.host.id,
        now=now,
    )


async def codes(session: AsyncSession, batch: TicketBatch) -> list[str]:
    """The codes of its tickets, by number."""
    return [line.ticket.code for line in (await sheet(session, batch)).lines]


async def sheet(session: AsyncSession, batch: TicketBatch) -> Sheet:
    """The batch as it is now."""
    return await batches.get_sheet(session, batch)
