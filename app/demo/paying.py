"""How money comes in the demo's past: as the bank would have reported it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.payments import service as payments
from storefront.payments import transfers
from storefront.payments.ports import BankTransfer

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from app.demo.stage import Stage
    from storefront.payments.models import PayableKind


async def pay(stage: Stage, kind: PayableKind, payable_id: UUID, number: str, at: datetime) -> None:
    """Let a payer's bank report the exact amount of what is asked for."""
    payment = await payments.find_payment(stage.session, payable_kind=kind, payable_id=payable_id)
    if payment is None:
        raise LookupError(f"no payment for {kind} {payable_id}")
    await transfers.receive_transfer(
        stage.session,
        BankTransfer(
            external_id=f"demo-{number}", bank_bin=stage.collecting.bank_bin, account=stage.collecting.account,
            amount_minor=payment.amount_minor, memo=f"MBVCB.{number}.{payment.code} chuyen tien", code="",
            arrived_at=at, is_incoming=True, payload={"demo": number},
        ),
        provider="sepay",
        collecting=stage.collecting,
        now=at,
    )  # fmt: skip
