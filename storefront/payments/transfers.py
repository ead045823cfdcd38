"""Transfers: what a bank's messenger reports becomes a receipt, once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.core import ids, inbox
from app.core.events import emit
from storefront.ledger import accounts
from storefront.payments import movements, receipts
from storefront.payments import service as payments
from storefront.payments.events import MoneyUnnamed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.payments.models import Receipt
    from storefront.payments.ports import BankTransfer


async def receive_transfer(
    session: AsyncSession,
    transfer: BankTransfer,
    *,
    provider: str,
    collecting: payments.CollectingAccount,
    now: datetime,
) -> Receipt | None:
    """Take a report in: the inbox row, the receipt and the journal in one transaction.

    None for a repeat, for what does not come in, and for money that another messenger or a statement told of before.
    Money on another account than the collecting one names nobody.
    """
    message_id = await inbox.receive(
        session,
        source=provider,
        external_id=transfer.external_id,
        kind="transfer",
        payload=transfer.payload,
        now=now,
        is_handled=True,
    )
    if message_id is None or not transfer.is_incoming:
        return None
    is_ours = transfer.account == collecting.account
    told = movements.Told(
        account=accounts.bank(collecting.bank_bin if is_ours else transfer.bank_bin, transfer.account),
        amount_minor=transfer.amount_minor,
        reference=transfer.reference,
        memo=transfer.memo,
        happened_at=transfer.arrived_at,
        provider=provider,
        external_id=transfer.external_id,
    )
    await movements.hold(session, told)
    known = await movements.find_known(session, told)
    if known is not None:
        await movements.attach(session, known, told, now=now)
        return None
    named, text = None, ""
    if is_ours:
        # The messenger's own guess counts only when the memo holds no code: with two codes, a human decides.
        text = transfer.memo if ids.find_payment_codes(transfer.memo) else transfer.code
        named = await payments.find_by_code(session, text)
    receipt = await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=provider,
            external_id=transfer.external_id,
            account=told.account,
            amount_minor=transfer.amount_minor,
            memo=transfer.memo,
            reference=transfer.reference,
            payment_id=named.id if named else None,
            arrived_at=transfer.arrived_at,
        ),
        now=now,
    )
    if receipt is not None and is_ours and named is None:
        await emit(session, MoneyUnnamed(receipt_id=receipt.id, memo=text, seen_at=now))
    return receipt
