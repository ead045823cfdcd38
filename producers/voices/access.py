"""Who lends a voice, and who sends a pack out to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.accounts import service as accounts
from app.accounts.dependencies import CurrentPerson
from app.accounts.models import Person
from app.web.dependencies import DbSession
from producers.cooperatives.access import MaybeMember, Member
from producers.cooperatives.errors import NotAMemberError, PracticeOnlyError, RoleMissingError
from producers.cooperatives.models import ProducerKind


@dataclass(frozen=True)
class Speaker:
    """Somebody who may record: a member of a producer, or of the staff."""

    person: Person
    may_publish: bool
    is_practising: bool

    def require_real(self) -> None:
        """Raise `PracticeOnlyError` inside a practice farm: what is recorded there would be heard everywhere."""
        if self.is_practising:
            raise PracticeOnlyError

    def require_publisher(self) -> None:
        """Raise `ForbiddenError` unless this is a cooperative's manager or staff: it is heard in every village."""
        self.require_real()
        if not self.may_publish:
            raise RoleMissingError


async def get_speaker(session: DbSession, person: CurrentPerson, member: MaybeMember) -> Speaker:
    """Find who is at the microphone; `NotAMemberError` for somebody who belongs to nobody and is no staff."""
    is_staff = await accounts.find_staff(session, person.id) is not None
    if member is None and not is_staff:
        raise NotAMemberError
    return Speaker(
        person,
        may_publish=is_staff or (member is not None and _runs_a_cooperative(member)),
        is_practising=member is not None and member.producer.is_practice,
    )


def _runs_a_cooperative(member: Member) -> bool:
    """Whether many stand behind this person: a household can be made by anybody who helps."""
    return member.has() and member.producer.kind is ProducerKind.COOPERATIVE


CurrentSpeaker = Annotated[Speaker, Depends(get_speaker, scope="function")]
