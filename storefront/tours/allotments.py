"""Allotments: a host holds seats for an operator until some days before, then they are everybody's (BOOKINGS.md, 70 to 77)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from storefront.operators import service as operators
from storefront.operators.models import Operator
from storefront.tours import allotment_repository, departure_repository, repository, seats, sweeping
from storefront.tours import service as tours
from storefront.tours.allotment_models import Allotment, AllotmentRule
from storefront.tours.errors import AllotmentError, AllotmentNotFoundError, DepartureNotFoundError
from storefront.tours.models import Departure, Tour


@dataclass(frozen=True)
class Held:
    """What is held for an operator on a date, how much of it is booked, and from when the rest is everybody's."""

    allotment: Allotment
    operator: Operator
    booked: int
    free_at: datetime

    @property
    def left(self) -> int:
        """Heads that nobody else may take until then."""
        return self.allotment.heads - self.booked


@dataclass(frozen=True, kw_only=True)
class Promise:
    """So many heads for an operator, until so many days before."""

    operator_id: UUID
    heads: int
    release_days: int


async def grant(session: AsyncSession, *, departure_id: UUID, promise: Promise, now: datetime) -> None:
    """Hold seats of one date; what stood for the operator there is replaced.

    Raises `DepartureNotFoundError`, `OperatorNotFoundError`, `AllotmentError` (with the seats left) when others have them.
    """
    await operators.get_operator(session, promise.operator_id)
    departure = await _get_departure(session, departure_id)
    # Bookings come before the counter: what is over ends first, so that nobody pays late into promised seats.
    await sweeping.expire_holds(session, now=now, departure_id=departure_id, skip_locked=False)
    # Behind the counter's lock: who books meanwhile comes before or after.
    await allotment_repository.lock_counter(session, departure_id)
    most = await _most(session, departure_id, promise.operator_id, now=now)
    if promise.heads > most:
        raise AllotmentError(most)
    await _save(session, departure_id, promise, rule_id=None, is_new_only=False, now=now)
    await seats.wake(session, departure_id)
    await tours.refresh(session, departure.tour_id)


async def end(session: AsyncSession, *, departure_id: UUID, operator_id: UUID) -> None:
    """Hold nothing for an operator on a date any more; what it has booked stays. Twice changes nothing."""
    departure = await _get_departure(session, departure_id)
    await allotment_repository.lock_counter(session, departure_id)
    if await allotment_repository.end_allotment(session, departure_id, operator_id):
        await seats.wake(session, departure_id)
        await tours.refresh(session, departure.tour_id)


async def create_rule(
    session: AsyncSession,
    *,
    tour_id: UUID,
    promise: Promise,
    weekdays: Collection[int],
    until_on: date,
    now: datetime,
) -> AllotmentRule:
    """Hold seats of every date of a tour on some weekdays (none: all) until a day, of those made later too.

    On a date with fewer seats left, what is left is held. Raises `OperatorNotFoundError`.
    """
    await operators.get_operator(session, promise.operator_id)
    [tour] = await repository.lock_tours(session, [tour_id])
    rule = AllotmentRule(
        id=uuid7(),
        tour_id=tour_id,
        operator_id=promise.operator_id,
        weekdays=[str(day) for day in sorted(weekdays)],
        until_on=until_on,
        heads=promise.heads,
        release_days=promise.release_days,
        created_at=now,
    )
    session.add(rule)
    await session.flush()
    await keep_held(session, tour, now=now)
    await tours.refresh(session, tour_id)
    return rule


async def end_rule(session: AsyncSession, *, rule_id: UUID, tour_id: UUID, now: datetime) -> None:
    """Hold nothing by a rule any more; what was booked of it stays. Raises `AllotmentNotFoundError`."""
    await repository.lock_tours(session, [tour_id])
    rule = await allotment_repository.find_rule(session, rule_id, tour_id)
    if rule is None:
        raise AllotmentNotFoundError
    if rule.ended_at is not None:
        return
    rule.ended_at = now
    await session.flush()
    found = await allotment_repository.list_of_rule(session, rule_id, now=now)
    for departure_id in found:
        await allotment_repository.lock_counter(session, departure_id)
    await allotment_repository.delete_of_rule(session, rule_id, found)
    for departure_id in found:
        await seats.wake(session, departure_id)
    await tours.refresh(session, tour_id)


async def keep_held(session: AsyncSession, tour: Tour, *, now: datetime) -> None:
    """Hold what a tour's rules promise on dates that have nothing written for their operators yet, and nowhere more than is there.

    The caller has locked the tour: whoever makes dates does. Again it does nothing.
    """
    # A date that a season dropped and made anew may have fewer seats than it had.
    overheld = await allotment_repository.list_overheld(session, tour.id, now=now)
    rules = await allotment_repository.list_rules(session, tour.id, lasting_on=today(now))
    wanted: list[tuple[UUID, AllotmentRule]] = []
    for rule in rules:
        for departure_id, on in await allotment_repository.list_unheld(session, rule, now=now):
            if not rule.weekdays or str(on.weekday()) in rule.weekdays:
                wanted.append((departure_id, rule))
    ids = {*overheld, *(departure_id for departure_id, _rule in wanted)}
    if not ids:
        return
    # All counters in one order, whatever rules ask for them; what is over and nobody works on ends before it is counted.
    await departure_repository.lock_counters(session, ids)
    await sweeping.expire_on(session, ids, now=now)
    for departure_id in overheld:
        await _trim(session, departure_id, now=now)
    # Of one date the older rule first.
    for departure_id, rule in sorted(wanted, key=lambda one: (one[0], one[1].id)):
        most = await _most(session, departure_id, rule.operator_id, now=now)
        held = Promise(
            operator_id=rule.operator_id, heads=min(rule.heads, most), release_days=rule.release_days
        )
        await _save(session, departure_id, held, rule_id=rule.id, is_new_only=True, now=now)


async def _trim(session: AsyncSession, departure_id: UUID, *, now: datetime) -> None:
    """Hold no more on a locked date than it has seats; what was promised last gives way first, what is booked stays."""
    departure = await _get_departure(session, departure_id)
    held = await allotment_repository.count_withheld(session, departure_id, now=now)
    over = departure.taken + held - departure.capacity
    for one in reversed((await list_held(session, [departure_id], now=now))[departure_id]):
        less = max(0, min(over, one.left))
        one.allotment.heads -= less
        over -= less
    await session.flush()


async def list_held(
    session: AsyncSession,
    departure_ids: Collection[UUID],
    *,
    now: datetime,
    operator_id: UUID | None = None,
) -> dict[UUID, list[Held]]:
    """List what is held at `now` on each departure, for one operator when asked; what the clock has made free is gone."""
    rows = await allotment_repository.list_on(session, departure_ids, now=now, operator_id=operator_id)
    named = await operators.get_operators(session, {one.operator_id for one, _booked, _free in rows})
    found: dict[UUID, list[Held]] = {departure_id: [] for departure_id in departure_ids}
    for one, booked, free_at in rows:
        if free_at > now:
            found[one.departure_id].append(Held(one, named[one.operator_id], booked, free_at))
    return found


async def list_rules(
    session: AsyncSession, tour_id: UUID, *, now: datetime
) -> Sequence[tuple[AllotmentRule, Operator]]:
    """List the rules of a tour that still hold seats, with whom they are for."""
    rules = await allotment_repository.list_rules(session, tour_id, lasting_on=today(now))
    named = await operators.get_operators(session, {rule.operator_id for rule in rules})
    return [(rule, named[rule.operator_id]) for rule in rules]


async def tell_released(session: AsyncSession, *, now: datetime) -> None:
    """Let pages and the waiting list know what the clock has made free; the counter knew it before."""
    found = await allotment_repository.note_released(session, now=now)
    for departure_id, _tour_id in found:
        await seats.wake(session, departure_id)
    for tour_id in sorted({tour_id for _departure_id, tour_id in found}):
        await tours.refresh(session, tour_id)


async def _get_departure(session: AsyncSession, departure_id: UUID) -> Departure:
    departure = await departure_repository.find_departure(session, departure_id)
    if departure is None:
        raise DepartureNotFoundError
    return departure


async def _most(session: AsyncSession, departure_id: UUID, operator_id: UUID, *, now: datetime) -> int:
    """How many heads can be an operator's on a date: what it has booked, and what nobody else has or is promised."""
    left = await departure_repository.count_left(session, departure_id, now=now, operator_id=operator_id)
    return (left or 0) + await allotment_repository.count_booked(session, departure_id, operator_id, now=now)


async def _save(
    session: AsyncSession,
    departure_id: UUID,
    promise: Promise,
    *,
    rule_id: UUID | None,
    is_new_only: bool,
    now: datetime,
) -> None:
    values = {
        "id": uuid7(),
        "departure_id": departure_id,
        "operator_id": promise.operator_id,
        "rule_id": rule_id,
        "heads": promise.heads,
        "release_days": promise.release_days,
        "created_at": now,
    }
    await allotment_repository.save_allotment(session, values, is_new_only=is_new_only)
