"""Who works for an operator: a phone number that the office links, and which then opens the operator's own pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.models import Person
from storefront.operators import repository
from storefront.operators import service as operators
from storefront.operators.errors import AtWorkError
from storefront.operators.models import Operator


@dataclass(frozen=True)
class Clerk:
    """A person at work for an operator."""

    person: Person
    operator: Operator


async def find_clerk(session: AsyncSession, person: Person) -> Clerk | None:
    """For which operator a person works now, or None."""
    operator = await repository.find_operator_of(session, person.id)
    return None if operator is None else Clerk(person, operator)


async def link(session: AsyncSession, *, operator_id: UUID, phone: str, name: str, now: datetime) -> Person:
    """Let the person of a number (E.164) work for an operator; somebody new is called `name`. Twice changes nothing.

    Raises `OperatorNotFoundError`, `AtWorkError` for a person of another operator.
    """
    operator = await operators.get_operator(session, operator_id)
    await operators.give_code(session, operator)
    person = await accounts.get_or_create_person(session, phone=phone, name=name, now=now)
    await repository.lock_person(session, person.id)
    if not await repository.link_member(session, operator_id, person.id, now=now):
        raise AtWorkError
    return person


async def unlink(session: AsyncSession, *, operator_id: UUID, person_id: UUID, now: datetime) -> None:
    """Let a person work for an operator no more; twice changes nothing."""
    await repository.unlink_member(session, operator_id, person_id, now=now)


async def list_people(session: AsyncSession, operator_id: UUID) -> list[Person]:
    """List who works for an operator, who came first first."""
    ids = await repository.list_member_ids(session, operator_id)
    found = await accounts.get_people(session, ids)
    return [found[person_id] for person_id in ids]
