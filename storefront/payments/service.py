"""Payments: one amount asked of one payer, with a code for the bank's memo (rules in FLOWS.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core import ids, qr
from app.core.errors import ConflictError, NotFoundError
from app.core.events import emit
from app.core.i18n import _
from storefront.payments import banks, repository, vietqr
from storefront.payments.events import PaymentPaid
from storefront.payments.models import PayableKind, Payment, PaymentState, ReceiptOutcome, Resolution

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_CODE_TRIES = 8
OPEN_STATES = frozenset({PaymentState.CREATED, PaymentState.PENDING, PaymentState.UNDERPAID})


@dataclass(frozen=True, kw_only=True)
class CollectingAccount:
    """Where money comes in: a bank account, and whether cards are taken too; a port that wiring fills."""

    bank_bin: str
    account: str
    account_name: str
    takes_cards: bool = False
    is_demo: bool = False
    wallets: tuple[tuple[str, str], ...] = ()
    """(name, label) of each wallet that is taken."""


@dataclass(frozen=True, kw_only=True)
class TransferView:
    """All that a payer needs: `amount_minor` is what is still due in đồng, `memo` is the payment's code.

    `token` opens the payment's own addresses (state, QR picture, card).
    """

    qr_svg: str
    qr_text: str
    bank_name: str
    account: str
    account_name: str
    amount_minor: int
    received_minor: int
    memo: str
    expires_at: datetime
    token: str
    state: PaymentState
    takes_cards: bool
    is_demo: bool
    wallets: tuple[tuple[str, str], ...]

    def state_at(self, now: datetime) -> PaymentState:
        """The state as it is at `now`: what nobody paid in time is expired, swept or not."""
        return _state_at(self.state, self.expires_at, now)

    def seen_at(self, now: datetime) -> str:
        """What a page shows at `now`, in one word: another word means that the page is out of date."""
        return _seen(self.state_at(now), self.received_minor)


async def open_payment(
    session: AsyncSession,
    *,
    payable_kind: PayableKind,
    payable_id: UUID,
    payable_code: str,
    amount_minor: int,
    expires_at: datetime,
    now: datetime,
    make_code: Callable[[], str] = ids.new_payment_code,
) -> Payment:
    """Ask for `amount_minor` đồng until `expires_at`; asked again, the same payable answers its first payment.

    ConflictError when it was asked before with another amount. ValueError for an amount below 1.
    """
    if amount_minor < 1:
        raise ValueError(f"nothing to pay: {amount_minor}")
    for _try in range(_CODE_TRIES):
        payment = await repository.insert_payment(
            session,
            payable_kind=payable_kind,
            payable_id=payable_id,
            payable_code=payable_code,
            code=make_code(),
            token=ids.new_token(),
            amount_minor=amount_minor,
            received_minor=0,
            state=PaymentState.PENDING,
            expires_at=expires_at,
            created_at=now,
        )
        if payment is not None:
            return payment
        known = await repository.find_by_payable(session, payable_kind, payable_id)
        if known is not None and known.amount_minor == amount_minor:
            return known
        if known is not None:
            raise ConflictError(_("Số tiền phải trả đã được chốt rồi, không đổi được nữa."))
    raise RuntimeError("no free payment code was found")


async def find_payment(
    session: AsyncSession, *, payable_kind: PayableKind, payable_id: UUID
) -> Payment | None:
    """Find the payment of an order or booking, or None."""
    return await repository.find_by_payable(session, payable_kind, payable_id)


async def list_payments(
    session: AsyncSession, payable_kind: PayableKind, payable_ids: Collection[UUID]
) -> dict[UUID, Payment]:
    """The payments of some orders or bookings by their ids; one query."""
    found = await repository.list_by_payables(session, payable_kind, payable_ids)
    return {payment.payable_id: payment for payment in found}


async def get_by_token(session: AsyncSession, token: str) -> Payment:
    """Get the payment behind its own addresses; NotFoundError for a token that opens nothing."""
    payment = await repository.find_by_token(session, token)
    if payment is None:
        raise NotFoundError(_("Không tìm thấy khoản thanh toán này."))
    return payment


async def find_by_code(session: AsyncSession, text: str) -> Payment | None:
    """Find the one payment that a text names, however its code is written; None when it names none, or several."""
    codes = ids.find_payment_codes(text)
    payments = await repository.list_by_codes(session, codes) if codes else []
    return payments[0] if len(payments) == 1 else None


def state_at(payment: Payment, now: datetime) -> PaymentState:
    """The state as it is at `now`: what nobody paid in time is expired, swept or not."""
    return _state_at(payment.state, payment.expires_at, now)


def seen_at(payment: Payment, now: datetime) -> str:
    """What a page shows of the payment at `now`, in one word (see `TransferView.seen_at`)."""
    return _seen(state_at(payment, now), payment.received_minor)


def due_minor(payment: Payment) -> int:
    """What is still to be paid in đồng; never below zero."""
    return max(0, payment.amount_minor - payment.received_minor)


def describe_transfer(payment: Payment, account: CollectingAccount) -> TransferView:
    """Describe the bank transfer that pays what is still due, as a dynamic VietQR code and in words.

    A payment with nothing due shows its whole price. VietQrError when the collecting account cannot be spelled.
    """
    amount = due_minor(payment) or payment.amount_minor
    text = vietqr.build(
        vietqr.VietQr(bank_bin=account.bank_bin, account=account.account, amount=amount, purpose=payment.code)
    )
    return TransferView(
        qr_svg=qr.svg(text, label=f"VietQR {payment.code}"),
        qr_text=text,
        bank_name=banks.name_of(account.bank_bin),
        account=account.account,
        account_name=account.account_name,
        amount_minor=amount,
        received_minor=payment.received_minor,
        memo=payment.code,
        expires_at=payment.expires_at,
        token=payment.token,
        state=payment.state,
        takes_cards=account.takes_cards,
        is_demo=account.is_demo,
        wallets=account.wallets,
    )


async def extend_payment(
    session: AsyncSession, *, payable_kind: PayableKind, payable_id: UUID, until: datetime, now: datetime
) -> bool:
    """Wait for the money until `until`, because what it pays for is kept as long; a payment never gets a shorter time.

    False when a payment was asked for and is not waited for any more; without one there is nothing to wait for.
    """
    if await repository.extend_waiting(session, payable_kind, payable_id, until=until, now=now):
        return True
    return await repository.find_by_payable(session, payable_kind, payable_id) is None


async def change_amount(
    session: AsyncSession, *, payable_kind: PayableKind, payable_id: UUID, amount_minor: int, now: datetime
) -> bool:
    """Ask for another sum; False once money has come, somebody is paying on a page, or nothing is waited for any more."""
    return await repository.change_amount(
        session, payable_kind, payable_id, amount_minor=amount_minor, now=now
    )


async def expire_payment(
    session: AsyncSession, *, payable_kind: PayableKind, payable_id: UUID, now: datetime
) -> None:
    """End the waiting: nothing came -> `expired`; a part came -> it stays in its queue and the rest comes late.

    A payment that is paid, or that does not exist, is left alone.
    """
    await repository.expire_waiting(session, payable_kind, payable_id, now=now)
    await repository.close_underpaid(session, payable_kind, payable_id, now=now)


async def accept_late(session: AsyncSession, *, payment_id: UUID, now: datetime) -> None:
    """Take money that came late as payment after all, and announce PaymentPaid; once accepted, nothing more happens.

    ConflictError when the payment is not `paid_late`, or a part of the money has gone back already.
    """
    payment = await repository.lock_payment(session, payment_id)
    if payment is None:
        raise NotFoundError(_("Không tìm thấy khoản thanh toán này."))
    if payment.state is PaymentState.PAID:
        return
    late = await repository.list_open_receipts(session, payment_id, ReceiptOutcome.LATE)
    kept = sum(receipt.amount_minor - receipt.surplus_minor for receipt in late)
    if payment.state is not PaymentState.PAID_LATE or kept < payment.amount_minor:
        raise ConflictError(_("Khoản tiền này không còn chờ để nhận nữa."))
    for receipt in late:
        if receipt.surplus_minor:
            receipt.outcome = ReceiptOutcome.OVER
        else:
            receipt.resolved_at, receipt.resolution = now, Resolution.ACCEPTED
    payment.state, payment.paid_at = PaymentState.PAID, now
    await emit(
        session,
        PaymentPaid(
            payment_id=payment.id,
            payable_kind=payment.payable_kind,
            payable_id=payment.payable_id,
            amount_minor=payment.amount_minor,
            paid_at=now,
        ),
    )


def _state_at(state: PaymentState, expires_at: datetime, now: datetime) -> PaymentState:
    is_waiting = state in {PaymentState.CREATED, PaymentState.PENDING}
    return PaymentState.EXPIRED if is_waiting and expires_at <= now else state


def _seen(state: PaymentState, received_minor: int) -> str:
    return f"{state}-{received_minor}"
