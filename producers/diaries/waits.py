"""Which harvest is clear when: the waits that the work with products on a site asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.core.clock import today
from producers.diaries import intervals, repository
from producers.diaries.models import EntryKind
from producers.inputs import service as inputs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from producers.diaries.models import DiaryEntry
    from producers.farms.models import Site
    from producers.inputs.models import InputInterval


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why a harvest is not clear: the work that asks to wait, the product, and the first clear day (Viet Nam).

    With `degree_days` the day was reckoned from the water: measured last on `measured_on`, or never.
    """

    entry_id: UUID
    input_name: str
    used_on: date
    clear_on: date
    kind: EntryKind
    degree_days: int | None = None
    measured_on: date | None = None


async def list_waits(session: AsyncSession, site: Site, used: Iterable[DiaryEntry]) -> list[Hold]:
    """List the wait of each of these sprays, treatments and fertilisers on a site, those that ask for one."""
    by_input = [(entry.input_id, entry) for entry in used if entry.input_id is not None]
    ids = {input_id for input_id, _entry in by_input}
    asked = await inputs.find_intervals(session, input_ids=ids, crop=site.crop)
    prescribed = {input_id for input_id, entry in by_input if _withdrawal(entry)}
    names = await inputs.get_inputs(session, asked.keys() | prescribed)
    means = await _water_means(session, site) if any(one.degree_days for one in asked.values()) else {}
    return [
        _wait(entry, names[input_id].name, asked.get(input_id), means)
        for input_id, entry in by_input
        if input_id in asked or _withdrawal(entry)
    ]


def _withdrawal(entry: DiaryEntry) -> int:
    return entry.details.get("withdrawal_days") or 0


def _wait(entry: DiaryEntry, name: str, interval: InputInterval | None, means: dict[date, int]) -> Hold:
    """The wait of one work: the label's, counted from the last day of a treatment, or what the vet asks if longer."""
    used_on = today(entry.performed_at)
    last_on = used_on + timedelta(days=(entry.details.get("treatment_days") or 1) - 1)
    prescribed_on = intervals.clear_after_days(last_on, _withdrawal(entry))
    clear_on, degree_days = prescribed_on, None
    if interval is not None and interval.degree_days is not None:
        labelled_on = intervals.clear_after_degree_days(last_on, interval.degree_days, means)
        if labelled_on > prescribed_on:
            clear_on, degree_days = labelled_on, interval.degree_days
    elif interval is not None:
        clear_on = max(prescribed_on, intervals.clear_after_days(last_on, interval.days or 0))
    return Hold(
        entry_id=entry.id,
        input_name=name,
        used_on=used_on,
        clear_on=clear_on,
        kind=entry.kind,
        degree_days=degree_days,
        measured_on=max(means, default=None) if degree_days else None,
    )


async def _water_means(session: AsyncSession, site: Site) -> dict[date, int]:
    measured = await repository.list_effective(
        session, site_ids=[site.id], kinds=(EntryKind.WATER,), until=None
    )
    return intervals.daily_means(
        (today(entry.performed_at), tenths)
        for entry in measured
        if (tenths := entry.details.get("temperature_tenths")) is not None
    )
