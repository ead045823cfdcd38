"""Seasons: a rule makes a tour's departures some months ahead (BOOKINGS.md, 30-32); what is booked is always a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from dateutil.rrule import FR, MO, SA, SU, TH, TU, WE, WEEKLY, rrule, rrulestr
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, in_vietnam, today
from app.core.i18n import _
from app.core.ids import uuid7
from storefront.tours import (
    allotments,
    departure_repository,
    departures,
    repository,
    resources,
    season_repository,
    sweeping,
)
from storefront.tours import service as tours
from storefront.tours.errors import (
    GuestsStayError,
    PlanError,
    SeasonNotFoundError,
    SeasonStandsError,
    TransitionError,
)
from storefront.tours.models import AvailabilityType, Departure, DepartureState, SeasonRule, Tour
from storefront.tours.schemas import DayFields, SeasonFields
from storefront.tours.states import sure_from

HORIZON = timedelta(days=120)
"""How far ahead departures are kept made."""
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = (MO, TU, WE, TH, FR, SA, SU)


def write_rule(weekdays: Sequence[int]) -> str:
    """Write weekdays (0 is Monday) as RFC 5545 does: "FREQ=WEEKLY;BYDAY=SA,SU"."""
    chosen = sorted(set(weekdays))
    made = rrule(WEEKLY, byweekday=[_BY_DAY[day] for day in chosen], dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - a rule has no clock
    return str(made).splitlines()[-1].removeprefix("RRULE:")


def read_weekdays(text: str) -> list[int]:
    """Read the weekdays (0 is Monday) of a rule that `write_rule` wrote."""
    parts = dict(part.split("=", 1) for part in text.split(";"))
    return [_DAYS.index(day) for day in parts["BYDAY"].split(",")]


def list_slots(rule: SeasonRule, *, from_on: date, until_on: date) -> list[datetime]:
    """List the starts of a season between two days (both count): its own days alone, whatever day it begins on.

    Days are counted as Vietnam's calendar counts them; its clock knows no summer time.
    """
    first, last = max(rule.from_on, from_on), min(rule.until_on, until_on)
    begins = datetime.combine(rule.from_on, time())
    found = rrulestr(rule.rrule, dtstart=begins)
    days = found.between(datetime.combine(first, time()), datetime.combine(last, time()), inc=True)
    hours = [time.fromisoformat(text) for text in rule.starts]
    return [datetime.combine(day.date(), hour, tzinfo=VN) for day in days for hour in hours]


def ends_at(tour: Tour, starts_at: datetime, closes: time | None) -> datetime:
    """When a departure ends: as the tour lasts, or when the gate of its day closes."""
    if closes is None:
        return starts_at + timedelta(minutes=tour.duration_minutes)
    return datetime.combine(in_vietnam(starts_at).date(), closes, tzinfo=VN)


async def get_own_rule(session: AsyncSession, *, rule_id: UUID, producer_id: UUID) -> tuple[SeasonRule, Tour]:
    """Get a season of a producer's tour; another's raises `SeasonNotFoundError` too."""
    rule = await season_repository.find_rule(session, rule_id)
    tour = await tours.get_tour(session, rule.tour_id) if rule else None
    if rule is None or tour is None or tour.producer_id != producer_id:
        raise SeasonNotFoundError
    return rule, tour


async def list_rules(session: AsyncSession, tour_id: UUID, *, now: datetime) -> list[SeasonRule]:
    """List the seasons of a tour that still make days, the first to begin first."""
    return await season_repository.list_rules(session, [tour_id], lasting_on=today(now))


async def find_next(session: AsyncSession, rule: SeasonRule) -> SeasonRule | None:
    """The season that took over from this one, if there is one."""
    return await season_repository.find_next(session, rule.id)


async def count_coming(session: AsyncSession, rule: SeasonRule, *, now: datetime) -> int:
    """Count the days to come that a season has made."""
    made = await season_repository.list_made(session, rule.id, from_on=today(now))
    return sum(one.starts_at > now for one in made)


async def list_kept(session: AsyncSession, rule: SeasonRule, *, now: datetime) -> list[Departure]:
    """List the days that go otherwise than a season says, because guests had booked them when it changed."""
    from_on = max(rule.from_on, today(now))
    made = await season_repository.list_made(session, rule.id, from_on=from_on)
    before = rule.follows_id
    left = [] if before is None else await season_repository.list_made(session, before, from_on=from_on)
    kept = [
        one for one in made if one.taken and (one.starts_at != one.slot_at or one.capacity != rule.capacity)
    ]
    return sorted(kept + [one for one in left if one.taken], key=lambda one: one.starts_at)


async def list_left(session: AsyncSession, rule: SeasonRule, *, now: datetime) -> list[Departure]:
    """List the days with guests that a season has left behind where it ends early."""
    from_on = today(now) if rule.ended_at else max(rule.until_on + timedelta(days=1), today(now))
    return [one for one in await season_repository.list_made(session, rule.id, from_on=from_on) if one.taken]


def _check(tour: Tour, fields: SeasonFields, *, now: datetime) -> None:
    """Raise `PlanError` for a season that cannot be."""
    if fields.from_on < today(now):
        raise PlanError("from_on", _("Ngày này đã qua rồi."))
    if fields.until_on < fields.from_on:
        raise PlanError("until_on", _("Ngày cuối phải sau ngày đầu."))
    if fields.until_on > today(now) + departures.MAX_AHEAD:
        raise PlanError("until_on", _("Chỉ thêm được trong vòng một năm tới."))
    if not fields.weekdays:
        raise PlanError("weekdays", _("Bạn chọn ít nhất một thứ trong tuần."))
    if tour.availability_type is AvailabilityType.OPENING_HOURS and len(fields.hours()) > 1:
        raise PlanError("starts_2", _("Vé cả ngày chỉ có một giờ mở cổng."))
    check_hours(tour, fields.starts, fields.closes)


def check_hours(tour: Tour, starts: time, closes: time | None) -> None:
    """Raise `PlanError` for a gate that closes before it opens, or that a timed visit does not have."""
    if closes is None:
        return
    if tour.availability_type is not AvailabilityType.OPENING_HOURS:
        raise PlanError("closes", _("Chỉ vé cả ngày mới có giờ đóng cổng."))
    if closes <= starts:
        raise PlanError("closes", _("Giờ đóng cổng phải sau giờ mở."))


async def create_rule(
    session: AsyncSession, *, tour_id: UUID, fields: SeasonFields, now: datetime, rule_id: UUID | None = None
) -> SeasonRule:
    """Make a season and its departures; raises `PlanError`, or `SeasonStandsError` when one makes the same starts.

    With a `rule_id` that made one before that one is answered (`SeasonNotFoundError` for another's).
    """
    tour = await _lock(session, tour_id)
    known = await season_repository.find_rule(session, rule_id) if rule_id else None
    if known is not None:
        if known.tour_id != tour_id:
            raise SeasonNotFoundError
        return known
    _check(tour, fields, now=now)
    standing = await season_repository.list_rules(session, [tour_id], lasting_on=fields.from_on)
    hours = {f"{hour:%H:%M}" for hour in fields.hours()}
    for other in standing:
        is_overlapping = other.from_on <= fields.until_on and bool(hours & set(other.starts))
        if is_overlapping and set(read_weekdays(other.rrule)) & set(fields.weekdays):
            raise SeasonStandsError
    rule = await _insert(session, tour, fields, follows_id=None, rule_id=rule_id, now=now)
    await _make(session, tour, rule, now=now)
    await tours.announce(session, tour, now=now)
    return rule


async def change_following(
    session: AsyncSession, *, rule_id: UUID, fields: SeasonFields, now: datetime
) -> SeasonRule:
    """Let a season go otherwise from a day on ("this and following"): it ends there, and another takes over.

    Days for which somebody has booked stay as they are (`list_kept` names them), and no other is made beside them; all
    others follow. Pressed twice it is done once. Raises `PlanError`, `TransitionError` for a season that has ended.
    """
    rule, tour = await _lock_rule(session, rule_id)
    known = await season_repository.find_next(session, rule_id)
    if known is not None and _is_of(known, fields):
        return known
    _check_lasting(rule, now=now)
    _check(tour, fields, now=now)
    if not rule.from_on <= fields.from_on <= rule.until_on:
        raise PlanError("from_on", _("Ngày này nằm ngoài lịch đang sửa."))
    await _end(session, rule, from_on=fields.from_on, now=now)
    after = await _insert(session, tour, fields, follows_id=rule.id, now=now)
    await _take_over(session, rule, after)
    await _make(session, tour, after, now=now)
    await tours.announce(session, tour, now=now)
    return after


async def end_rule(session: AsyncSession, *, rule_id: UUID, from_on: date, now: datetime) -> SeasonRule:
    """Let a season make nothing from a day on; days with guests stay. Raises `PlanError`, `TransitionError`."""
    rule, tour = await _lock_rule(session, rule_id)
    _check_lasting(rule, now=now)
    if not today(now) <= from_on <= rule.until_on:
        raise PlanError("from_on", _("Ngày này nằm ngoài lịch đang sửa."))
    await _end(session, rule, from_on=from_on, now=now)
    await tours.announce(session, tour, now=now)
    return rule


async def change_day(session: AsyncSession, *, departure_id: UUID, fields: DayFields, now: datetime) -> None:
    """Let one day go otherwise ("this day only"); its season does not make the old start again.

    With guests only the seats change, never the hours: raises `GuestsStayError`, `CapacityError`,
    `HeldCapacityError`, `CarSeatsError`, `PlanError`, `ResourceBusyError` when its guide or car is elsewhere at the new hour, or `TransitionError` for a day
    that was called off.
    """
    seen = await departures.get_departure(session, departure_id)
    tour = await _lock(session, seen.tour_id)
    if seen.state is DepartureState.CANCELLED:
        raise TransitionError
    check_hours(tour, fields.starts, fields.closes)
    starts_at = datetime.combine(seen.local_on, fields.starts, tzinfo=VN)
    closes = fields.closes
    ends = ends_at(tour, starts_at, closes)
    is_moved = starts_at != seen.starts_at or (closes is not None and ends != seen.ends_at)
    if not is_moved:
        await departures.change_capacity(
            session, departure_id=departure_id, capacity=fields.capacity, now=now
        )
        return
    if starts_at <= now:
        raise PlanError("starts", _("Giờ này đã qua rồi."))
    if starts_at != seen.starts_at and await season_repository.has_start(session, tour.id, starts_at):
        raise PlanError("starts", _("Ngày này đã có chuyến vào giờ đó."))
    # Bookings come before the counter: whoever pays late or sweeps is waited for.
    await sweeping.expire_holds(session, now=now, departure_id=departure_id, skip_locked=False)
    # Its start is a key: whoever has just booked and points to it is waited for, before the counter is theirs.
    await departure_repository.lock_departures(session, {departure_id})
    # And whoever came over from another day meanwhile, with a hold that is over by now.
    await sweeping.expire_holds(session, now=now, departure_id=departure_id)
    await departures.check_capacity(session, departure_id=departure_id, capacity=fields.capacity, now=now)
    async with resources.keep_apart(session, departure_id):
        done = await season_repository.change_day(
            session, departure_id, starts_at=starts_at, ends_at=ends, capacity=fields.capacity
        )
    if not done:
        raise GuestsStayError((await departures.get_departure(session, departure_id)).taken)
    await tours.refresh(session, tour.id)


async def keep_made(session: AsyncSession, tour_ids: Sequence[UUID], *, now: datetime) -> int:
    """Make what the seasons of tours have not made yet; answers how many. Again, at once or twice, it makes none."""
    made = 0
    rules = await season_repository.list_rules(session, tour_ids, lasting_on=today(now))
    locked = {
        tour.id: tour for tour in await repository.lock_tours(session, {rule.tour_id for rule in rules})
    }
    # Read again under the lock: somebody may have changed a season meanwhile.
    for rule in await season_repository.list_rules(session, list(locked), lasting_on=today(now)):
        fresh = await _make(session, locked[rule.tour_id], rule, now=now)
        if fresh:
            await tours.refresh(session, rule.tour_id)
        made += fresh
    return made


async def keep_all_made(session: AsyncSession, *, now: datetime) -> int:
    """Make what all seasons have not made yet; answers how many."""
    tour_ids = await season_repository.list_seasonal_tours(session, lasting_on=today(now))
    return await keep_made(session, tour_ids, now=now)


async def _lock(session: AsyncSession, tour_id: UUID) -> Tour:
    await tours.get_tour(session, tour_id)
    [tour] = await repository.lock_tours(session, [tour_id])
    return tour


async def _lock_rule(session: AsyncSession, rule_id: UUID) -> tuple[SeasonRule, Tour]:
    seen = await season_repository.find_rule(session, rule_id)
    if seen is None:
        raise SeasonNotFoundError
    tour = await _lock(session, seen.tour_id)
    await session.refresh(seen)
    return seen, tour


def _check_lasting(rule: SeasonRule, *, now: datetime) -> None:
    """Raise `TransitionError` for a season that makes nothing any more."""
    if rule.ended_at is not None or rule.until_on < today(now):
        raise TransitionError


def _is_of(rule: SeasonRule, fields: SeasonFields) -> bool:
    """Whether a season is what a form asks for."""
    asked = (fields.from_on, fields.until_on, write_rule(fields.weekdays), fields.closes, fields.capacity)
    stands = (rule.from_on, rule.until_on, rule.rrule, rule.closes, rule.capacity)
    return asked == stands and rule.starts == [f"{hour:%H:%M}" for hour in fields.hours()]


async def _insert(
    session: AsyncSession,
    tour: Tour,
    fields: SeasonFields,
    *,
    follows_id: UUID | None,
    now: datetime,
    rule_id: UUID | None = None,
) -> SeasonRule:
    rule = SeasonRule(
        id=rule_id or uuid7(),
        tour_id=tour.id,
        follows_id=follows_id,
        from_on=fields.from_on,
        until_on=fields.until_on,
        rrule=write_rule(fields.weekdays),
        starts=[f"{hour:%H:%M}" for hour in fields.hours()],
        closes=fields.closes,
        capacity=fields.capacity,
        created_at=now,
    )
    session.add(rule)
    await session.flush()
    return rule


async def _end(session: AsyncSession, rule: SeasonRule, *, from_on: date, now: datetime) -> None:
    """End a season before a day, and drop what it made from there on and nobody booked."""
    made = await season_repository.list_made(session, rule.id, from_on=from_on)
    # Whoever books one of them right now is waited for, and then counts as a guest.
    await departure_repository.lock_departures(session, {one.id for one in made})
    for one in await season_repository.list_made(session, rule.id, from_on=from_on):
        if one.taken:
            await sweeping.expire_holds(session, now=now, departure_id=one.id)
    await season_repository.drop_unbooked(session, rule.id, from_on=from_on, now=now)
    if from_on > rule.from_on:
        rule.until_on = from_on - timedelta(days=1)
    else:
        rule.ended_at = now
    await session.flush()


async def _take_over(session: AsyncSession, before: SeasonRule, after: SeasonRule) -> None:
    """Let what stays of the season before stand for the new one's starts of the same day: the same hour, else the next."""
    stay: dict[date, list[Departure]] = {}
    for one in await season_repository.list_made(session, before.id, from_on=after.from_on):
        stay.setdefault(one.local_on, []).append(one)
    slots: dict[date, list[datetime]] = {}
    for slot in list_slots(after, from_on=after.from_on, until_on=after.until_on):
        slots.setdefault(slot.date(), []).append(slot)
    for day, found in stay.items():
        free = slots.get(day, [])
        for one in sorted(found, key=lambda one: (one.starts_at not in free, one.starts_at)):
            if not free:
                break
            slot = one.starts_at if one.starts_at in free else free[0]
            free = [other for other in free if other != slot]
            await season_repository.adopt(session, one.id, rule_id=after.id, slot_at=slot)


async def _make(session: AsyncSession, tour: Tour, rule: SeasonRule, *, now: datetime) -> int:
    """Make the departures of a season that do not stand yet, up to the horizon; the caller has locked the tour."""
    first, last = today(now), today(now) + HORIZON
    standing = await season_repository.list_slots_made(session, rule.id)
    blackouts = await season_repository.list_blackouts(
        session, tour.producer_id, from_on=first, until_on=last
    )
    closed = {one.closed_on for one in blackouts}
    rows = [
        {
            "id": uuid7(),
            "tour_id": tour.id,
            "local_on": slot.date(),
            "starts_at": slot,
            "ends_at": ends_at(tour, slot, rule.closes),
            "capacity": rule.capacity,
            "taken": 0,
            "state": DepartureState.OPEN,
            "rule_id": rule.id,
            "slot_at": slot,
            "sure_at": sure_from(tour, slot, now=now),
            "created_at": now,
        }
        for slot in list_slots(rule, from_on=first, until_on=last)
        if slot > now and slot not in standing and slot.date() not in closed
    ]
    added = await departure_repository.insert_departures(session, rows) if rows else 0
    await allotments.keep_held(session, tour, now=now)
    return added
