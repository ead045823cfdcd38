"""Cards: the one flow that is three transactions - intend, ask the provider, record (FLOWS.md, P16 to P19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.core import inbox
from app.core.errors import ConflictError, UpstreamError
from app.core.events import emit
from app.core.i18n import _
from storefront.ledger import accounts
from storefront.payments import receipts, repository
from storefront.payments import service as payments
from storefront.payments.events import PaymentExtended, PaymentNamed
from storefront.payments.models import AttemptState, CardAttempt, Payment
from storefront.payments.ports import CardOrder, SessionState

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.db import Database
    from storefront.payments.ports import CardEvent, CardGateway, CardSession, PageGateway

SESSION_LIFE = timedelta(minutes=31)  # Stripe takes no session that ends within 30 minutes
RESUME_WITHIN = timedelta(seconds=45)
MAX_ATTEMPTS = 5
MAX_SILENT = 10
FOLLOWED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


@dataclass(frozen=True, kw_only=True)
class _Intent:
    attempt_id: UUID
    order: CardOrder
    open_url: str | None


async def start_card(
    database: Database,
    gateway: PageGateway,
    *,
    token: str,
    title: str,
    back_url: str,
    now: datetime,
    notify_url: str = "",
    payer_ip: str = "",
) -> str:
    """Answer the address of the card page for what is still due on the payment behind `token`.

    A page that is still open with the same amount is used again. The card page calls the purchase `title` and its code,
    `back_url` the whole address to come back to. ConflictError when nothing is due, the time is over, or too many
    pages were opened; UpstreamError when the provider does not answer (paying by transfer stays possible).
    """
    async with database.transaction() as session:
        intent = await _intend(session, gateway, token=token, title=title, back_url=back_url, now=now)
    if intent.open_url is not None:
        return intent.open_url
    order = replace(intent.order, notify_url=notify_url, payer_ip=payer_ip)
    try:
        opened, url = await _open_page(gateway, order)
    except UpstreamError:
        async with database.transaction() as session:
            await _end_intent(session, intent, None)
        raise
    async with database.transaction() as session:
        await _end_intent(session, intent, opened)
    return url


async def receive_event(database: Database, gateway: CardGateway, event: CardEvent, *, now: datetime) -> None:
    """Take a signed message in: the card page's state is read again from the provider, whatever the message says.

    A repeat and a kind that we do not follow do nothing. UpstreamError lets the provider send it again.
    """
    is_followed = event.kind in FOLLOWED and event.session_id is not None
    card = await gateway.get_session(str(event.session_id)) if is_followed else None
    async with database.transaction() as session:
        message_id = await inbox.receive(
            session,
            source=gateway.name,
            external_id=event.external_id,
            kind=event.kind,
            payload={"session": event.session_id},
            now=now,
            is_handled=True,
        )
        if message_id is not None and card is not None:
            await record_session(session, card, provider=gateway.name, now=now)


async def settle_open_sessions(database: Database, gateway: CardGateway, *, now: datetime) -> None:
    """Ask the provider about every card page whose end we have not seen: a webhook that got lost costs no payment.

    One about which it is silent keeps none behind it waiting, until MAX_SILENT are; UpstreamError then, or at the end, so
    that the job asks again.
    """
    async with database.transaction() as session:
        waiting = await repository.list_open_sessions(session, gateway.name, limit=50)
    silences: list[UpstreamError] = []
    for provider_id in waiting:
        try:
            card = await gateway.get_session(provider_id)
        except UpstreamError as silence:
            silences.append(silence)
            if len(silences) == MAX_SILENT:
                break
            continue
        async with database.transaction() as session:
            await record_session(session, card, provider=gateway.name, now=now)
    if silences:
        raise silences[0]


async def record_session(session: AsyncSession, card: CardSession, *, provider: str, now: datetime) -> None:
    """Record a card page's true state; a paid page is money that arrived, once."""
    if card.state is SessionState.OPEN:
        return
    if card.state is SessionState.PAID:
        await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider=provider,
                external_id=card.provider_id,
                account=accounts.gateway_clearing(provider),
                amount_minor=card.amount_minor,
                memo=card.provider_id,
                payment_id=card.payment_id,
                arrived_at=now,
            ),
            now=now,
        )
    attempt = await repository.find_attempt(session, card.provider_id)
    if attempt is not None:
        locked = await repository.lock_attempt(session, attempt.id)
        if locked.state is AttemptState.OPEN:
            locked.state = AttemptState(card.state.value)


async def _end_intent(session: AsyncSession, intent: _Intent, opened: CardSession | None) -> None:
    """Record how the call ended, unless a twin of it did already; a page that opened outweighs a twin that gave up."""
    attempt = await repository.lock_attempt(session, intent.attempt_id)
    if opened is None:
        if attempt.state is AttemptState.INTENDED:
            attempt.state = AttemptState.FAILED
        return
    if attempt.state not in {AttemptState.INTENDED, AttemptState.FAILED}:
        return
    attempt.state, attempt.provider_id = AttemptState.OPEN, opened.provider_id
    attempt.redirect_url = opened.url


async def _open_page(gateway: PageGateway, order: CardOrder) -> tuple[CardSession, str]:
    card = await gateway.open_session(order)
    if card.url is None:
        raise UpstreamError(_("Trang trả thẻ chưa mở được. Bạn thử lại, hoặc chuyển khoản giúp nhé."))
    return card, card.url


async def _intend(
    session: AsyncSession, gateway: PageGateway, *, token: str, title: str, back_url: str, now: datetime
) -> _Intent:
    """Write down what we are about to ask, and hold the goods for as long as the card page lives."""
    seen = await payments.get_by_token(session, token)
    await emit(
        session,
        PaymentNamed(payment_id=seen.id, payable_kind=seen.payable_kind, payable_id=seen.payable_id),
    )
    payment = await repository.lock_payment(session, seen.id)
    if payment is None or payment.state not in payments.OPEN_STATES:
        raise ConflictError(_("Khoản này không còn chờ trả tiền nữa."))
    if payment.expires_at <= now:
        raise ConflictError(_("Đã hết giờ trả tiền. Bạn đặt lại giúp nhé."))
    attempts = await repository.list_attempts(session, payment.id)
    newest = attempts[0] if attempts else None
    due = payments.due_minor(payment)
    if newest is None or newest.provider != gateway.name or not _is_usable(newest, due, now):
        if newest is not None and newest.number >= MAX_ATTEMPTS:
            raise ConflictError(_("Bạn đã thử trả thẻ nhiều lần. Lần này bạn chuyển khoản giúp nhé."))
        newest = await _add_attempt(session, gateway, payment, number=len(attempts) + 1, due=due, now=now)
        await _extend(session, payment, newest.created_at + SESSION_LIFE)
    order = CardOrder(
        payment_id=payment.id,
        title=f"{title} {payment.payable_code}",
        amount_minor=due,
        expires_at=newest.created_at + SESSION_LIFE,
        success_url=back_url,
        cancel_url=back_url,
        idempotency_key=newest.idempotency_key,
        reference=f"{payment.code}T{newest.number}",
        started_at=newest.created_at,
    )
    is_open = newest.state is AttemptState.OPEN
    return _Intent(attempt_id=newest.id, order=order, open_url=newest.redirect_url if is_open else None)


def _is_usable(attempt: CardAttempt, due: int, now: datetime) -> bool:
    """Whether the page of an earlier try can be used again, or its call, cut off a moment ago, be repeated."""
    if attempt.amount_minor != due:
        return False
    if attempt.state is AttemptState.OPEN:
        return attempt.created_at + SESSION_LIFE > now + timedelta(minutes=1)
    return attempt.state is AttemptState.INTENDED and attempt.created_at + RESUME_WITHIN > now


async def _add_attempt(
    session: AsyncSession, gateway: PageGateway, payment: Payment, *, number: int, due: int, now: datetime
) -> CardAttempt:
    attempt = CardAttempt(
        payment_id=payment.id,
        number=number,
        provider=gateway.name,
        amount_minor=due,
        idempotency_key=f"payment:{payment.id}:attempt:{number}",
        state=AttemptState.INTENDED,
        created_at=now,
    )
    session.add(attempt)
    await session.flush()
    return attempt


async def _extend(session: AsyncSession, payment: Payment, until: datetime) -> None:
    if payment.expires_at >= until:
        return
    payment.expires_at = until
    await emit(
        session,
        PaymentExtended(
            payment_id=payment.id,
            payable_kind=payment.payable_kind,
            payable_id=payment.payable_id,
            expires_at=until,
        ),
    )
