"""Setting up: the newest shape of the database, and the facts that every instance needs."""

from __future__ import annotations

import asyncio

from app.core import migrations
from app.core.db import Database
from app.places import service as places


async def _load_facts(url: str) -> None:
    async with Database(url, pool_size=1) as database, database.transaction() as session:
        await places.load_units(session)


def prepare(url: str) -> None:
    """Migrate the database at `url` and load what every instance needs; doing it again changes nothing."""
    migrations.upgrade(url)
    asyncio.run(_load_facts(url))
