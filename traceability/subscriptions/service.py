"""Subscriptions of the repository of events (EPCIS 2.0, 8.2.5): kept, packed into reports, moved on when a report was taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from app.core.ids import uuid7
from traceability.events import errors, following
from traceability.events import service as events
from traceability.events.access import sight_of_key
from traceability.events.answering import EpcFormat, write_document
from traceability.events.errors import EpcisError
from traceability.events.events import EventsCaptured
from traceability.events.following import News
from traceability.events.models import NamedQuery
from traceability.subscriptions import repository, sealing
from traceability.subscriptions.controls import Controls, read_controls
from traceability.subscriptions.models import Subscription
from traceability.subscriptions.schedule import read_schedule
from traceability.subscriptions.targets import TargetError, read_address

JOB = "subscriptions.deliver"
BATCH = 100
"""Events of one report, until a receiver says that it is too large."""
MOST_SUBSCRIPTIONS = 100
"""Of one key; counted without a lock, it keeps nobody from anything but excess."""
LEASE = timedelta(seconds=60)
"""How long a claim lasts when its holder dies; a report takes a third of it at most."""
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
_MOST_TOKEN = 1_000
_FIELDS = frozenset(
    {"dest", "signatureToken", "stream", "schedule", "reportIfEmpty", "initialRecordTime", "epcFormat"}
)


# ---------------------------------------------------------------- keeping


async def create_subscription(
    session: AsyncSession,
    *,
    query: NamedQuery,
    body: Mapping[str, Any],
    dest: str,
    epc_format: EpcFormat,
    secret: bytes,
    now: datetime,
) -> Subscription:
    """Subscribe an address to a query; raises `EpcisError`. `dest` is one that `read_dest` took from the body."""
    for name in body:
        if name not in _FIELDS:
            raise errors.bad_subscription(f"{name!r}: no field of a subscription")
    token = body.get("signatureToken")
    if token is not None and not _is_token(token):
        raise errors.bad_subscription(f"signatureToken: must be a text of at most {_MOST_TOKEN} characters")
    if "epcFormat" in body:
        try:
            epc_format = EpcFormat(body["epcFormat"])
        except ValueError as error:
            raise errors.bad_subscription("epcFormat: is not known") from error
    controls = read_controls(body)
    check_query(query)
    if await repository.count_of_owner(session, query.owner_id) >= MOST_SUBSCRIPTIONS:
        raise errors.bad_subscription(f"a key has {MOST_SUBSCRIPTIONS} subscriptions at most")
    subscription_id = uuid7()
    made = Subscription(
        id=subscription_id,
        created_at=now,
        query_id=query.id,
        dest=dest,
        sealed_token=None if token is None else sealing.seal(secret, subscription_id, token),
        epc_format=epc_format,
        schedule=None if controls.schedule is None else dict(controls.schedule),
        report_if_empty=controls.report_if_empty,
        since=controls.since,
        min_record_time=controls.since or now,
        after=await following.find_start(session, since=controls.since),
        batch_size=BATCH,
        failures=0,
        due_at=next_time(controls.schedule, now),
        last_notified_at=None,
        claim_id=None,
        claimed_until=None,
    )
    session.add(made)
    await session.flush()
    if controls.schedule is None and controls.since is not None:
        await jobs.defer(session, JOB, queueing_lock=JOB)
    return made


def _is_token(said: Any) -> bool:
    """Whether this can be a token: half a character (a lone surrogate) cannot be signed with."""
    return (
        isinstance(said, str)
        and 0 < len(said) <= _MOST_TOKEN
        and not any("\ud800" <= letter <= "\udfff" for letter in said)
    )


def read_dest(body: Any, *, is_strict: bool) -> httpx.URL:
    """The address in the body of a subscription; raises `EpcisError`. `is_strict`: as in production, https alone."""
    if not isinstance(body, dict):
        raise errors.bad_subscription("a subscription is an object")
    try:
        return read_address(body.get("dest"), is_strict=is_strict)
    except TargetError as error:
        raise errors.bad_subscription(str(error)) from error


def check_query(query: NamedQuery) -> None:
    """Refuse (`EpcisError`) a query that ends: of a standing query every event is reported."""
    for name in ("eventCountLimit", "maxEventCount"):
        if name in query.query:
            raise errors.bad_subscription(f"{name}: a query that is subscribed to has no limit")


def next_time(schedule: Any, now: datetime) -> datetime:
    """When a subscription is looked at next: a stream at once."""
    return now if schedule is None else read_schedule(schedule).next_after(now)


async def get_subscription(session: AsyncSession, *, query: NamedQuery, subscription_id: str) -> Subscription:
    """Get a subscription of a query; raises `EpcisError`."""
    try:
        wanted = UUID(subscription_id)
    except ValueError:
        wanted = UUID(int=0)
    found = await repository.find_subscription(session, query.id, wanted)
    if found is None:
        raise errors.no_resource("there is no such subscription")
    return found


async def list_subscriptions(
    session: AsyncSession, *, query: NamedQuery, after: UUID | None, limit: int
) -> list[Subscription]:
    """List the subscriptions of a query, the oldest first."""
    return await repository.list_subscriptions(session, query.id, after=after, limit=limit)


async def delete_subscription(session: AsyncSession, *, query: NamedQuery, subscription_id: str) -> None:
    """End a subscription; raises `EpcisError`. A report that is under way may still arrive."""
    found = await get_subscription(session, query=query, subscription_id=subscription_id)
    await repository.delete_subscription(session, found.id)


async def on_events_captured(session: AsyncSession, _event: EventsCaptured) -> None:
    """Let the worker tell those who want to know at once."""
    if await repository.has_streams(session):
        await jobs.defer(session, JOB, queueing_lock=JOB)


# ---------------------------------------------------------------- looking


async def look(
    session: AsyncSession, *, query_id: UUID, after: int, since: datetime | None, limit: int, now: datetime
) -> tuple[NamedQuery, News] | None:
    """What a query finds behind a number, as its owner's key sees it; None when the query or the key is gone.

    Raises `EpcisError` when the query cannot be run any more.
    """
    source = await repository.find_source(session, query_id, now=now)
    if source is None:
        return None
    named, key = source
    sight = sight_of_key(key)
    query = await events.build_query(session, named.query, sight=sight)
    most = min(limit, query.per_page or limit)
    news = await following.list_news(session, query=query, sight=sight, after=after, limit=most, since=since)
    return named, news


# ---------------------------------------------------------------- reporting


class Outcome(Enum):
    """What became of a report."""

    TAKEN = auto()
    TOO_LARGE = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Report:
    """A body that is ready to be sent. `after`: where the subscription stands once it is taken."""

    subscription: Subscription
    claim_id: UUID
    body: bytes
    signature: str | None
    count: int
    after: int
    is_more: bool
    is_problem: bool = False


async def list_due(session: AsyncSession, *, now: datetime, without: set[UUID], limit: int) -> list[UUID]:
    """List subscriptions for which there is something to do, those that wait the longest first."""
    head = await following.find_head(session)
    return await repository.list_due(session, head=head, now=now, without=without, limit=limit)


async def pack_report(
    session: AsyncSession, *, subscription_id: UUID, secret: bytes, now: datetime
) -> Report | None:
    """Claim a subscription and pack its next report; None when there is nothing to send, or somebody else has it.

    Events that do not concern the receiver are passed over at once. The claim ends with `settle_report`, or with LEASE.
    """
    claim_id = uuid7()
    held = await repository.claim(session, subscription_id, claim_id=claim_id, now=now, until=now + LEASE)
    if held is None:
        return None
    token = None if held.sealed_token is None else sealing.unseal(secret, held.id, held.sealed_token)
    try:
        looked = await look(
            session,
            query_id=held.query_id,
            after=held.after,
            since=held.since,
            limit=held.batch_size,
            now=now,
        )
    except EpcisError as error:
        body = json.dumps(error.problem, ensure_ascii=False).encode()
        signature = None if token is None else sealing.sign(token, body)
        return Report(held, claim_id, body, signature, 0, held.after, is_more=True, is_problem=True)
    if looked is None:
        await repository.settle(session, held.id, claim_id=claim_id, values={})
        return None
    named, news = looked
    if not news.events and (news.is_more or not held.report_if_empty):
        values = _moved_on(held, news.after, is_more=news.is_more, now=now)
        await repository.settle(session, held.id, claim_id=claim_id, values=values)
        return None
    body = write_document(
        news.events,
        epc_format=held.epc_format,
        now=now,
        query_name=named.name,
        subscription_id=str(held.id),
    ).encode()
    signature = None if token is None else sealing.sign(token, body)
    return Report(held, claim_id, body, signature, len(news.events), news.after, is_more=news.is_more)


def _moved_on(held: Subscription, after: int, *, is_more: bool, now: datetime) -> dict[str, Any]:
    return {
        "after": after,
        "min_record_time": now,
        "due_at": now if is_more else next_time(held.schedule, now),
    }


async def settle_report(session: AsyncSession, *, report: Report, outcome: Outcome, now: datetime) -> bool:
    """Write down what became of a report; False when the claim had run out, and nothing is written.

    Taken: on to what comes next. Too large: half as many from now on, at once. Failed: the same again after a pause
    that doubles from ten seconds to an hour.
    """
    held = report.subscription
    values: dict[str, Any]
    if outcome is Outcome.TAKEN and not report.is_problem:
        values = _moved_on(held, report.after, is_more=report.is_more, now=now)
        values |= {"failures": 0, "last_notified_at": now}
    elif outcome is Outcome.TOO_LARGE and report.count > 1:
        values = {"batch_size": report.count // 2, "due_at": now}
    else:
        values = {"failures": held.failures + 1, "due_at": now + pause_after(held.failures + 1)}
    return await repository.settle(session, held.id, claim_id=report.claim_id, values=values)


def pause_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    return min(FIRST_PAUSE * (1 << min(failures - 1, 20)), LONGEST_PAUSE)


# ---------------------------------------------------------------- WebSockets


async def open_stream(
    session: AsyncSession, *, owner_id: UUID, name: str, controls: Controls
) -> tuple[NamedQuery, int]:
    """The query that a WebSocket follows, and the number behind which it begins; raises `EpcisError`."""
    query = await events.get_query(session, owner_id=owner_id, name=name)
    check_query(query)
    return query, await following.find_start(session, since=controls.since)
