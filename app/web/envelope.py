"""What a record that was written on a phone carries on its way: who wrote it, where, in which order, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from app.core import inbox
from app.core.clock import is_plausible
from app.core.errors import AppError, ConflictError
from app.core.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http import HTTPStatus

    from sqlalchemy.ext.asyncio import AsyncSession
    from starlette.requests import HTTPConnection

    from app.core.i18n import Text

SOURCE = "outbox"
SCOPE_KEY = "chophien.envelope"
CLOCK_PATIENCE = timedelta(hours=12)


@dataclass
class Envelope:
    """One record on its way. Instants are aware; `captured_at` is the phone's clock corrected to ours.

    `skew` is how far our clock was ahead of the phone's when it sent. `was_known` becomes true when this id arrived
    before: nothing is done a second time. `was_taken` becomes true when the request's transaction holds it, and
    `was_let_in` when the door knows that the sender was at work for the person when the record was written.
    """

    id: UUID
    route: str
    path: str
    person_id: UUID
    helper_id: UUID | None
    device_id: UUID
    sequence: int
    captured_at: datetime
    phone_captured_at: datetime
    skew: timedelta
    received_at: datetime
    was_known: bool = False
    was_taken: bool = False
    was_let_in: bool = False

    @property
    def days_off(self) -> int:
        """By how many days the phone's calendar ran behind ours (negative: ahead); an hour's slip is none."""
        if abs(self.skew) <= CLOCK_PATIENCE:
            return 0
        return round(self.skew / timedelta(days=1))

    def move_day(self, day: date) -> date:
        """The day that somebody meant who typed `day` on this phone.

        Where a clock thousands of years off would move it to a day that nobody means, it stands as it was typed.
        """
        try:
            moved = day + timedelta(days=self.days_off)
        except OverflowError:
            return day
        return moved if is_plausible(moved) else day


class SeenBeforeError(ConflictError):
    """This record arrived before; the first result stands."""

    def __init__(self) -> None:
        super().__init__(_("Chợ đã nhận dòng này rồi."), code="seen-before")


class SubmissionRefusedError(AppError):
    """A form that came by the outbox was refused: the request is rolled back whole, the phone keeps the record."""

    kind = "refused"

    def __init__(self, status: HTTPStatus, errors: Mapping[str, Text], details: Mapping[str, object]) -> None:
        message = errors.get("") or next(iter(errors.values()), _("Còn chỗ chưa đúng."))
        super().__init__(message, fields={name: words for name, words in errors.items() if name})
        self.status = status
        self.details = details


def envelope_of(request: HTTPConnection) -> Envelope | None:
    """The envelope of a request that came by the outbox, or None for any other."""
    return cast("Envelope | None", request.scope.get(SCOPE_KEY))


async def claim(session: AsyncSession, envelope: Envelope) -> None:
    """Take a record in, in the transaction of its effect; SeenBeforeError when it was taken in before.

    The row commits or dies with the effect: a refused record leaves no trace here and may come again. Two at the same
    instant wait for each other at the row.
    """
    payload = {
        "path": envelope.path,
        "person_id": str(envelope.person_id),
        "helper_id": str(envelope.helper_id) if envelope.helper_id else None,
        "device_id": str(envelope.device_id),
        "sequence": envelope.sequence,
        "captured_at": envelope.captured_at.isoformat(),
        "phone_captured_at": envelope.phone_captured_at.isoformat(),
    }
    taken = await inbox.receive(
        session,
        source=SOURCE,
        external_id=str(envelope.id),
        kind=envelope.route,
        payload=payload,
        now=envelope.received_at,
        is_handled=True,
    )
    if taken is None:
        envelope.was_known = True
        raise SeenBeforeError
    envelope.was_taken = True
