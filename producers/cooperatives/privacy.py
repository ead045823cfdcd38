"""Who reads whose money and slips: the office all, a household its own. The rules stand in PRIVACY.md beside this file."""

from __future__ import annotations

from uuid import UUID

from producers.cooperatives.access import Member
from producers.cooperatives.errors import RoleMissingError
from producers.cooperatives.models import ProducerKind, Role


def reads_all(member: Member, *family: Role) -> bool:
    """Whether all of the producer's money is this member's to read: a manager, the accountant (N1).

    `family`: roles that read it too where the producer is one household (N5).
    """
    is_family = member.producer.kind is ProducerKind.HOUSEHOLD
    return member.has(Role.ACCOUNTANT, *(family if is_family else ()))


def require_all(member: Member, *family: Role) -> None:
    """Raise `ForbiddenError` unless all of the producer's money is this member's to read, as `reads_all`."""
    if not reads_all(member, *family):
        raise RoleMissingError


def find_household(member: Member) -> UUID | None:
    """Of whose slips alone this member may know the weight (N4): the person; None: of everybody's."""
    if member.producer.kind is ProducerKind.HOUSEHOLD or member.has(Role.PACKER, Role.ACCOUNTANT):
        return None
    return member.person.id
