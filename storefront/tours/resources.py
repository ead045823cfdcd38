"""Resources of a day: who leads it, in which languages, and what guests go in (BOOKINGS.md, 100 to 104)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from storefront.tours import (
    allotment_repository,
    departure_repository,
    departures,
    repository,
    resource_repository,
    seats,
    sweeping,
)
from storefront.tours import service as tours
from storefront.tours.errors import (
    CapacityError,
    PlanError,
    ResourceBusyError,
    ResourceNotFoundError,
    TransitionError,
)
from storefront.tours.models import Departure, DepartureState, Tour
from storefront.tours.resource_models import ResourceKind, TourResource
from storefront.tours.schemas import ResourceFields
from storefront.tours.words import say_when

AHEAD = timedelta(days=30)
"""How far a guide's own list looks."""
LANGUAGES: dict[str, Text] = {
    "vi": _("tiếng Việt"),
    "en": _("tiếng Anh"),
    "fr": _("tiếng Pháp"),
    "zh": _("tiếng Trung"),
    "ko": _("tiếng Hàn"),
    "ja": _("tiếng Nhật"),
    "tyz": _("tiếng Tày"),
    "ium": _("tiếng Dao"),
    "hmn": _("tiếng Mông"),
}
"""Languages in which guests are led, by their BCP 47 codes."""
_TWICE = _("Người này đã có trong danh sách rồi.")


@dataclass(frozen=True)
class Led:
    """A departure that somebody leads, with who and what else is on it."""

    departure: Departure
    tour: Tour
    crew: list[TourResource]


@dataclass(frozen=True)
class Short:
    """A departure with more guests than its cars have seats for, which limit it."""

    departure: Departure
    tour: Tour
    seats: int


async def list_resources(session: AsyncSession, producer_id: UUID) -> list[TourResource]:
    """List a producer's guides, then its cars and boats."""
    return await resource_repository.list_resources(session, producer_id)


async def save_resource(
    session: AsyncSession,
    *,
    producer_id: UUID,
    resource_id: UUID | None,
    fields: ResourceFields,
    now: datetime,
    new_id: UUID | None = None,
) -> TourResource:
    """Make a guide, car or boat (without `resource_id`), or change one; its kind stays.

    The dates to come that a car limits follow its seats, as far as their guests let them: `list_short` names the others.
    With a `new_id` that made one before that one is answered as it stands. Raises `ResourceNotFoundError` for another
    producer's, and `PlanError` for a member who is a guide already.
    """
    found = await tours.list_tours(session, producer_id)
    # Under the tours' locks: whoever chooses cars for a date meanwhile comes before or after.
    await repository.lock_tours(session, [tour.id for tour in found])
    own = await resource_repository.list_resources(session, producer_id)
    resource = next((one for one in own if one.id == resource_id), None)
    if resource is None and resource_id is not None:
        raise ResourceNotFoundError
    if (made := next((one for one in own if one.id == new_id), None)) is not None:
        return made
    kind = fields.kind if resource is None else resource.kind
    is_guide = kind is ResourceKind.GUIDE
    person_id = fields.person_id if is_guide else None
    if person_id is not None:
        members = {one.id for one in await cooperatives.list_members(session, producer_id)}
        if person_id not in members:
            raise ResourceNotFoundError
        if any(one.person_id == person_id and one.id != resource_id for one in own):
            raise PlanError("person_id", _TWICE)
    if not is_guide and fields.seats is None:
        raise PlanError("seats", _("Bạn ghi xe hay thuyền chở được mấy khách."))
    limited = await resource_repository.list_limited(session, resource_id, now=now) if resource_id else []
    # Counters come before guides and cars.
    await departure_repository.lock_counters(session, limited)
    values = {
        "name": fields.name,
        "is_active": fields.is_active,
        "person_id": person_id,
        "languages": [code for code in LANGUAGES if is_guide and code in fields.languages],
        "seats": None if is_guide else fields.seats,
    }
    if resource is None:
        fixed = {"id": new_id or uuid7(), "producer_id": producer_id, "kind": kind, "created_at": now}
        return await _make(session, {**fixed, **values})
    for name, value in values.items():
        setattr(resource, name, value)
    await session.flush()
    await _follow(session, limited, now=now)
    await _refresh(session, producer_id)
    return resource


async def _make(session: AsyncSession, values: dict[str, Any]) -> TourResource:
    """Make a guide or vehicle, or answer the one that was made with its id at this very instant."""
    is_new = await resource_repository.insert_resource(session, values)
    made = await resource_repository.find_resource(session, values["id"])
    if made is None:
        raise PlanError("person_id", _TWICE)
    if made.producer_id != values["producer_id"]:
        raise ResourceNotFoundError
    if is_new:
        await _refresh(session, made.producer_id)
    return made


async def _refresh(session: AsyncSession, producer_id: UUID) -> None:
    for tour in await tours.list_tours(session, producer_id):
        await tours.refresh(session, tour.id)


async def _follow(session: AsyncSession, departure_ids: Sequence[UUID], *, now: datetime) -> None:
    """Let locked departures take as many guests as their cars have seats by now, and never fewer than are taken and held."""
    await sweeping.expire_on(session, departure_ids, now=now)
    crews = await list_assigned(session, departure_ids)
    for departure_id in departure_ids:
        departure = await departures.get_departure(session, departure_id)
        held = await allotment_repository.count_withheld(session, departure_id, now=now)
        car_seats = max(sum(one.seats or 0 for one in crews[departure_id]), departure.taken + held)
        await resource_repository.set_car_seats(session, departure_id, car_seats)


async def list_short(session: AsyncSession, producer_id: UUID, *, now: datetime) -> list[Short]:
    """List the dates to come that have more guests than the cars which limit them have seats; the next first."""
    return [Short(*row) for row in await resource_repository.list_short(session, producer_id, now=now)]


async def list_assigned(
    session: AsyncSession, departure_ids: Collection[UUID]
) -> dict[UUID, list[TourResource]]:
    """List who leads each departure and what it goes in, guides first."""
    crews: dict[UUID, list[TourResource]] = defaultdict(list)
    for departure_id, resource in await resource_repository.list_assigned(session, departure_ids):
        crews[departure_id].append(resource)
    return crews


async def assign(
    session: AsyncSession,
    *,
    departure_id: UUID,
    producer_id: UUID,
    resource_ids: Collection[UUID],
    limits_seats: bool,
    now: datetime,
) -> None:
    """Say who leads a departure and what it goes in, in place of what was said before.

    `limits_seats`: no more guests than the cars and boats have seats for. Raises `ResourceNotFoundError` for another
    producer's, `ResourceBusyError` for one that is elsewhere at that time, `CapacityError` when more heads are taken
    than there are seats, `HeldCapacityError` when more are taken and held for operators, `PlanError` for a limit without a car, `TransitionError` for a day that is off; after one of
    them the caller rolls back.
    """
    seen = await departures.get_own_departure(session, departure_id=departure_id, producer_id=producer_id)
    await repository.lock_tours(session, [seen.tour_id])
    await departure_repository.lock_counters(session, {departure_id})
    departure = await departures.get_departure(session, departure_id)
    if departure.state is DepartureState.CANCELLED:
        raise TransitionError
    own = {one.id: one for one in await resource_repository.list_resources(session, producer_id)}
    if not own.keys() >= set(resource_ids):
        raise ResourceNotFoundError
    chosen = [own[one] for one in dict.fromkeys(resource_ids)]
    car_seats = sum(one.seats or 0 for one in chosen) if limits_seats else None
    if car_seats == 0:
        raise PlanError("limits_seats", _("Bạn chọn xe hay thuyền trước đã."))
    if car_seats is not None and car_seats < departure.capacity:
        await departures.check_held(session, departure, car_seats, now=now)
    async with _refuse_clashes(session, departure, resource_ids):
        await resource_repository.replace(session, departure, [one.id for one in chosen])
    if not await resource_repository.set_car_seats(session, departure_id, car_seats):
        raise CapacityError(departure.taken)
    await seats.wake(session, departure_id)
    await tours.refresh(session, departure.tour_id)


@asynccontextmanager
async def _refuse_clashes(
    session: AsyncSession, departure: Departure, resource_ids: Collection[UUID]
) -> AsyncIterator[None]:
    """Turn the database's refusal into words; whoever was first is committed by then, and can be named."""
    try:
        async with session.begin_nested():
            yield
    except IntegrityError as error:
        if not resource_repository.is_clash(error):
            raise
        raise await _say_busy(session, departure, resource_ids) from error


async def _say_busy(
    session: AsyncSession, departure: Departure, resource_ids: Collection[UUID]
) -> ResourceBusyError:
    busy = await resource_repository.list_busy(session, departure, resource_ids)
    return ResourceBusyError([(one.name, say_when(tour, other)) for one, other, tour in busy])


@asynccontextmanager
async def keep_apart(session: AsyncSession, departure_id: UUID) -> AsyncIterator[None]:
    """Within, a departure behind its lock gets other hours: `ResourceBusyError` when somebody would be in two places."""
    crew = await list_assigned(session, [departure_id])
    await resource_repository.lock_resources(session, [one.id for one in crew[departure_id]])
    try:
        async with session.begin_nested():
            yield
    except IntegrityError as error:
        if not resource_repository.is_clash(error):
            raise
        raise ResourceBusyError([]) from error


async def list_led(session: AsyncSession, *, producer_id: UUID, person_id: UUID, now: datetime) -> list[Led]:
    """List the departures that a person leads from today on, the next first."""
    first = today(now)
    found = await resource_repository.list_led(
        session, producer_id=producer_id, person_id=person_id, first=first, last=first + AHEAD
    )
    crews = await list_assigned(session, [departure.id for departure, _tour in found])
    return [Led(departure, tour, crews[departure.id]) for departure, tour in found]


def list_languages(crew: Sequence[TourResource]) -> list[str]:
    """In which languages guests are led, by their codes, in the order of LANGUAGES."""
    spoken = {code for one in crew for code in one.languages}
    return [code for code in LANGUAGES if code in spoken]


def say_languages(crew: Sequence[TourResource]) -> Text | None:
    """Say in which languages guests are led; None when nobody has said so."""
    return say_list([LANGUAGES[code] for code in list_languages(crew)])


def say_crew(crew: Sequence[TourResource]) -> Text | None:
    """Say to hosts who leads and what they go in; None when nobody is chosen."""
    return say_list([say_resource(one) for one in crew])


def say_resource(one: TourResource) -> Text:
    """Name a guide with their languages, a car with its seats."""
    if one.kind is not ResourceKind.GUIDE:
        return _("%(name)s (%(seats)s chỗ)", name=one.name, seats=one.seats)
    spoken = say_languages([one])
    if spoken is None:
        return _("%(name)s dẫn", name=one.name)
    return _("%(name)s dẫn (%(languages)s)", name=one.name, languages=spoken)


def say_list(parts: Sequence[Text]) -> Text | None:
    """Say several things in one line; None for nothing."""
    if not parts:
        return None
    line = parts[0]
    for part in parts[1:]:
        line = _("%(first)s, %(second)s", first=line, second=part)
    return line
