"""The village: each helped farmer with what their phones say, and who needs a visit first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts import service as accounts
from app.core.clock import today
from app.core.i18n import Text, _
from app.core.text import sort_key
from producers.diaries import service as diaries
from producers.lessons import service as lessons
from producers.mandates import service as mandates

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.accounts.models import Person
    from producers.lessons.service import Progress
    from producers.mandates.models import Mandate
    from producers.village.ports import PhoneReport, PhoneReports, Refusal

SILENT = timedelta(days=3)
"""After so long without a word from any phone somebody should look."""
SOON = timedelta(days=30)
"""A mandate that ends within this time is worth a word at the door."""


class Need(IntEnum):
    """Why to visit, the most pressing first."""

    REFUSED = 0
    STUCK = 1
    SILENT = 2
    NO_PHONE = 3
    ENDING = 4
    NONE = 5


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A farmer as the team sees her: phones, what waits, what was refused, and why to visit."""

    person: Person
    mandate: Mandate
    seen_at: datetime | None
    device_name: str
    unsent: int
    oldest_unsent_at: datetime | None
    refusals: Sequence[Refusal]
    last_worked_at: datetime | None
    lessons_done: int
    lesson_count: int
    need: Need
    reason: Text | None


async def list_neighbours(
    session: AsyncSession, *, helper_id: UUID, phones: PhoneReports, now: datetime
) -> list[Neighbour]:
    """List the farmers who let this helper act now, whom to visit first at the top; six queries whatever their number."""
    by_farmer: dict[UUID, Mandate] = {}
    for mandate in await mandates.list_of_helper(session, helper_id, now=now):
        best = by_farmer.setdefault(mandate.farmer_id, mandate)
        if mandate.ends_at > best.ends_at:
            by_farmer[mandate.farmer_id] = mandate
    people = await accounts.get_people(session, by_farmer)
    reports: dict[UUID, list[PhoneReport]] = defaultdict(list)
    for report in await phones.list_reports(session, by_farmer):
        reports[report.person_id].append(report)
    refusals: dict[UUID, list[Refusal]] = defaultdict(list)
    for refusal in await phones.list_refusals(session, by_farmer):
        refusals[refusal.person_id].append(refusal)
    worked = await diaries.find_last_days(session, by_farmer)
    learnt = await lessons.list_progress(session, by_farmer)
    found = [
        _describe(people[one], mandate, reports[one], refusals[one], worked.get(one), learnt[one], now)
        for one, mandate in by_farmer.items()
    ]
    return sorted(found, key=_urgency)


def _describe(  # noqa: PLR0917 - one row's facts
    person: Person,
    mandate: Mandate,
    reports: Sequence[PhoneReport],
    refusals: Sequence[Refusal],
    worked_at: datetime | None,
    learnt: Sequence[Progress],
    now: datetime,
) -> Neighbour:
    latest = max(reports, key=lambda report: report.seen_at, default=None)
    waiting = [report.oldest_unsent_at for report in reports if report.oldest_unsent_at is not None]
    oldest = min(waiting, default=None)
    refused = max(len(refusals), sum(report.refused for report in reports))
    unsent = sum(report.unsent for report in reports)
    need, reason = _find_need(
        refused, unsent, oldest, latest.seen_at if latest else None, mandate.ends_at, now
    )
    return Neighbour(
        person=person,
        mandate=mandate,
        seen_at=latest.seen_at if latest else None,
        device_name=latest.device_name if latest else "",
        unsent=unsent,
        oldest_unsent_at=oldest,
        refusals=sorted(refusals, key=lambda refusal: refusal.refused_at),
        last_worked_at=worked_at,
        lessons_done=sum(one.is_done for one in learnt),
        lesson_count=len(learnt),
        need=need,
        reason=reason,
    )


def _find_need(  # noqa: PLR0917 - one row's facts
    refused: int,
    unsent: int,
    oldest: datetime | None,
    seen_at: datetime | None,
    ends_at: datetime,
    now: datetime,
) -> tuple[Need, Text | None]:
    if refused:
        return Need.REFUSED, _("%(count)s dòng bị trả lại", count=refused)
    if unsent and oldest is not None and now - oldest >= SILENT:
        return Need.STUCK, _("%(count)s dòng chờ gửi đã %(days)s ngày", count=unsent, days=_days(oldest, now))
    if seen_at is None:
        return Need.NO_PHONE, _("Chưa có máy nào đăng nhập")
    if now - seen_at >= SILENT:
        return Need.SILENT, _("%(days)s ngày chưa gửi", days=_days(seen_at, now))
    if ends_at - now <= SOON:
        return Need.ENDING, _("Giấy nhờ giúp còn %(days)s ngày", days=_days(now, ends_at))
    return Need.NONE, None


def _days(start: datetime, end: datetime) -> int:
    """Days between two instants as the calendar of Viet Nam counts them."""
    return (today(end) - today(start)).days


def _urgency(one: Neighbour) -> tuple[int, float, tuple[object, ...]]:
    """The most pressing need first; of one need, who waits longest; then by name."""
    since = one.oldest_unsent_at or one.seen_at
    return (one.need, since.timestamp() if since else 0.0, (sort_key(one.person.name), one.person.id))
