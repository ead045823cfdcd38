"""Webhooks: what is another now than an operator was told is told again, and counts as told after a 2xx alone (OCTO.md, 14)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Catalogue
from app.core.ids import uuid7
from storefront.octo import errors, service, webhook_repository
from storefront.octo.availability import write_availability
from storefront.octo.caller import Caller
from storefront.octo.models import Webhook, WebhookEvent
from storefront.octo.reading import Body, read_text
from storefront.octo.spelling import Voice, read_capabilities
from storefront.octo.writing import write_booking
from storefront.operators import service as operators
from storefront.tours import bookings, departures
from storefront.tours import service as tours
from traceability.subscriptions.targets import TargetError, read_address

JOB = "octo.tell"
MOST_WEBHOOKS = 20
BATCH = 50
"""Bookings or dates of one round of one webhook."""
LEASE = timedelta(seconds=120)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
_MOST_HEADERS = 20
_MOST_HEADER = 1_000
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that is ready to be sent; `told` is what counts as told once it was taken."""

    body: bytes
    told: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Round:
    """A webhook in hand, with all its calls."""

    webhook: Webhook
    claim_id: UUID
    calls: Sequence[Call]
    is_more: bool


# ---------------------------------------------------------------- keeping


async def create_webhook(
    session: AsyncSession,
    caller: Caller,
    body: Body,
    *,
    capabilities: Sequence[str],
    is_strict: bool,
    now: datetime,
) -> Webhook:
    """Keep an address that wants to be told; what stands now counts as told. Raises `OctoError`."""
    url = read_text(body, "url", most=2_000)
    try:
        read_address(url, is_strict=is_strict)
    except TargetError as error:
        raise errors.bad_request(str(error).replace("dest", "url", 1)) from error
    try:
        event = WebhookEvent(read_text(body, "event") or "")
    except ValueError as error:
        raise errors.bad_request("event must be booking_update or availability_update") from error
    if await webhook_repository.count_webhooks(session, caller.operator.id) >= MOST_WEBHOOKS:
        raise errors.unprocessable(f"{MOST_WEBHOOKS} webhooks at most")
    webhook = Webhook(
        id=uuid7(),
        operator_id=caller.operator.id,
        key_id=caller.key_id,
        event=event,
        url=url,
        is_retried=_read_flag(body, "retryOnError"),
        is_in_contact_language=_read_flag(body, "useContactLanguage"),
        headers=_read_headers(body),
        capabilities=list(capabilities),
        failures=0,
        due_at=now,
        claim_id=None,
        claimed_until=None,
        created_at=now,
    )
    session.add(webhook)
    await session.flush()
    standing = await webhook_repository.list_news(session, webhook, now=now, most=None)
    await webhook_repository.keep_tidings(session, webhook.id, standing, now=now)
    return webhook


def _read_flag(body: Body, name: str) -> bool:
    """A flag that is on unless it is switched off."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise errors.bad_request(f"{name} must be true or false")
    return value is not False


def _read_headers(body: Body) -> dict[str, str]:
    value = body.get("headers")
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > _MOST_HEADERS:
        raise errors.bad_request(f"headers must be an object of at most {_MOST_HEADERS} texts")
    for name, said in value.items():
        if not isinstance(said, str) or not _is_header(name, said):
            raise errors.bad_request("headers: a name or value cannot be sent")
    return dict(value)


def _is_header(name: str, value: str) -> bool:
    letters = name.replace("-", "").replace("_", "")
    is_name = (
        letters.isascii() and letters.isalnum() and len(name) <= _MOST_HEADER and name.lower() not in _OURS
    )
    is_value = (
        value.isascii() and value.isprintable() and value == value.strip() and len(value) <= _MOST_HEADER
    )
    return is_name and is_value


async def list_webhooks(session: AsyncSession, caller: Caller) -> Sequence[Webhook]:
    """List this operator's webhooks, the oldest first."""
    return await webhook_repository.list_webhooks(session, caller.operator.id)


async def delete_webhook(session: AsyncSession, caller: Caller, webhook_id: str) -> Webhook:
    """Forget a webhook; raises `OctoError`. A call that is under way may still arrive."""
    try:
        wanted = UUID(webhook_id)
    except ValueError:
        wanted = UUID(int=0)
    found = await webhook_repository.delete_webhook(session, wanted, caller.operator.id)
    if found is None:
        raise errors.OctoError("BAD_REQUEST", "there is no such webhook", webhookId=webhook_id)
    return found


def write_webhook(webhook: Webhook) -> dict[str, Any]:
    """A webhook as it is told."""
    return {
        "id": str(webhook.id),
        "event": webhook.event.value,
        "url": webhook.url,
        "retryOnError": webhook.is_retried,
        "useContactLanguage": webhook.is_in_contact_language,
        "headers": webhook.headers,
        "capabilities": webhook.capabilities,
    }


# ---------------------------------------------------------------- telling


async def list_due(session: AsyncSession, *, now: datetime, without: set[UUID], limit: int) -> Sequence[UUID]:
    """List webhooks that may be looked at now, those that wait the longest first."""
    return await webhook_repository.list_due(session, now=now, without=without, limit=limit)


async def pack_round(
    session: AsyncSession, *, webhook_id: UUID, catalogue: Catalogue, public_url: str, now: datetime
) -> Round | None:
    """Claim a webhook and write its calls; None when there is nothing to tell, or somebody else has it.

    The claim ends with `settle_round`, or with LEASE.
    """
    claim_id = uuid7()
    webhook = await webhook_repository.claim(
        session, webhook_id, claim_id=claim_id, now=now, until=now + LEASE
    )
    if webhook is None:
        return None
    news = await webhook_repository.list_news(session, webhook, now=now, most=BATCH)
    operator = await operators.find_operator(session, webhook.operator_id)
    if not news or operator is None:
        await webhook_repository.settle(session, webhook.id, claim_id=claim_id, values={})
        return None
    voice = Voice(
        terms=operators.terms_of(operator),
        capabilities=read_capabilities(",".join(webhook.capabilities)),
        catalogue=catalogue,
        public_url=public_url.rstrip("/"),
    )
    if webhook.event is WebhookEvent.BOOKING_UPDATE:
        calls = await _write_bookings(session, webhook, news, voice, now=now)
    else:
        calls = await _write_dates(session, webhook, news, voice, now=now)
    return Round(webhook=webhook, claim_id=claim_id, calls=calls, is_more=len(news) == BATCH)


async def _write_bookings(
    session: AsyncSession, webhook: Webhook, news: Mapping[UUID, str], voice: Voice, *, now: datetime
) -> list[Call]:
    found = [await bookings.get_booking(session, booking_id) for booking_id in news]
    return [
        _call(
            {"webhook": write_webhook(webhook), "booking": write_booking(told, voice, now=now)},
            {told.booking.id: news[told.booking.id]},
        )
        for told in await service.tell(session, found, now=now)
    ]


async def _write_dates(
    session: AsyncSession, webhook: Webhook, news: Mapping[UUID, str], voice: Voice, *, now: datetime
) -> list[Call]:
    """One call for each option of a tour; its dates count as told with the last of them."""
    found = await departures.get_seats(session, news.keys(), now=now, operator_id=webhook.operator_id)
    by_tour: dict[UUID, list[UUID]] = {}
    for departure_id in news:
        by_tour.setdefault(found[departure_id][0].id, []).append(departure_id)
    offers = await tours.list_offers(session, by_tour.keys())
    calls = []
    for tour_id, ids in by_tour.items():
        for number, offer in enumerate(offers[tour_id], start=1):
            told = {one: news[one] for one in ids} if number == len(offers[tour_id]) else {}
            body = {
                "webhook": write_webhook(webhook),
                "productId": str(tour_id),
                "optionId": str(offer.option.id),
                "availabilities": [
                    write_availability(tour, offer, seats, voice)
                    for tour, seats in (found[one] for one in ids)
                ],
            }
            calls.append(_call(body, told))
    return calls


def _call(body: Mapping[str, Any], told: Mapping[UUID, str]) -> Call:
    return Call(body=json.dumps(body, ensure_ascii=False).encode(), told=told)


async def settle_round(session: AsyncSession, done: Round, *, taken: int, now: datetime) -> bool:
    """Write down how many calls were taken, and let go; False when the claim had run out, and nothing is written.

    What failed comes again after a pause that doubles from ten seconds to an hour, unless the operator wants no second
    call: then it counts as told.
    """
    has_failed = taken < len(done.calls)
    counted = done.calls[:taken] if done.webhook.is_retried else done.calls
    told = {ref_id: seen for call in counted for ref_id, seen in call.told.items()}
    failures = done.webhook.failures + 1 if has_failed else 0
    pause = min(FIRST_PAUSE * (1 << min(failures - 1, 20)), LONGEST_PAUSE) if has_failed else timedelta()
    values = {"failures": failures, "due_at": now + pause}
    if not await webhook_repository.settle(session, done.webhook.id, claim_id=done.claim_id, values=values):
        return False
    await webhook_repository.keep_tidings(session, done.webhook.id, told, now=now)
    return True
