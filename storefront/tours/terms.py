"""Terms: how much of what was paid comes back when a party cancels, step by step (BOOKINGS.md, 80 to 82)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storefront.tours.models import Booking, Departure, Tour

WHOLE = 100


@dataclass(frozen=True)
class Step:
    """Until so many hours before the start, so many per cent of what was paid come back."""

    hours: int
    percent: int


Steps = Sequence[Step]


def steps_of(tour: Tour) -> list[Step]:
    """A tour's steps, the earliest first: all until its hours before the start, then what the host gives besides."""
    return _read([(tour.cancellation_cutoff_hours, WHOLE), *tour.cancellation_steps])


def steps_kept(booking: Booking) -> list[Step]:
    """The steps of a booking as they were when it was made."""
    return _read(booking.cancellation_steps)


def spell(steps: Steps) -> list[list[int]]:
    """Steps as a row keeps them."""
    return [[step.hours, step.percent] for step in steps]


def _read(rows: Iterable[Sequence[int]]) -> list[Step]:
    """Rows as steps; one that comes no later than the step before it, or gives no less, says nothing."""
    steps: list[Step] = []
    for hours, percent in rows:
        if not steps or (hours < steps[-1].hours and percent < steps[-1].percent):
            steps.append(Step(hours, percent))
    return steps


def free_until(steps: Steps, departure: Departure) -> datetime:
    """Until when all of the money comes back."""
    return departure.starts_at - timedelta(hours=steps[0].hours)


def percent_at(steps: Steps, departure: Departure, *, now: datetime) -> int | None:
    """How many per cent come back at `now`; None once the last step is over."""
    for step in steps:
        if now < departure.starts_at - timedelta(hours=step.hours):
            return step.percent
    return None


def share(paid_minor: int, percent: int) -> int:
    """What of a sum comes back, in đồng: half a đồng counts up, as fees and taxes are given back."""
    return (2 * paid_minor * percent + WHOLE) // (2 * WHOLE)
