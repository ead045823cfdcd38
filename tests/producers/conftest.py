"""A cooperative at work: its manager's browser, and its places."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from producers.farms.models import Crop
from tests.factories.people import log_in
from tests.factories.producers import make_farm, make_membership, make_person, make_producer, make_site


@dataclass(frozen=True)
class Cooperative:
    """The ids of a cooperative with a manager, a member household, its farm, a plot and a raceway."""

    producer_id: UUID
    manager_id: UUID
    owner_id: UUID
    farm_id: UUID
    plot_id: UUID
    raceway_id: UUID


@pytest.fixture
async def coop(db, client) -> Cooperative:
    """A cooperative whose manager is logged in as `client`."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        manager = await make_person(session, name="Trần Văn Quản")
        owner = await make_person(session, name="Nguyễn Thị Mận")
        for person, role in ((manager, "manager"), (owner, "member")):
            await make_membership(session, producer_id=producer.id, person_id=person.id, role=role)
        farm = await make_farm(session, producer_id=producer.id, owner_id=owner.id)
        plot = await make_site(session, farm_id=farm.id)
        raceway = await make_site(session, farm_id=farm.id, crop=Crop.SALMON)
        await log_in(session, client, manager.id)
    return Cooperative(producer.id, manager.id, owner.id, farm.id, plot.id, raceway.id)


@pytest.fixture
async def log_in_as(db, new_client):
    """Opens a browser of a new member of a producer (or of a person named), by role."""
    opened = []

    async def open_as(producer_id=None, role="member", person_id=None):
        browser = new_client()
        opened.append(browser)
        async with db.transaction() as session:
            if person_id is None:
                given = {} if producer_id is None else {"producer_id": producer_id}
                person_id = (await make_membership(session, role=role, **given)).person_id
            await log_in(session, browser, person_id)
        return browser

    yield open_as
    for browser in opened:
        await browser.aclose()
