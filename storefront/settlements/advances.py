"""Advances: money and inputs on credit that a household gets ahead, taken off what it is owed later (ledger/BOOKS.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from producers.cooperatives import service as cooperatives
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.settlements import households, repository
from storefront.settlements.errors import AdvanceDayError, AdvanceNotFoundError, AdvanceUsedError
from storefront.settlements.models import Advance
from storefront.settlements.schemas import NewAdvance


async def give_advance(
    session: AsyncSession, *, advance: NewAdvance, producer_id: UUID, by_id: UUID, now: datetime
) -> Advance:
    """Write down what a household got ahead, or answer the first result of this id (BM5, BM10).

    Raises `AdvanceDayError`, `HouseholdNotFoundError`, `PracticeOnlyError`, `AdvanceNotFoundError` (another's id).
    """
    await cooperatives.require_real(session, producer_id)
    await households.get_household(session, producer_id=producer_id, person_id=advance.person_id)
    if advance.given_on > today(now):
        raise AdvanceDayError
    values = {
        "id": advance.id,
        "producer_id": producer_id,
        "person_id": advance.person_id,
        "kind": advance.kind,
        "amount_minor": advance.amount_minor,
        "given_on": advance.given_on,
        "what_for": advance.what_for,
        "quantity_milli": advance.quantity_milli,
        "unit": advance.unit,
        "given_by_id": by_id,
        "created_at": now,
    }
    is_new = await repository.insert_advance(session, values)
    made = await get_advance(session, advance_id=advance.id, producer_id=producer_id)
    if is_new:
        await ledger.record(
            session,
            kind="advance_given",
            source=f"advance:{made.id}",
            memo=made.what,
            entries=_given(made),
            occurred_at=now,
            now=now,
        )
    return made


async def get_advance(session: AsyncSession, *, advance_id: UUID, producer_id: UUID) -> Advance:
    """Get an advance of this producer; raises `AdvanceNotFoundError`."""
    advance = await repository.find_advance(session, advance_id)
    if advance is None or advance.producer_id != producer_id:
        raise AdvanceNotFoundError
    return advance


async def void_advance(
    session: AsyncSession, *, advance_id: UUID, producer_id: UUID, by_id: UUID, now: datetime
) -> Advance:
    """Void an advance that was written by mistake; raises `AdvanceUsedError` once some of it was set off."""
    advance = await get_advance(session, advance_id=advance_id, producer_id=producer_id)
    # Under the lock of whoever settles: a settlement of the same moment has set it off, or will not see it.
    await repository.lock_book(session, producer_id=producer_id, person_id=advance.person_id, now=now)
    if not await repository.void_advance(session, advance_id, person_id=by_id, now=now):
        raise AdvanceUsedError
    await ledger.record(
        session,
        kind="advance_voided",
        source=f"advance:{advance.id}",
        memo=advance.what,
        entries=[(name, -amount) for name, amount in _given(advance)],
        occurred_at=now,
        now=now,
    )
    return advance


async def list_advances(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> list[Advance]:
    """List a household's advances of which something is left, the oldest first: in this order they are set off."""
    found = await repository.list_advances(session, producer_id, person_id)
    return [advance for advance in found if advance.left_minor]


def share(advances: Sequence[Advance], *, most_minor: int) -> list[tuple[Advance, int]]:
    """Set advances off, the oldest first, as far as the money goes."""
    shares = []
    for advance in advances:
        amount = min(advance.left_minor, most_minor)
        if amount:
            shares.append((advance, amount))
        most_minor -= amount
    return shares


def _given(advance: Advance) -> list[tuple[str, int]]:
    return [
        (accounts.member_advance(advance.producer_id, advance.person_id), advance.amount_minor),
        (accounts.coop_funds(advance.producer_id), -advance.amount_minor),
    ]
