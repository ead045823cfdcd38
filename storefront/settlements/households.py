"""Households: whom a producer buys from, and where it pays them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from app.accounts.models import Person
from storefront.payments import banks
from storefront.settlements import repository
from storefront.settlements.errors import HouseholdNotFoundError, WrongAccountError
from storefront.settlements.models import HouseholdBook


async def get_household(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> Person:
    """Get the person of a household that this producer buys from; raises `HouseholdNotFoundError`."""
    if person_id not in await repository.list_households(session, producer_id):
        raise HouseholdNotFoundError
    return await people.get_person(session, person_id)


async def find_account(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> HouseholdBook | None:
    """Find where a household is paid; None when nobody wrote it down."""
    book = await repository.find_book(session, producer_id=producer_id, person_id=person_id)
    return book if book is not None and book.bank_account is not None else None


async def set_account(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    bank_bin: str,
    bank_account: str,
    account_name: str,
    now: datetime,
) -> None:
    """Keep where a household is paid; raises `WrongAccountError`, `HouseholdNotFoundError`."""
    await get_household(session, producer_id=producer_id, person_id=person_id)
    if bank_bin not in banks.load_banks():
        raise WrongAccountError
    book = await repository.lock_book(session, producer_id=producer_id, person_id=person_id, now=now)
    book.bank_bin, book.bank_account, book.account_name = bank_bin, bank_account, account_name
    await session.flush()
