"""Help: how the producers' pages learn from a room above for whom a helper acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.core.i18n import Text, _
from producers.cooperatives.models import Producer, Role

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.accounts.models import Person

HELP_COOKIE = "helping"


@dataclass(frozen=True)
class Helped:
    """Whom a helper works for, and at which producer; nothing is judged yet."""

    farmer: Person
    producer: Producer


@dataclass(frozen=True)
class Acting:
    """What a helper may be at one door: roles, whether the record is marked, and which rooms stand open."""

    roles: frozenset[Role]
    is_flagged: bool
    rooms: frozenset[str]


class Help(Protocol):
    """Port: knows the mandates; `app.wiring` fills it."""

    async def find_chosen(self, session: AsyncSession, *, helper_id: UUID, mandate_id: UUID) -> Helped | None:
        """Whom a helper chose to help, by the mandate; None when it is not this helper's."""
        ...

    async def get_written(
        self, session: AsyncSession, *, helper_id: UUID, farmer_id: UUID, producer_id: UUID | None
    ) -> Helped:
        """Whom a helper's record on a phone is about, in the books for which it was written.

        Raises `ForbiddenError` when there never was a mandate for those books.
        """
        ...

    async def judge(
        self,
        session: AsyncSession,
        *,
        helped: Helped,
        helper_id: UUID,
        route: str,
        is_reading: bool,
        recorded_at: datetime,
        now: datetime,
    ) -> Acting:
        """Judge an act at the instant when it was recorded; raises `ForbiddenError` with the reason."""
        ...


def say_writer(person: str, helper: str | None) -> Text:
    """Who wrote a record: a helper's stands beside the farmer's."""
    if helper is None:
        return Text("%(person)s", {"person": person})
    return _("%(person)s ghi, %(helper)s giúp", person=person, helper=helper)


LATE = _("Ghi lúc còn giấy nhờ giúp, gửi tới khi giấy đã thu lại hay hết hạn. Đang chờ xem.")
"""The mark of a record that was good when it was written, and whose mandate was over when it came."""
