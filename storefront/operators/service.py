"""Accounts of tour operators: sold at their net price, taken back whole. The rules stand in ledger/BOOKS.md (BX1 to BX5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import repository
from storefront.operators.errors import DiscountError, OperatorNotFoundError
from storefront.operators.models import Operator
from storefront.payments import receipts
from storefront.taxes import service as taxes

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


async def get_operators(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Operator]:
    """Get several operators by id."""
    return await repository.get_operators(session, ids)


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
    operator = await find_operator(session, operator_id)
    if operator is None:
        raise OperatorNotFoundError
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
    return f"operator_sale:{sale_id}"


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

    The caller holds the lock of the booking.
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
