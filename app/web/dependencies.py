"""What every route may ask for: the house, the request's transaction, the instant, the visitor's key."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.web.envelope import claim, envelope_of
from app.web.house import House, house_of


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Open the request's one transaction; it commits before the reply leaves (see `DbSession`).

    A record that came by the outbox is taken in first, in the same transaction: its effect happens once.
    """
    envelope = envelope_of(request)
    async with house_of(request).database.transaction() as session:
        if envelope is not None:
            await claim(session, envelope)
        request.state.session = session
        try:
            yield session
        finally:
            request.state.session = None


@asynccontextmanager
async def borrow_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's own transaction where it has one, for parts of a page that look something up; else a short one.

    A second connection beside the first costs more than what is asked, and many such requests would starve the pool.
    """
    own: AsyncSession | None = getattr(request.state, "session", None)
    if own is not None:
        yield own
        return
    async with house_of(request).database.transaction() as session:
        yield session


def get_now(request: Request) -> datetime:
    """The instant at which the request is judged (UTC)."""
    return house_of(request).clock.now()


def get_done_at(request: Request) -> datetime:
    """The instant at which the work was done: on the phone, for a record that came by the outbox; now for any other."""
    envelope = envelope_of(request)
    return get_now(request) if envelope is None else envelope.captured_at


def visitor_address(request: Request) -> str:
    """The visitor's network address; proxies are believed only as far as the settings say."""
    hops = house_of(request).settings.trusted_proxies
    if hops:
        forwarded = [
            part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
        ]
        if len(forwarded) >= hops:
            return forwarded[-hops]
    return request.client.host if request.client else "unknown"


def visitor_key(request: Request) -> str:
    """A keyed hash of the visitor's address for limits: the address itself is never stored."""
    address = visitor_address(request).encode()
    return hashlib.blake2b(address, key=house_of(request).secret[:64], digest_size=16).hexdigest()


# Plain functions would each be run in a thread of their own: half a millisecond for nothing.
async def _the_house(request: Request) -> House:
    return house_of(request)


async def _now(request: Request) -> datetime:
    return get_now(request)


async def _done_at(request: Request) -> datetime:
    return get_done_at(request)


async def _visitor_key(request: Request) -> str:
    return visitor_key(request)


TheHouse = Annotated[House, Depends(_the_house)]
# scope="function": the transaction commits before the reply is sent, so that a failed commit is never a 200.
DbSession = Annotated[AsyncSession, Depends(get_session, scope="function")]
Now = Annotated[datetime, Depends(_now)]
DoneAt = Annotated[datetime, Depends(_done_at)]
VisitorKey = Annotated[str, Depends(_visitor_key)]
