"""What is due today, as the page of the day asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.clock import today
from app.core.i18n import Text, _
from producers.certificates.words import badge_words
from producers.cooperatives.work import DueLine
from producers.diaries.sentences import KIND_ICONS, KIND_WORDS
from producers.seasons import service
from producers.seasons.schemas import Due, DueKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class SeasonDue:
    """Answers from the seasons."""

    async def list_lines(
        self, session: AsyncSession, *, producer_id: UUID, now: datetime, limit: int
    ) -> list[DueLine]:
        """What is due today or late, the most urgent first."""
        found = await service.list_due_today(session, producer_id=producer_id, on=today(now))
        return [say_due(one) for one in found[:limit]]


def say_due(due: Due) -> DueLine:
    """Say what is due, and name the page where one does it."""
    if due.kind is DueKind.CARE:
        assert due.work is not None  # noqa: S101 - care is some work on some site
        assert due.site is not None  # noqa: S101 - as above
        return DueLine(
            said=KIND_WORDS[due.work],
            sub=_last(due),
            icon=KIND_ICONS[due.work],
            route="producers.diaries.new",
            path={"kind": due.work.value},
            query=f"?site={due.site.id}",
        )
    if due.kind is DueKind.WAIT:
        assert due.hold is not None  # noqa: S101 - a wait has its work
        assert due.site is not None  # noqa: S101 - as above
        return DueLine(
            said=_("Hết cách ly %(input)s, được thu hoạch", input=due.hold.input_name),
            sub=due.site.name,
            icon="check",
            route="producers.diaries.show",
            path={"entry_id": str(due.hold.entry_id)},
        )
    assert due.certificate is not None  # noqa: S101 - the last kind
    return DueLine(
        said=_(
            "Giấy %(paper)s hết hạn ngày %(day)s",
            paper=badge_words(due.certificate),
            day=f"{due.certificate.valid_until:%d/%m/%Y}",
        ),
        sub=due.certificate.number,
        icon="certificate",
        route="producers.certificates.list",
        path={},
    )


def _last(due: Due) -> Text | str:
    assert due.site is not None  # noqa: S101 - asked for care alone
    if due.last_on is None:
        return due.site.name
    return _("%(place)s · lần trước %(day)s", place=due.site.name, day=f"{due.last_on:%d/%m}")
