"""The demo's card house: speaks enough of Stripe's API to sell, decline, refund and repeat itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.core import http
from storefront.payments.models import SandboxObject
from storefront.payments.sandbox import keys

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from starlette.requests import Request

    from app.core.db import Database

API = "http://demo-card"
DECLINED_ENDING = "0002"
MIN_LIFE, MAX_LIFE = timedelta(minutes=30), timedelta(hours=24)
MAX_AMOUNT = 99_999_999
Now = Callable[[], datetime]
Body = dict[str, Any]


class RefusedError(Exception):
    """An answer that Stripe would give as an error: HTTP status, its code, its words."""

    def __init__(self, code: str, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def make_client(database: Database, now: Now) -> httpx.AsyncClient:
    """Make the line to the card house; nothing leaves the process."""
    return http.make_client(httpx.ASGITransport(app=make_app(database, now)))


def make_app(database: Database, now: Now) -> Starlette:
    """Build the card house's API."""

    async def answer(request: Request, act: Callable[[AsyncSession, Body], Any]) -> JSONResponse:
        if request.headers.get("authorization") != f"Bearer {keys.CARD_KEY}":
            return _error(RefusedError("api_key_invalid", "Invalid API key", HTTPStatus.UNAUTHORIZED))
        raw = await request.body()
        form = {str(key): str(value) for key, value in (await request.form()).items()}
        try:
            async with database.transaction() as session:
                replay = await _claim_key(session, request, raw, now())
                if replay is not None and replay.body["answer"] is not None:
                    return JSONResponse(replay.body["answer"], headers={"Idempotent-Replayed": "true"})
                body = await act(session, form)
                if replay is not None:
                    replay.body = replay.body | {"answer": body}
                return JSONResponse(body)
        except RefusedError as error:
            return _error(error)

    async def create(request: Request) -> JSONResponse:
        return await answer(request, lambda session, form: _create_session(session, form, now()))

    async def retrieve(request: Request) -> JSONResponse:
        name = request.path_params["name"]
        return await answer(request, lambda session, _form: _read(session, name, now()))

    async def expire(request: Request) -> JSONResponse:
        name = request.path_params["name"]
        return await answer(request, lambda session, _form: _expire(session, name, now()))

    async def refund(request: Request) -> JSONResponse:
        return await answer(request, lambda session, form: _refund(session, form, now()))

    return Starlette(
        routes=[
            Route("/v1/checkout/sessions", create, methods=["POST"]),
            Route("/v1/checkout/sessions/{name}", retrieve, methods=["GET"]),
            Route("/v1/checkout/sessions/{name}/expire", expire, methods=["POST"]),
            Route("/v1/refunds", refund, methods=["POST"]),
        ]
    )


async def find_session(session: AsyncSession, name: str, *, now: datetime) -> Body | None:
    """Find a card page as it stands at `now`, or None."""
    try:
        return await _read(session, name, now)
    except RefusedError:
        return None


async def pay(session: AsyncSession, name: str, *, card_number: str, now: datetime) -> Body | None:
    """Pay a card page; answers the event to announce, None when the card is declined.

    RefusedError when the page takes no card any more.
    """
    row = await _lock(session, name, "checkout.session")
    if _status(row.body, now) != "open":
        raise RefusedError("session_closed", "This Checkout Session is no longer open")
    if card_number.replace(" ", "").endswith(DECLINED_ENDING):
        return None
    intent: Body = {
        "id": _new_id("pi"),
        "object": "payment_intent",
        "amount": row.body["amount_total"],
        "amount_refunded": 0,
        "currency": "vnd",
        "status": "succeeded",
    }
    await _keep(session, intent, now)
    row.body = row.body | {
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": intent["id"],
        "url": None,
    }
    return await announce(session, "checkout.session.completed", row.body, now=now)


async def announce(session: AsyncSession, kind: str, subject: Body, *, now: datetime) -> Body:
    """Make and keep the event that tells of `subject`."""
    event: Body = {
        "id": _new_id("evt"),
        "object": "event",
        "api_version": "2026-10-28",
        "created": int(now.timestamp()),
        "livemode": False,
        "type": kind,
        "data": {"object": subject},
    }
    await _keep(session, event, now)
    return event


def sign(event: Body, *, secret: str = keys.CARD_WEBHOOK_SECRET, at: int | None = None) -> tuple[bytes, str]:
    """Spell an event as a webhook: its raw body and `Stripe-Signature`, on the machine's clock as the library reads it."""
    raw = json.dumps(event).encode()
    stamp = int(time.time()) if at is None else at
    digest = hmac.digest(secret.encode(), b"%d." % stamp + raw, "sha256")
    return raw, f"t={stamp},v1={digest.hex()}"


async def _create_session(session: AsyncSession, form: Body, now: datetime) -> Body:
    price = "line_items[0][price_data]"
    if form.get("mode") != "payment" or form.get(f"{price}[currency]") != "vnd":
        raise RefusedError("parameter_invalid", "Only mode=payment in vnd is sold here")
    amount = form.get(f"{price}[unit_amount]", "")
    if not amount.isdecimal() or not 0 < int(amount) <= MAX_AMOUNT:
        raise RefusedError("amount_invalid", f"Invalid amount: {amount}")
    ends = form.get("expires_at", "")
    life = timedelta(seconds=int(ends) - int(now.timestamp())) if ends.isdecimal() else MAX_LIFE
    if not MIN_LIFE <= life <= MAX_LIFE:
        raise RefusedError(
            "expires_at_invalid", "expires_at must be between 30 minutes and 24 hours from now"
        )
    name = _new_id("cs_test")
    body: Body = {
        "id": name,
        "object": "checkout.session",
        "mode": "payment",
        "status": "open",
        "payment_status": "unpaid",
        "payment_intent": None,
        "currency": "vnd",
        "amount_total": int(amount),
        "client_reference_id": form.get("client_reference_id"),
        "title": form.get(f"{price}[product_data][name]", ""),
        "expires_at": int((now + life).timestamp()),
        "success_url": form.get("success_url", "/"),
        "cancel_url": form.get("cancel_url", "/"),
        "url": f"/demo/card/{name}",
    }
    await _keep(session, body, now)
    return body


async def _read(session: AsyncSession, name: str, now: datetime) -> Body:
    row = await session.get(SandboxObject, name)
    if row is None or row.kind != "checkout.session":
        raise RefusedError("resource_missing", f"No such checkout.session: {name}", HTTPStatus.NOT_FOUND)
    if _status(row.body, now) != row.body["status"]:
        return row.body | {"status": "expired", "url": None}
    return row.body


async def _expire(session: AsyncSession, name: str, now: datetime) -> Body:
    row = await _lock(session, name, "checkout.session")
    if _status(row.body, now) != "open":
        raise RefusedError("session_closed", "Only Checkout Sessions with a status in [open] can be expired")
    row.body = row.body | {"status": "expired", "url": None}
    return row.body


async def _refund(session: AsyncSession, form: Body, now: datetime) -> Body:
    row = await _lock(session, form.get("payment_intent", ""), "payment_intent")
    left = row.body["amount"] - row.body["amount_refunded"]
    amount = form.get("amount", str(left))
    if not amount.isdecimal() or not 0 < int(amount) <= left:
        raise RefusedError(
            "charge_already_refunded", f"Refund amount is greater than unrefunded amount ({left})"
        )
    row.body = row.body | {"amount_refunded": row.body["amount_refunded"] + int(amount)}
    body: Body = {
        "id": _new_id("re"),
        "object": "refund",
        "payment_intent": row.id,
        "amount": int(amount),
        "currency": "vnd",
        "status": "succeeded",
    }
    await _keep(session, body, now)
    return body


async def _claim_key(
    session: AsyncSession, request: Request, raw: bytes, now: datetime
) -> SandboxObject | None:
    """Find or make the row of an idempotency key; a second caller waits here for the first one's answer."""
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    fingerprint = hashlib.sha256(request.url.path.encode() + b"\n" + raw).hexdigest()
    await session.execute(
        insert(SandboxObject)
        .values(
            id=f"key:{key}",
            kind="key",
            body={"fingerprint": fingerprint, "answer": None},
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    row = await _lock(session, f"key:{key}", "key")
    if row.body["fingerprint"] != fingerprint:
        raise RefusedError(
            "idempotency_error", "Keys can only be used with the same parameters they were first used with"
        )
    return row


async def _lock(session: AsyncSession, name: str, kind: str) -> SandboxObject:
    statement = (
        select(SandboxObject)
        .where(SandboxObject.id == name, SandboxObject.kind == kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise RefusedError("resource_missing", f"No such {kind}: {name}", HTTPStatus.NOT_FOUND)
    return row


async def _keep(session: AsyncSession, body: Body, now: datetime) -> None:
    session.add(SandboxObject(id=body["id"], kind=body["object"], body=body, created_at=now))
    await session.flush()


def _status(body: Body, now: datetime) -> str:
    is_over = body["status"] == "open" and body["expires_at"] <= int(now.timestamp())
    return "expired" if is_over else str(body["status"])


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _error(error: RefusedError) -> JSONResponse:
    kind = "idempotency_error" if error.code == "idempotency_error" else "invalid_request_error"
    return JSONResponse({"error": {"type": kind, "code": error.code, "message": error.message}}, error.status)
