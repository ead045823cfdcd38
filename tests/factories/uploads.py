"""Somebody whose phone sends files to a running instance."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from app.accounts import service as accounts
from app.core.clock import SystemClock
from app.core.db import Database
from tests.factories.people import make_submission
from tests.factories.producers import make_entry, make_membership
from tests.serving import Instance


def seed_sender(instance: Instance) -> tuple[str, UUID]:
    """A person with an entry whose words arrived by the outbox; answers the log-in's token and the entry's id."""
    data = instance.database()
    data.start()
    try:
        with ThreadPoolExecutor(1) as apart:  # a browser's test has a loop of its own
            return apart.submit(lambda: asyncio.run(_seed(data.url()))).result(60)
    finally:
        data.stop()


async def _seed(url: str) -> tuple[str, UUID]:
    now = SystemClock().now()
    async with Database(url) as database, database.transaction() as session:
        entry = await make_entry(session)
        await make_membership(session, producer_id=entry.producer_id, person_id=entry.person_id)
        await make_submission(session, id=entry.id, person_id=entry.person_id)
        token = await accounts.open_login(session, person_id=entry.person_id, device="Android", now=now)
        return token, entry.id
