"""Stripe: the card gateway over our own HTTP client (Checkout Sessions, mode `payment`; docs.stripe.com/api)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

import httpx
import stripe
from stripe.checkout import Session

from app.core.errors import UpstreamError
from app.core.i18n import _
from app.core.money import from_gateway_minor, to_gateway_minor
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import CardEvent, CardOrder, CardSession, SessionState

NAME = "stripe"
CURRENCY = "vnd"
_RETRIES = 2


class HttpxTransport(stripe.HTTPClient):
    """Stripe's calls over the house's httpx client: bodies go as `content=`, a cut line may be tried again."""

    name = "httpx"

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self._http = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Call once."""
        try:
            response = await self._http.request(method, url, headers=dict(headers), content=post_data)
        except httpx.HTTPError as error:
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # the library leaves it untyped
                str(error), should_retry=True
            ) from error
        return response.content, response.status_code, response.headers

    async def sleep_async(self, secs: float) -> None:
        """Wait between two tries."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Give the line back."""
        await self._http.aclose()


class StripeGateway:
    """Cards by Stripe. VND has no decimals there: amounts are đồng."""

    name = NAME

    def __init__(
        self,
        *,
        secret_key: str,
        webhook_secret: str,
        client: httpx.AsyncClient,
        api_url: str | None = None,
    ) -> None:
        self._webhook_secret = webhook_secret
        self._stripe = stripe.StripeClient(
            secret_key,
            http_client=HttpxTransport(client),
            base_addresses={"api": api_url} if api_url else None,
            max_network_retries=_RETRIES,
        )

    @property
    def is_open(self) -> bool:
        """Whether the webhook secret is set."""
        return bool(self._webhook_secret)

    async def open_session(self, order: CardOrder) -> CardSession:
        """Open a Checkout Session that ends at `order.expires_at`."""
        try:
            session = await self._stripe.v1.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "client_reference_id": str(order.payment_id),
                    "metadata": {"payment_id": str(order.payment_id)},
                    "payment_intent_data": {"metadata": {"payment_id": str(order.payment_id)}},
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": CURRENCY,
                                "unit_amount": to_gateway_minor(order.amount_minor, CURRENCY),
                                "product_data": {"name": order.title},
                            },
                        }
                    ],
                    "expires_at": int(order.expires_at.timestamp()),
                    "success_url": order.success_url,
                    "cancel_url": order.cancel_url,
                },
                {"idempotency_key": order.idempotency_key},
            )
        except stripe.StripeError as error:
            _fail(error)
        return _read_session(session)

    async def get_session(self, provider_id: str) -> CardSession:
        """Retrieve a Checkout Session."""
        try:
            session = await self._stripe.v1.checkout.sessions.retrieve_async(provider_id)
        except stripe.StripeError as error:
            _fail(error)
        return _read_session(session)

    def read_event(self, raw: bytes, signature: str) -> CardEvent:
        """Check `Stripe-Signature` (5 minutes) and read the event."""
        try:
            event = stripe.Webhook.construct_event(raw, signature, self._webhook_secret)
        except stripe.SignatureVerificationError as error:
            raise BadSignatureError(_("Tin báo này không đúng chữ ký.")) from error
        except (ValueError, AttributeError, TypeError) as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        try:
            subject = event.data.object
            is_session = subject["object"] == "checkout.session"
            return CardEvent(
                external_id=str(event.id),
                kind=str(event.type),
                session_id=str(subject["id"]) if is_session else None,
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error


def _fail(error: stripe.StripeError) -> NoReturn:
    raise UpstreamError(_("Trang trả thẻ chưa mở được. Bạn thử lại, hoặc chuyển khoản giúp nhé.")) from error


def _read_session(session: Session) -> CardSession:
    """Read what we follow; UpstreamError when it is not in đồng."""
    if session.currency != CURRENCY or session.amount_total is None:
        raise UpstreamError(_("Trang trả thẻ trả lời khác tiền đồng."))
    state = SessionState.OPEN
    if session.payment_status == "paid":
        state = SessionState.PAID
    elif session.status == "expired":
        state = SessionState.EXPIRED
    return CardSession(
        provider_id=session.id,
        url=session.url,
        state=state,
        amount_minor=int(from_gateway_minor(session.amount_total, CURRENCY)),
        payment_id=_read_id(session.client_reference_id),
    )


def _read_id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
