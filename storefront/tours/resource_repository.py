"""Selects and locks of guides, cars and boats; what a departure has of them is written behind the departure's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import Departure, DepartureState, Tour
from storefront.tours.resource_models import DepartureResource, TourResource

_EXCLUSION_VIOLATION = "23P01"


def is_clash(error: IntegrityError) -> bool:
    """Whether the database refused because somebody would be in two places at once."""
    return getattr(error.orig, "sqlstate", None) == _EXCLUSION_VIOLATION


async def insert_resource(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a guide or vehicle; False when its id is there, or the member is a guide of this producer already."""
    statement = insert(TourResource).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(TourResource.id)) is not None


async def find_resource(session: AsyncSession, resource_id: UUID) -> TourResource | None:
    """Select by id."""
    return await session.get(TourResource, resource_id)


async def list_resources(session: AsyncSession, producer_id: UUID) -> list[TourResource]:
    """Select a producer's guides and vehicles, by kind and in the order of their coming."""
    statement = select(TourResource).where(TourResource.producer_id == producer_id)
    return list(await session.scalars(statement.order_by(TourResource.kind.desc(), TourResource.id)))


async def list_assigned(
    session: AsyncSession, departure_ids: Collection[UUID]
) -> list[tuple[UUID, TourResource]]:
    """Select who leads departures and what they go in: (departure, resource)."""
    statement = (
        select(DepartureResource.departure_id, TourResource)
        .join(TourResource, TourResource.id == DepartureResource.resource_id)
        .where(DepartureResource.departure_id.in_(departure_ids))
        .order_by(TourResource.kind.desc(), TourResource.id)
    )
    return [(departure_id, resource) for departure_id, resource in await session.execute(statement)]


async def lock_resources(session: AsyncSession, resource_ids: Collection[UUID]) -> None:
    """Lock guides and vehicles, ids ascending.

    The exclusion constraint lets two write the same one first and look afterwards, and then each waits for the
    other: whoever gives one other hours stands in this row before it.
    """
    statement = select(TourResource.id).where(TourResource.id.in_(resource_ids)).order_by(TourResource.id)
    await session.execute(statement.with_for_update(key_share=True))


async def replace(session: AsyncSession, departure: Departure, resource_ids: Sequence[UUID]) -> None:
    """Put these in the place of what a departure has; `IntegrityError` for one that is on another at that time."""
    await lock_resources(session, resource_ids)
    await session.execute(delete(DepartureResource).where(DepartureResource.departure_id == departure.id))
    for resource_id in sorted(resource_ids):
        period = func.tstzrange(departure.starts_at, departure.ends_at)
        values = {"departure_id": departure.id, "resource_id": resource_id, "period": period}
        await session.execute(insert(DepartureResource).values(**values))


async def list_busy(
    session: AsyncSession, departure: Departure, resource_ids: Collection[UUID]
) -> list[tuple[TourResource, Departure, Tour]]:
    """Select which of some resources another departure has at that time, and which departure."""
    period = func.tstzrange(departure.starts_at, departure.ends_at)
    statement = (
        select(TourResource, Departure, Tour)
        .join(DepartureResource, DepartureResource.resource_id == TourResource.id)
        .join(Departure, Departure.id == DepartureResource.departure_id)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(
            TourResource.id.in_(resource_ids),
            DepartureResource.departure_id != departure.id,
            DepartureResource.period.overlaps(period),
        )
        .order_by(TourResource.name, Departure.starts_at)
    )
    return [(one, other, tour) for one, other, tour in await session.execute(statement)]


async def set_car_seats(session: AsyncSession, departure_id: UUID, seats: int | None) -> bool:
    """Let the cars limit the seats, or no more; False when more heads are taken than fit into them."""
    statement = update(Departure).where(Departure.id == departure_id)
    if seats is not None:
        statement = statement.where(Departure.taken <= seats)
    statement = statement.values(car_seats=seats, capacity=func.least(Departure.capacity, seats))
    done = await session.scalar(
        statement.returning(Departure.id).execution_options(synchronize_session=False)
    )
    return done is not None


async def follow_cars(session: AsyncSession, departure_id: UUID) -> None:
    """Let a locked departure with more guests than its cars have seats come as near to these as its guests let it.

    One that ever held seats for operators stays as it is: what they give back is held for them again.
    """
    seats = (
        select(func.sum(TourResource.seats))
        .join(DepartureResource, DepartureResource.resource_id == TourResource.id)
        .where(DepartureResource.departure_id == departure_id)
        .scalar_subquery()
    )
    kept = func.greatest(seats, Departure.taken)
    await session.execute(
        update(Departure)
        .where(
            Departure.id == departure_id,
            Departure.car_seats > kept,
            seats.is_not(None),
            Departure.has_allotments.is_(False),
        )
        .values(car_seats=kept, capacity=func.least(Departure.capacity, kept))
        .execution_options(synchronize_session=False)
    )


async def list_limited(session: AsyncSession, resource_id: UUID, *, now: datetime) -> list[UUID]:
    """Select the departures that are not over, have a vehicle and take no more guests than its seats, ids ascending."""
    statement = (
        select(Departure.id)
        .join(DepartureResource, DepartureResource.departure_id == Departure.id)
        .where(
            DepartureResource.resource_id == resource_id,
            Departure.car_seats.is_not(None),
            Departure.ends_at > now,
        )
        .order_by(Departure.id)
    )
    return list(await session.scalars(statement))


async def list_short(
    session: AsyncSession, producer_id: UUID, *, now: datetime
) -> list[tuple[Departure, Tour, int]]:
    """Select a producer's departures that have more guests than the cars that limit them have seats: (departure, tour, seats)."""
    seats = func.sum(TourResource.seats)
    statement = (
        select(Departure, Tour, seats)
        .join(Tour, Tour.id == Departure.tour_id)
        .join(DepartureResource, DepartureResource.departure_id == Departure.id)
        .join(TourResource, TourResource.id == DepartureResource.resource_id)
        .where(Tour.producer_id == producer_id, Departure.ends_at > now)
        .group_by(Departure.id, Tour.id)
        .having(Departure.car_seats > seats)
        .order_by(Departure.starts_at, Departure.id)
    )
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(departure, tour, int(found or 0)) for departure, tour, found in rows]


async def list_led(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, first: date, last: date
) -> list[tuple[Departure, Tour]]:
    """Select the departures that a person leads on some days, the ends included; the next first."""
    statement = (
        select(Departure, Tour)
        .join(Tour, Tour.id == Departure.tour_id)
        .join(DepartureResource, DepartureResource.departure_id == Departure.id)
        .join(TourResource, TourResource.id == DepartureResource.resource_id)
        .where(
            TourResource.producer_id == producer_id,
            TourResource.person_id == person_id,
            Departure.local_on.between(first, last),
            Departure.state != DepartureState.CANCELLED,
        )
        .order_by(Departure.starts_at, Departure.id)
    )
    return [(departure, tour) for departure, tour in await session.execute(statement)]
