"""Store credit: what we owe a buyer and they spend at the next order. Rules C1 to C6 of orders/PRICING.md."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storefront.credits import repository
from storefront.credits.errors import CreditGoneError
from storefront.credits.models import CreditUse
from storefront.ledger import accounts
from storefront.ledger import service as ledger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.ledger.models import Journal

MOST_SHOWN = 100
_ORDER = "order"


async def balance(session: AsyncSession, person_id: UUID) -> int:
    """What a buyer has left with us, in đồng; without a lock it is true for this moment."""
    return -await ledger.balance(session, accounts.store_credit(person_id))


async def list_moves(session: AsyncSession, person_id: UUID) -> list[tuple[Journal, int]]:
    """List where a buyer's credit came from and where it went, in đồng, the newest first (100 at most)."""
    name = accounts.store_credit(person_id)
    booked = await ledger.list_journals(session, limit=MOST_SHOWN, account=name)
    return [
        (one.journal, -sum(amount for account, amount in one.entries if account == name)) for one in booked
    ]


async def take(
    session: AsyncSession,
    *,
    order_id: UUID,
    order_code: str,
    person_id: UUID,
    amount_minor: int,
    now: datetime,
) -> None:
    """Take credit for a new order, in its transaction; `CreditGoneError` when there is less, and nothing is taken."""
    use = CreditUse(
        order_id=order_id,
        order_code=order_code,
        person_id=person_id,
        amount_minor=amount_minor,
        is_taken=True,
        takes=1,
        created_at=now,
    )
    await _book_taken(session, use, now=now)
    session.add(use)
    await session.flush()


async def release(session: AsyncSession, *, order_id: UUID, now: datetime) -> None:
    """Give back what an order took, once; an order without credit has nothing to give."""
    use = await repository.lock_use(session, order_id)
    if use is None or not use.is_taken:
        return
    use.is_taken = False
    await session.flush()
    await ledger.record(
        session,
        kind="credit_returned",
        source=_source(use),
        memo=use.order_code,
        entries=[
            (accounts.buyer_receivable(_ORDER, use.order_id), use.amount_minor),
            (accounts.store_credit(use.person_id), -use.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )


async def take_again(session: AsyncSession, *, order_id: UUID, now: datetime) -> None:
    """Take given-back credit anew for late money; raises `CreditGoneError` when it was spent meanwhile."""
    use = await repository.lock_use(session, order_id)
    if use is None or use.is_taken:
        return
    use.is_taken, use.takes = True, use.takes + 1
    await _book_taken(session, use, now=now)
    await session.flush()


async def _book_taken(session: AsyncSession, use: CreditUse, *, now: datetime) -> None:
    await repository.lock_purse(session, use.person_id)
    left = await balance(session, use.person_id)
    if left < use.amount_minor:
        raise CreditGoneError(left)
    await ledger.record(
        session,
        kind="credit_used",
        source=_source(use),
        memo=use.order_code,
        entries=[
            (accounts.store_credit(use.person_id), use.amount_minor),
            (accounts.buyer_receivable(_ORDER, use.order_id), -use.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )


def _source(use: CreditUse) -> str:
    return f"order:{use.order_id}:{use.takes}"
