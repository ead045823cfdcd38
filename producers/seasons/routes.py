"""The season's calendar over HTTP."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.core.clock import find_day, today
from app.web.dependencies import DbSession, Now
from app.web.forms import Form
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.cooperatives.work import DueLine
from producers.diaries.sentences import KIND_ICONS, KIND_WORDS
from producers.farms import service as farms
from producers.seasons import service
from producers.seasons.due import say_due
from producers.seasons.pages import CalendarDay, CalendarPage, DoneLine

router = APIRouter(prefix="/producer/diary/calendar")
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
_MONTHS = 12


@router.get("", name="producers.seasons.calendar")
async def calendar(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """One month ("2026-11") of all sites or one: what was done, what is due, and the year in figures."""
    member.require(*READERS)
    on = today(now)
    first = (find_day(f"{request.query_params.get('month', '')}-01") or on).replace(day=1)
    sites = await farms.list_sites(session, member.producer.id)
    wished = request.query_params.get("site", "")
    chosen = next((site for site in sites if str(site.id) == wished), None)
    found = await service.read_month(
        session,
        producer_id=member.producer.id,
        first=first,
        on=on,
        site_id=chosen.id if chosen else None,
    )
    names = {site.id: site.name for site in sites}
    done: dict[date, list[DoneLine]] = defaultdict(list)
    for one in found.done:
        done[one.on].append(
            DoneLine(KIND_WORDS[one.kind], names[one.site_id], KIND_ICONS[one.kind], one.count)
        )
    due: dict[date, list[DueLine]] = defaultdict(list)
    for other in found.due:
        due[other.on].append(say_due(other))
    page = CalendarPage(
        month=first,
        days=[CalendarDay(day, done[day], due[day]) for day in sorted(done.keys() | due.keys())],
        rows=[
            (KIND_WORDS[kind], [months.get(month, 0) for month in range(1, _MONTHS + 1)])
            for kind, months in found.of_year.items()
        ],
        sites=[(str(site.id), site.name) for site in sites],
        form=Form({"site": str(chosen.id) if chosen else ""}),
        earlier_href=_href(request, _step(first, -1), chosen.id if chosen else None),
        later_href=_href(request, _step(first, 1), chosen.id if chosen else None),
        can_write=member.has(Role.MEMBER),
    )
    return await render(request, page)


def _step(first: date, months: int) -> date:
    year, month = divmod(first.year * _MONTHS + first.month - 1 + months, _MONTHS)
    return date(year, month + 1, 1)


def _href(request: Request, first: date, site_id: UUID | None) -> str:
    query = {"month": f"{first:%Y-%m}"} | ({"site": str(site_id)} if site_id else {})
    return f"{request.url.path}?{urlencode(query)}"
