"""Selects and locks of payments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.ids import uuid7
from storefront.payments.models import (
    AttemptState,
    CardAttempt,
    PayableKind,
    Payment,
    PaymentState,
    Receipt,
    ReceiptOutcome,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

WAITING = (PaymentState.CREATED, PaymentState.PENDING)
QUEUES = tuple(outcome for outcome in ReceiptOutcome if outcome is not ReceiptOutcome.MATCHED)
# Built once: building a statement anew costs a third of asking it, and these are asked for every payment.
_INSERT = insert(Payment).on_conflict_do_nothing().returning(Payment)
_BY_PAYABLE = (
    select(Payment)
    .where(Payment.payable_kind == bindparam("kind"), Payment.payable_id == bindparam("payable_id"))
    .execution_options(populate_existing=True)
)
_BY_CODES = select(Payment).where(Payment.code.in_(bindparam("codes", expanding=True))).order_by(Payment.id)
_LOCK = (
    select(Payment)
    .where(Payment.id == bindparam("payment_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_INSERT_RECEIPT = (
    insert(Receipt).on_conflict_do_nothing(index_elements=["provider", "external_id"]).returning(Receipt)
)


async def insert_payment(session: AsyncSession, **values: Any) -> Payment | None:
    """Insert a payment; None when its payable has one already, or its code is taken."""
    return await session.scalar(_INSERT, {"id": uuid7(), **values})


async def find_by_payable(session: AsyncSession, kind: PayableKind, payable_id: UUID) -> Payment | None:
    """Find the payment of an order or booking, as it stands now."""
    return await session.scalar(_BY_PAYABLE, {"kind": kind, "payable_id": payable_id})


async def find_by_id(session: AsyncSession, payment_id: UUID) -> Payment | None:
    """Find a payment, or None."""
    return await session.get(Payment, payment_id)


async def find_by_token(session: AsyncSession, token: str) -> Payment | None:
    """Find the payment behind its own addresses."""
    return (await session.execute(select(Payment).where(Payment.token == token))).scalar_one_or_none()


async def list_by_codes(session: AsyncSession, codes: Sequence[str]) -> list[Payment]:
    """List the payments with one of these codes."""
    return list(await session.scalars(_BY_CODES, {"codes": list(codes)}))


async def lock_payment(session: AsyncSession, payment_id: UUID) -> Payment | None:
    """Lock a payment; its newest values are read again."""
    return await session.scalar(_LOCK, {"payment_id": payment_id})


async def list_by_payables(
    session: AsyncSession, kind: PayableKind, payable_ids: Collection[UUID]
) -> list[Payment]:
    """Select the payments of some payables."""
    statement = select(Payment).where(Payment.payable_kind == kind, Payment.payable_id.in_(payable_ids))
    return list(await session.scalars(statement))


async def extend_waiting(
    session: AsyncSession, kind: PayableKind, payable_id: UUID, *, until: datetime, now: datetime
) -> bool:
    """Move the end of a payment that is still waited for; False when none is."""
    statement = (
        update(Payment)
        .where(
            Payment.payable_kind == kind,
            Payment.payable_id == payable_id,
            Payment.state.in_([*WAITING, PaymentState.UNDERPAID]),
            Payment.expires_at > now,
        )
        .values(expires_at=func.greatest(Payment.expires_at, until))
        .returning(Payment.id)
    )
    return await session.scalar(statement) is not None


async def change_amount(
    session: AsyncSession, kind: PayableKind, payable_id: UUID, *, amount_minor: int, now: datetime
) -> bool:
    """Ask for another sum while nothing came, and no page of a card or wallet was opened for the first one; else False."""
    tried = select(CardAttempt.id).where(CardAttempt.payment_id == Payment.id).exists()
    statement = (
        update(Payment)
        .where(
            Payment.payable_kind == kind,
            Payment.payable_id == payable_id,
            Payment.state.in_(WAITING),
            Payment.received_minor == 0,
            Payment.expires_at > now,
            ~tried,
        )
        .values(amount_minor=amount_minor)
        .returning(Payment.id)
    )
    return await session.scalar(statement) is not None


async def expire_waiting(
    session: AsyncSession, kind: PayableKind, payable_id: UUID, *, now: datetime
) -> None:
    """Expire the payment of a payable for which no money came: a part that comes from now on comes late as well."""
    await session.execute(
        update(Payment)
        .where(
            Payment.payable_kind == kind,
            Payment.payable_id == payable_id,
            Payment.state.in_(WAITING),
        )
        .values(state=PaymentState.EXPIRED, expires_at=func.least(Payment.expires_at, now))
    )


async def close_underpaid(
    session: AsyncSession, kind: PayableKind, payable_id: UUID, *, now: datetime
) -> None:
    """End the waiting for the rest: from now on it comes late."""
    await session.execute(
        update(Payment)
        .where(
            Payment.payable_kind == kind,
            Payment.payable_id == payable_id,
            Payment.state == PaymentState.UNDERPAID,
        )
        .values(expires_at=func.least(Payment.expires_at, now))
    )


async def expire_due(session: AsyncSession, *, now: datetime) -> int:
    """Expire every payment whose time is over and that nobody is working on; answers how many."""
    due = (
        select(Payment.id)
        .where(Payment.state.in_(WAITING), Payment.expires_at <= now)
        .order_by(Payment.id)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Payment)
        .where(Payment.id.in_(due))
        .values(state=PaymentState.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


async def find_receipt(session: AsyncSession, receipt_id: UUID) -> Receipt | None:
    """Find money that arrived."""
    return await session.get(Receipt, receipt_id)


async def lock_receipt(session: AsyncSession, receipt_id: UUID) -> Receipt:
    """Lock money that arrived; the caller knows that it is there."""
    statement = (
        select(Receipt)
        .where(Receipt.id == receipt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def insert_receipt(session: AsyncSession, **values: Any) -> Receipt | None:
    """Insert money that arrived; None when `(provider, external_id)` is here already."""
    return await session.scalar(_INSERT_RECEIPT, {"id": uuid7(), **values})


async def list_open_receipts(
    session: AsyncSession, payment_id: UUID, *outcomes: ReceiptOutcome
) -> list[Receipt]:
    """List the unresolved receipts of a payment with one of these outcomes, oldest first."""
    statement = (
        select(Receipt)
        .where(Receipt.payment_id == payment_id, Receipt.outcome.in_(outcomes), Receipt.resolved_at.is_(None))
        .order_by(Receipt.id)
    )
    return list((await session.execute(statement)).scalars())


async def list_queue(session: AsyncSession, *, limit: int) -> list[tuple[Receipt, Payment | None]]:
    """List what waits for a human, oldest first, with the payment it names."""
    statement = (
        select(Receipt, Payment)
        .outerjoin(Payment, Payment.id == Receipt.payment_id)
        .where(Receipt.outcome.in_(QUEUES), Receipt.resolved_at.is_(None))
        .order_by(Receipt.arrived_at, Receipt.id)
        .limit(limit)
    )
    return [(receipt, payment) for receipt, payment in await session.execute(statement)]


async def list_unpaid_near(
    session: AsyncSession, *, since: datetime, until: datetime, amount_minor: int, limit: int
) -> list[Payment]:
    """List the payments opened in a time for which money may still come; those that lack just this sum first."""
    statement = (
        select(Payment)
        .where(
            Payment.state.in_((*WAITING, PaymentState.UNDERPAID, PaymentState.EXPIRED)),
            Payment.created_at.between(since, until),
        )
        .order_by(
            (Payment.amount_minor - Payment.received_minor == amount_minor).desc(),
            Payment.created_at.desc(),
            Payment.id,
        )
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def list_attempts(session: AsyncSession, payment_id: UUID) -> list[CardAttempt]:
    """List the tries to pay by card, newest first."""
    statement = (
        select(CardAttempt)
        .where(CardAttempt.payment_id == payment_id)
        .order_by(CardAttempt.number.desc())
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())


async def find_attempt(session: AsyncSession, provider_id: str) -> CardAttempt | None:
    """Find the try behind a provider's session."""
    statement = select(CardAttempt).where(CardAttempt.provider_id == provider_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def find_attempt_of(session: AsyncSession, code: str, number: int) -> CardAttempt | None:
    """Find a payment's try by the payment's code and the try's number."""
    statement = (
        select(CardAttempt)
        .join(Payment, Payment.id == CardAttempt.payment_id)
        .where(Payment.code == code, CardAttempt.number == number)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def list_open_sessions(session: AsyncSession, provider: str, *, limit: int) -> list[str]:
    """List a provider's ids of card sessions whose end we have not seen, oldest first."""
    statement = (
        select(CardAttempt.provider_id)
        .where(
            CardAttempt.provider == provider,
            CardAttempt.state == AttemptState.OPEN,
            CardAttempt.provider_id.is_not(None),
        )
        .order_by(CardAttempt.id)
        .limit(limit)
    )
    return [str(provider_id) for provider_id in (await session.execute(statement)).scalars()]


async def lock_attempt(session: AsyncSession, attempt_id: UUID) -> CardAttempt:
    """Lock a try to pay by card; the caller knows that it is there."""
    statement = (
        select(CardAttempt)
        .where(CardAttempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()
