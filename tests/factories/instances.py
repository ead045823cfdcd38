"""People who stand in the database of a running instance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import SystemClock
from app.core.db import Database
from tests.factories.people import make_submission
from tests.factories.producers import (
    make_entry,
    make_farm,
    make_membership,
    make_person,
    make_producer,
    make_site,
)
from tests.serving import Instance

T = TypeVar("T")


@dataclass(frozen=True)
class Worker:
    """Somebody logged in who works at one plot of one producer."""

    token: str
    person_id: UUID
    producer_id: UUID
    site_id: UUID


def write_into(instance: Instance, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run `work` in one transaction of the instance's database; its event handlers do not run."""
    data = instance.database()
    data.start()

    async def run() -> T:
        async with Database(data.url()) as database, database.transaction() as session:
            return await work(session)

    try:
        with ThreadPoolExecutor(1) as apart:  # a browser's test has a loop of its own
            return apart.submit(lambda: asyncio.run(run())).result(120)
    finally:
        data.stop()


def seed_sender(instance: Instance) -> tuple[str, UUID]:
    """A person with an entry whose words arrived by the outbox; answers the log-in's token and the entry's id."""

    async def seed(session: AsyncSession) -> tuple[str, UUID]:
        entry = await make_entry(session)
        await make_membership(session, producer_id=entry.producer_id, person_id=entry.person_id)
        await make_submission(session, id=entry.id, person_id=entry.person_id)
        now = SystemClock().now()
        token = await accounts.open_login(session, person_id=entry.person_id, device="Android", now=now)
        return token, entry.id

    return write_into(instance, seed)


def seed_workers(instance: Instance, count: int, *, households: int = 10) -> list[Worker]:
    """Logged-in workers, `households` of them for each producer, each with a plot of their own."""

    async def seed(session: AsyncSession) -> list[Worker]:
        workers: list[Worker] = []
        now = SystemClock().now()
        producer_id = None
        for index in range(count):
            if producer_id is None or index % households == 0:
                producer_id = (await make_producer(session)).id
            person = await make_person(session)
            await make_membership(session, producer_id=producer_id, person_id=person.id)
            farm = await make_farm(session, producer_id=producer_id, owner_id=person.id)
            site = await make_site(session, farm_id=farm.id)
            token = await accounts.open_login(session, person_id=person.id, device="Android", now=now)
            workers.append(Worker(token, person.id, producer_id, site.id))
        return workers

    return write_into(instance, seed)
