"""Accounts of tour operators: sold at their net price, taken back whole. The rules stand in ledger/BOOKS.md (BX1 to BX8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import keys
from app.core.ids import find_payment_codes, new_payment_code, uuid7
from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import repository
from storefront.operators.errors import CreditLimitError, DiscountError, OperatorNotFoundError
from storefront.operators.models import Operator, OperatorSale
from storefront.payments import receipts
from storefront.taxes import service as taxes

if TYPE_CHECKING:
    from storefront.payments.events import MoneyUnnamed

_SOURCE = "operator_sale:"
WHOLE = 10_000
"""Basis points of the whole price."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On whose account something is booked, and how much less than a visitor it pays (basis points)."""

    operator_id: UUID
    discount_basis_points: int

    def net_minor(self, retail_minor: int) -> int:
        """What of a visitor's price is paid."""
        return net_price(retail_minor, self.discount_basis_points)


@dataclass(frozen=True)
class Account:
    """An operator and what it owes, in đồng; below zero it paid ahead."""

    operator: Operator
    owed_minor: int


def net_price(retail_minor: int, discount_basis_points: int) -> int:
    """A ticket's price less the discount, in đồng: half a đồng counts up, and something is always left to pay (BX1)."""
    return max(1, (2 * retail_minor * (WHOLE - discount_basis_points) + WHOLE) // (2 * WHOLE))


def terms_of(operator: Operator) -> Terms:
    """On which terms an operator books today."""
    return Terms(operator_id=operator.id, discount_basis_points=operator.discount_basis_points)


async def get_or_create_operator(
    session: AsyncSession,
    *,
    name: str,
    now: datetime,
    discount_basis_points: int | None = None,
    phone: str | None = None,
) -> Operator:
    """The operator of a name, made at the first call; a discount or phone that is given holds from now on.

    Raises `DiscountError`.
    """
    if discount_basis_points is not None and not 0 <= discount_basis_points < WHOLE:
        raise DiscountError
    await repository.insert_operator(session, {"id": uuid7(), "name": name, "created_at": now})
    operator = await repository.find_by_name(session, name)
    assert operator is not None  # noqa: S101 - inserted above, and operators are never deleted
    if discount_basis_points is not None:
        operator.discount_basis_points = discount_basis_points
    if phone is not None:
        operator.phone = phone
    await session.flush()
    return operator


async def find_operator(session: AsyncSession, operator_id: UUID | None) -> Operator | None:
    """Find an operator by its id."""
    return None if operator_id is None else await session.get(Operator, operator_id)


async def find_by_key(
    session: AsyncSession, presented: str, *, now: datetime
) -> tuple[UUID, Operator | None] | None:
    """Find whose key was presented: (key id, operator); None for one that is no operator's kind, or has ended."""
    found = await repository.find_by_key(session, keys.hash_key(presented))
    if found is None or keys.open_at(found[0], now) is None:
        return None
    return found[0].id, found[1]


async def get_operator(session: AsyncSession, operator_id: UUID) -> Operator:
    """Get an operator by its id; raises `OperatorNotFoundError`."""
    operator = await find_operator(session, operator_id)
    if operator is None:
        raise OperatorNotFoundError
    return operator


async def get_operators(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Operator]:
    """Get several operators by id."""
    return await repository.get_operators(session, ids)


async def set_limit(session: AsyncSession, *, operator_id: UUID, limit_minor: int | None) -> None:
    """Say how much an operator may owe at most, in đồng (None: as much as it likes); raises `OperatorNotFoundError`.

    Waits for sales that are on their way and were not asked for a limit: the next one counts them.
    """
    await get_operator(session, operator_id)
    (await repository.lock_alone(session, operator_id)).credit_limit_minor = limit_minor
    await session.flush()


async def give_code(session: AsyncSession, operator: Operator) -> str:
    """The code by which an operator's transfers are known, made at the first call (BX7)."""
    while operator.payment_code is None:
        await repository.set_code(session, operator.id, new_payment_code())
        await session.refresh(operator)
    return operator.payment_code


async def on_money_unnamed(session: AsyncSession, event: MoneyUnnamed) -> None:
    """Put money whose memo bears the code of one operator on its account; with several codes a human decides (BX7)."""
    codes = find_payment_codes(event.memo)
    found = await repository.list_by_codes(session, codes) if codes else []
    if len(found) == 1:
        await receipts.put_on_account(
            session,
            receipt_id=event.receipt_id,
            account=accounts.operator_receivable(found[0].id),
            owner=found[0].name,
            person_id=None,
            now=event.seen_at,
        )


async def get_account(session: AsyncSession, operator: Operator) -> Account:
    """What one operator owes."""
    return Account(operator, await ledger.balance(session, accounts.operator_receivable(operator.id)))


async def lock_account(session: AsyncSession, operator_id: UUID) -> None:
    """Lock the account of an operator: whoever sells on it behind a departure's counter asks for it before that."""
    await repository.lock_operator(session, operator_id)


async def check_credit(session: AsyncSession, operator: Operator, amount_minor: int) -> None:
    """Raise `CreditLimitError` when an operator that buys for so much more would owe more than it may (BX6).

    Only behind the operator's lock (as `sell` asks) is the answer sure.
    """
    limit = operator.credit_limit_minor
    if limit is None:
        return
    owed = (await get_account(session, operator)).owed_minor
    if owed + amount_minor > limit:
        raise CreditLimitError(owed_minor=owed, limit_minor=limit, amount_minor=amount_minor)


async def list_accounts(session: AsyncSession) -> list[Account]:
    """List every operator with what it owes, by name."""
    owed = await ledger.balances(session, accounts.operator_receivable_prefix())
    return [
        Account(one, owed.get(accounts.operator_receivable(one.id), 0))
        for one in await repository.list_operators(session)
    ]


async def record_paid(
    session: AsyncSession, *, operator_id: UUID, receipt_id: UUID, person_id: UUID, now: datetime
) -> None:
    """Write down that money of nobody known was an operator's: it owes so much less (BX5).

    Raises `OperatorNotFoundError`, ConflictError when the sum waits no more.
    """
    operator = await get_operator(session, operator_id)
    await receipts.put_on_account(
        session,
        receipt_id=receipt_id,
        account=accounts.operator_receivable(operator.id),
        owner=operator.name,
        person_id=person_id,
        now=now,
    )


def source_of(sale_id: UUID) -> str:
    """Under which source a sale on account is booked."""
    return f"{_SOURCE}{sale_id}"


async def get_sales(session: AsyncSession, sources: Collection[str]) -> dict[str, OperatorSale]:
    """Get the sales that journals of the books were made of, by the journals' source; others are left out."""
    ids = {UUID(one.removeprefix(_SOURCE)) for one in sources if one.startswith(_SOURCE)}
    return {source_of(one.id): one for one in await repository.get_sales(session, ids)}


async def list_sales(session: AsyncSession, booking_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """List (sale, producer) of all that was ever sold on account for some bookings."""
    return await repository.list_sales(session, booking_ids)


async def sell(
    session: AsyncSession,
    *,
    operator_id: UUID,
    producer_id: UUID,
    booking_id: UUID,
    code: str,
    amount_minor: int,
    now: datetime,
) -> bool:
    """Book what a booking costs an operator, with fee and tax as of any sale; False while it is booked already (BX2).

    The caller holds the lock of the booking, and none of a departure's counter: the operator's lock comes before.
    Raises `CreditLimitError` when it would owe more than it may (BX6); then the caller rolls back.
    """
    sale_id = await repository.insert_sale(
        session,
        {
            "id": uuid7(),
            "operator_id": operator_id,
            "producer_id": producer_id,
            "booking_id": booking_id,
            "code": code,
            "amount_minor": amount_minor,
            "created_at": now,
        },
    )
    if sale_id is None:
        return False
    # Behind the sale's own row, which points to the operator: a limit that is being set waits for it, or is seen.
    if await repository.find_limit(session, operator_id) is not None:
        # Two sales at once wait for each other here, so that the second sees what the first one added.
        await check_credit(session, await repository.lock_operator(session, operator_id), amount_minor)
    source = source_of(sale_id)
    await ledger.record(
        session,
        kind="sale",
        source=source,
        memo=code,
        entries=[
            (accounts.operator_receivable(operator_id), amount_minor),
            (accounts.seller_payable(producer_id), -amount_minor),
        ],
        occurred_at=now,
        now=now,
    )
    await fees.take_fees(session, sale=source, memo=code, goods={producer_id: amount_minor}, now=now)
    parts = {producer_id: {TaxKind.SERVICES: amount_minor}}
    await taxes.withhold(session, sale=source, memo=code, parts=parts, now=now)
    return True


async def take_back(session: AsyncSession, *, booking_id: UUID, now: datetime, kept_minor: int = 0) -> bool:
    """Take the sale of a booking back but for what the producer keeps, once, with its share of fee and tax.

    False when no sale stands (BX3). The caller holds the lock of the booking.
    """
    sale = await repository.reverse_sale(session, booking_id, kept_minor=kept_minor, now=now)
    if sale is None:
        return False
    back = sale.amount_minor - kept_minor
    if not back:
        return True
    source = source_of(sale.id)
    await ledger.record(
        session,
        kind="sale_reversed",
        source=source,
        memo=sale.code,
        entries=[
            (accounts.seller_payable(sale.producer_id), back),
            (accounts.operator_receivable(sale.operator_id), -back),
        ],
        occurred_at=now,
        now=now,
    )
    await fees.give_back(
        session,
        sale=source,
        producer_id=sale.producer_id,
        goods_minor=back,
        source=f"{source}:back",
        memo=sale.code,
        now=now,
    )
    await taxes.set_off(
        session,
        sale=source,
        producer_id=sale.producer_id,
        parts={TaxKind.SERVICES: back},
        source=f"{source}:back",
        memo=sale.code,
        now=now,
    )
    return True
