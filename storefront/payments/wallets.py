"""Wallets: a provider's notice of a try to pay becomes a receipt, once (FLOWS.md, P28 to P30)."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from app.core import inbox
from storefront.ledger import accounts
from storefront.payments import receipts, repository
from storefront.payments.models import AttemptState

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.payments.models import CardAttempt
    from storefront.payments.wallet_ports import WalletNotice


_REFERENCE = re.compile(r"(?:[0-9]{6}_)?([A-Z0-9]{9})T([0-9]{1,4})")
"""Ours: the payment's code and the number of the try, at ZaloPay's behind the day."""


class Taken(StrEnum):
    """What became of a notice."""

    UNKNOWN = "unknown"
    WRONG_AMOUNT = "wrong_amount"
    REPEATED = "repeated"
    DONE = "done"


async def receive_notice(
    session: AsyncSession, notice: WalletNotice, *, provider: str, now: datetime
) -> Taken:
    """Take a signed notice in: unknown try, other amount, known already, or done - asked in this order.

    A notice that nobody can use is kept in the inbox, unhandled, for a human. A failure may be followed by a success,
    never the other way round.
    """
    known = await _find_attempt(session, notice, provider)
    if known is None:
        await _keep(session, notice, provider=provider, word="unknown", now=now)
        return Taken.UNKNOWN
    if known.amount_minor != notice.amount_minor:
        await _keep(session, notice, provider=provider, word="amount", now=now)
        return Taken.WRONG_AMOUNT
    word = "paid" if notice.is_paid else "failed"
    if not await _keep(session, notice, provider=provider, word=word, now=now, is_handled=True):
        return Taken.REPEATED
    if notice.is_paid:
        return await _record_paid(session, known, notice, now=now)
    return await _end(session, known, AttemptState.FAILED)


async def _find_attempt(session: AsyncSession, notice: WalletNotice, provider: str) -> CardAttempt | None:
    """Find the try that a notice names, also one whose page was opened by a process that died before it said so."""
    attempt = await repository.find_attempt(session, notice.reference)
    if attempt is None:
        named = _REFERENCE.fullmatch(notice.reference)
        if named:
            attempt = await repository.find_attempt_of(session, named[1], int(named[2]))
    return attempt if attempt is not None and attempt.provider == provider else None


async def _keep(
    session: AsyncSession,
    notice: WalletNotice,
    *,
    provider: str,
    word: str,
    now: datetime,
    is_handled: bool = False,
) -> UUID | None:
    return await inbox.receive(
        session,
        source=provider,
        external_id=f"{notice.reference}:{notice.transaction}:{word}",
        kind="wallet",
        payload=notice.payload,
        now=now,
        is_handled=is_handled,
    )


async def _record_paid(
    session: AsyncSession, attempt: CardAttempt, notice: WalletNotice, *, now: datetime
) -> Taken:
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=attempt.provider,
            external_id=notice.reference,
            account=accounts.gateway_clearing(attempt.provider),
            amount_minor=notice.amount_minor,
            memo=notice.reference,
            reference=notice.transaction,
            payment_id=attempt.payment_id,
            arrived_at=now,
        ),
        now=now,
    )
    await _end(session, attempt, AttemptState.PAID)
    return Taken.DONE if receipt is not None else Taken.REPEATED


async def _end(session: AsyncSession, attempt: CardAttempt, state: AttemptState) -> Taken:
    locked = await repository.lock_attempt(session, attempt.id)
    if locked.state is AttemptState.PAID or locked.state is state:
        return Taken.REPEATED
    locked.state = state
    return Taken.DONE
