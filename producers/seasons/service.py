"""Seasons: what was done month by month, and what is due, reckoned from the diary whenever somebody looks."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN
from producers.certificates import service as certificates
from producers.diaries import service as diaries
from producers.diaries.models import EntryKind
from producers.farms import service as farms
from producers.farms.models import Site
from producers.seasons.rhythms import FISH_AT_HOME, FISH_GONE_AFTER_DAYS, RHYTHMS, Rhythm, usual_gap
from producers.seasons.schemas import Due, DueKind, Month

LOOK_BACK = timedelta(days=200)
LONGEST_WAIT = timedelta(days=400)
WARN_BEFORE_END = timedelta(days=30)
_KINDS = list(DueKind)


async def list_due(
    session: AsyncSession,
    *,
    producer_id: UUID,
    on: date,
    until: date,
    site_ids: Collection[UUID] | None = None,
) -> list[Due]:
    """List what is due from a day on until another, both included, by day; what is late is due on the first day.

    Care that comes round daily stands on the first day alone, when nothing of it is written on that day. A certificate
    stands on its last day.
    """
    sites = await _sites(session, producer_id, site_ids)
    found = await _care(session, sites, on)
    since = datetime.combine(on - LONGEST_WAIT, time(), VN)
    by_id = {site.id: site for site in sites}
    holds = await diaries.list_due_waits(session, sites=sites, since=since)
    entries = await diaries.get_entries(session, {hold.entry_id for hold in holds})
    found += [
        Due(kind=DueKind.WAIT, on=hold.clear_on, site=by_id[entries[hold.entry_id].site_id], hold=hold)
        for hold in holds
        if hold.clear_on > hold.used_on
    ]
    found += [
        Due(kind=DueKind.CERTIFICATE, on=paper.valid_until, certificate=paper)
        for paper in await certificates.list_certificates(session, producer_id)
    ]
    due = [one for one in found if on <= one.on <= until]
    return sorted(due, key=lambda one: (one.on, _KINDS.index(one.kind)))


async def list_due_today(session: AsyncSession, *, producer_id: UUID, on: date) -> list[Due]:
    """List what to do or to know today: care due or late, waits that end today, certificates that end within a month."""
    found = await list_due(session, producer_id=producer_id, on=on, until=on + WARN_BEFORE_END)
    return [one for one in found if one.on == on or one.kind is DueKind.CERTIFICATE]


async def read_month(
    session: AsyncSession, *, producer_id: UUID, first: date, on: date, site_id: UUID | None = None
) -> Month:
    """Read one month: what was done, and what is due in it from `on` (today) on; `site_id` looks at one site alone."""
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    site_ids = None if site_id is None else [site_id]
    sites = await _sites(session, producer_id, site_ids)
    ids = [site.id for site in sites]
    year = await diaries.list_done(
        session, site_ids=ids, since=date(first.year, 1, 1), until=date(first.year, 12, 31)
    )
    of_year: dict[EntryKind, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for day in year:
        of_year[day.kind][day.on.month] += day.count
    due: list[Due] = []
    if last >= on:
        ahead = await list_due(session, producer_id=producer_id, on=on, until=last, site_ids=site_ids)
        due = [one for one in ahead if one.on >= first]
    return Month(
        first=first,
        sites=sites,
        done=[day for day in year if first <= day.on <= last],
        due=due,
        of_year={kind: dict(of_year[kind]) for kind in EntryKind if kind in of_year},
    )


async def _sites(session: AsyncSession, producer_id: UUID, site_ids: Collection[UUID] | None) -> list[Site]:
    found = await farms.list_sites(session, producer_id)
    return [site for site in found if site_ids is None or site.id in site_ids]


async def _care(session: AsyncSession, sites: Sequence[Site], on: date) -> list[Due]:
    done = await diaries.list_done(
        session, site_ids=[site.id for site in sites], since=on - LOOK_BACK, until=on
    )
    days: dict[UUID, dict[EntryKind, list[date]]] = defaultdict(lambda: defaultdict(list))
    for day in done:
        days[day.site_id][day.kind].append(day.on)
    return [
        due
        for site in sites
        for rhythm in RHYTHMS[site.crop]
        if (due := _next(site, rhythm, days[site.id], on)) is not None
    ]


def _next(site: Site, rhythm: Rhythm, days: dict[EntryKind, list[date]], on: date) -> Due | None:
    """When this care comes round next; None where it is not done, or not in this season."""
    own = days[rhythm.kind]
    last_on = own[-1] if own else None
    if rhythm.is_daily:
        at_home = [day for kind in FISH_AT_HOME for day in days[kind][-1:]]
        lately = on - timedelta(days=FISH_GONE_AFTER_DAYS)
        if last_on == on or not at_home or max(at_home) < lately:
            return None
        next_on = on
    elif last_on is None:
        return None
    else:
        next_on = max(last_on + timedelta(days=usual_gap(rhythm, own)), on)
    if next_on.month not in rhythm.months:
        return None
    return Due(kind=DueKind.CARE, on=next_on, site=site, work=rhythm.kind, last_on=last_on)
