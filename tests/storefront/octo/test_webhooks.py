"""Webhooks: kept, told what is new, told again until somebody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.accounts import keys
from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from storefront.octo import jobs as octo_jobs
from storefront.octo import webhooks
from storefront.octo.carrying import Teller
from storefront.octo.webhooks import LEASE, MOST_WEBHOOKS
from storefront.operators import service as operators
from storefront.tours import allotments, calling_off, departures
from storefront.tours.allotments import Promise
from storefront.tours.models import CallOffReason
from tests.concurrency.test_tours import book
from tests.factories.octo import CONTACT, make_key, reservation
from tests.factories.visits import SITE, Visit, make_option, make_unit
from tests.fakes.clock import FrozenClock
from tests.fakes.receiver import Answer, Post, Receiver, open_receiver
from tests.house import NOW
from tests.storefront.octo import contract
from tests.storefront.tours.test_houses import open_shared

Key = dict[str, str]
Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An operator's server."""
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
def teller(house: House) -> Teller:
    """Whoever tells, outside of production."""
    return Teller(
        catalogue=house.catalogue,
        public_url="http://127.0.0.1:8000",
        is_strict=False,
        clock=house.clock,
        call_s=2.0,
    )


async def listen(client: httpx.AsyncClient, key: Key, receiver: Receiver, event: str, **more: Any) -> Any:
    """Make a webhook."""
    body = {"url": receiver.address, "event": event, **more}
    answer = await client.post("/octo/webhooks", json=body, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def documents(receiver: Receiver) -> list[Any]:
    """What came in."""
    return [json.loads(post.body) for post in receiver.posts]


async def test_webhooks_are_kept_listed_and_deleted(
    client: httpx.AsyncClient, db: Database, key: Key, receiver: Receiver
) -> None:
    """A webhook is its operator's own: listed with what it was made with, deleted once (OCTO.md, 14)."""
    key = {**key, "Octo-Capabilities": "octo/webhooks, octo/pricing"}
    made = await listen(
        client, key, receiver, "booking_update", headers={"X-Token": "abc"}, retryOnError=False
    )
    assert made == {
        "id": made["id"],
        "event": "booking_update",
        "url": receiver.address,
        "retryOnError": False,
        "useContactLanguage": True,
        "headers": {"X-Token": "abc"},
        "capabilities": ["octo/pricing", "octo/webhooks"],
    }
    stranger = await make_key(db, "Người khác")
    assert (await client.get("/octo/webhooks/", headers=key)).json() == [made]
    assert (await client.get("/octo/webhooks", headers=stranger)).json() == []
    for header, webhook_id in ((stranger, made["id"]), (key, "x")):
        refused = await client.delete(f"/octo/webhooks/{webhook_id}", headers=header)
        assert (refused.status_code, refused.json()["webhookId"]) == (400, webhook_id)
    assert (await client.delete(f"/octo/webhooks/{made['id']}", headers=key)).json() == made
    assert (await client.delete(f"/octo/webhooks/{made['id']}", headers=key)).status_code == 400
    assert (await client.get("/octo/webhooks", headers=key)).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": None},
        {"url": "ftp://example.com"},
        {"url": "http://example.com/x"},
        {"event": "x"},
        {"event": None},
        {"retryOnError": "yes"},
        {"useContactLanguage": []},
        {"headers": []},
        {"headers": {"Host": "x"}},
        {"headers": {"X": 5}},
        {"headers": {"X": "a\r\nb"}},
        {"headers": {"": "x"}},
        {"headers": {"X": " x"}},
        {"headers": {f"X-{number}": "x" for number in range(21)}},
    ],
)
async def test_wrong_webhooks(client: httpx.AsyncClient, key: Key, wrong: dict[str, Any]) -> None:
    """An address that is none, an unknown event, flags and headers that cannot be: BAD_REQUEST (OCTO.md, 14)."""
    body = {"url": "https://example.com/x", "event": "booking_update", **wrong}
    answer = await client.post("/octo/webhooks", json=body, headers=key)
    assert (answer.status_code, answer.json()["error"]) == (400, "BAD_REQUEST")


async def test_no_more_webhooks_than_twenty(client: httpx.AsyncClient, key: Key, receiver: Receiver) -> None:
    """An operator has twenty webhooks at most."""
    for _number in range(MOST_WEBHOOKS):
        await listen(client, key, receiver, "booking_update")
    body = {"url": receiver.address, "event": "booking_update"}
    answer = await client.post("/octo/webhooks", json=body, headers=key)
    assert answer.json()["error"] == "UNPROCESSABLE_ENTITY"


async def test_bookings_are_told(
    client: httpx.AsyncClient,
    db: Database,
    house: House,
    key: Key,
    visit: Visit,
    receiver: Receiver,
    run_jobs: Run,
) -> None:
    """What becomes of a booking is posted, whoever did it, as GET tells it; what stood before is not, nor others' (OCTO.md, 14)."""
    before = (await client.post("/octo/bookings", json=reservation(visit), headers=key)).json()
    await listen(client, key, receiver, "booking_update", headers={"X-Token": "abc"})
    house.clock = FrozenClock(NOW + timedelta(seconds=1))
    teller = Teller(
        catalogue=house.catalogue, public_url="http://127.0.0.1:8000", is_strict=False, clock=house.clock
    )
    stranger = await make_key(db, "Người khác")
    await client.post("/octo/bookings", json=reservation(visit), headers=stranger)
    await teller.run(db)
    assert receiver.posts == []
    path = f"/octo/bookings/{before['uuid']}"
    await client.post(f"{path}/confirm", json={"contact": CONTACT}, headers=key)
    await teller.run(db)
    await teller.run(db)
    [told] = documents(receiver)
    assert told["webhook"]["event"] == "booking_update" and receiver.posts[0].headers["x-token"] == "abc"
    assert told["booking"] == (await client.get(path, headers=key)).json()
    contract.check_stamps(told)
    async with db.transaction() as session:
        await calling_off.call_off(
            session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=house.clock.now()
        )
    await teller.run(db)
    assert documents(receiver)[-1]["booking"]["status"] == "CANCELLED" and len(receiver.posts) == 2


async def test_a_hold_that_ends_is_told(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """A hold whose time is over is told as EXPIRED though nobody touched it (OCTO.md, 14)."""
    await listen(client, key, receiver, "booking_update")
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    clock = FrozenClock(NOW + timedelta(minutes=16))
    teller = Teller(catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=clock)
    await teller.run(db)
    assert [one["booking"]["status"] for one in documents(receiver)] == ["EXPIRED"]


async def test_dates_are_told(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit, receiver: Receiver, teller: Teller
) -> None:
    """A date whose free seats, capacity or state change is posted once for each option, whoever changed it (OCTO.md, 14)."""
    async with db.transaction() as session:
        other = await make_option(session, visit.tour.id, name="Không ăn", is_default=False, position=1)
        await make_unit(session, other.id, price_minor=100_000)
    await listen(client, key, receiver, "availability_update")
    await teller.run(db)
    assert receiver.posts == []
    assert await book(db, visit, 3) is not None
    await teller.run(db)
    told = documents(receiver)
    assert {one["optionId"] for one in told} == {str(visit.option.id), str(other.id)} and len(told) == 2
    assert [one["vacancies"] for one in told[0]["availabilities"]] == [17]
    assert told[0]["availabilities"][0]["unitPricing"][0]["net"] == 135_000
    async with db.transaction() as session:
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=30, now=NOW)
    await teller.run(db)
    assert documents(receiver)[-1]["availabilities"][0]["vacancies"] == 27 and len(receiver.posts) == 4


async def test_seats_that_are_held_for_others(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """Seats that a host holds for another operator are told as gone, and as free once the clock frees them (BOOKINGS.md, 71 and 72)."""
    clock = FrozenClock(NOW)
    teller = Teller(
        catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=clock, call_s=0.3
    )
    await listen(client, key, receiver, "availability_update")
    async with db.transaction() as session:
        other = await operators.get_or_create_operator(session, name="Núi Xanh", now=NOW)
        promise = Promise(operator_id=other.id, heads=5, release_days=1)
        await allotments.grant(session, departure_id=visit.departure.id, promise=promise, now=NOW)
    for free_at, left in ((NOW, 15), (visit.departure.starts_at - timedelta(days=1), 20)):
        clock.advance(seconds=(free_at - clock.now()).total_seconds())
        for _time in range(2):
            await teller.run(db)
        assert documents(receiver)[-1]["availabilities"][0]["vacancies"] == left
    assert len(receiver.posts) == 2


async def test_a_date_that_shares_a_pond_house_is_told(
    client: httpx.AsyncClient, db: Database, key: Key, receiver: Receiver, teller: Teller
) -> None:
    """Guests of another tour through the same pond-house are news of this date, with the places left (BOOKINGS.md, 105)."""
    async with db.transaction() as session:
        visit, other, _house = await open_shared(session)
    await listen(client, key, receiver, "availability_update")
    await book(db, other, 2)
    await teller.run(db)
    told = {one["productId"]: one for one in documents(receiver)}
    assert [one["vacancies"] for one in told[str(visit.tour.id)]["availabilities"]] == [4]


async def test_what_is_not_taken_comes_again(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """Refused, lost or slow: the same again after 10 s, 20 s and so on, as things are then; after a 2xx never more (OCTO.md, 14)."""
    clock = FrozenClock(NOW)
    teller = Teller(
        catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=clock, call_s=0.3
    )
    await listen(client, key, receiver, "booking_update")
    held = (await client.post("/octo/bookings", json=reservation(visit), headers=key)).json()
    answers = [Answer(status=500), Answer(is_lost=True), Answer(wait_s=1.0), Answer(status=204)]

    def answer(_post: Post) -> Answer:
        return answers[len(receiver.posts) - 1]

    receiver.answer = answer
    for wait, posts in ((0, 1), (5, 1), (6, 2), (21, 3), (41, 4), (300, 4)):
        clock.advance(seconds=wait)
        await teller.run(db)
        assert len(receiver.posts) == posts, wait
    assert {one["booking"]["uuid"] for one in documents(receiver)} == {held["uuid"]}


async def test_no_second_call_where_none_is_wanted(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """With retryOnError false a call that was refused counts as told (OCTO.md, 14)."""
    clock = FrozenClock(NOW)
    teller = Teller(catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=clock)
    await listen(client, key, receiver, "booking_update", retryOnError=False)
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    receiver.answer = lambda _post: Answer(status=500)
    await teller.run(db)
    teller._clock = FrozenClock(NOW + timedelta(minutes=5))
    await teller.run(db)
    assert len(receiver.posts) == 1


async def test_more_than_one_round_holds(
    client: httpx.AsyncClient,
    db: Database,
    house: House,
    key: Key,
    visit: Visit,
    receiver: Receiver,
    teller: Teller,
) -> None:
    """More news than a round holds is told in one go, each once (OCTO.md, 14)."""
    await listen(client, key, receiver, "booking_update")
    async with db.transaction() as session:
        await session.execute(text("UPDATE departures SET capacity = 200"))
    uuids = [
        (await client.post("/octo/bookings", json=reservation(visit, adults=1), headers=key)).json()["uuid"]
        for _number in range(webhooks.BATCH + 3)
    ]
    await teller.run(db)
    assert sorted(one["booking"]["uuid"] for one in documents(receiver)) == sorted(uuids)


async def test_an_ended_key_is_told_nothing(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit, receiver: Receiver, teller: Teller
) -> None:
    """With the key that asked, the telling ends (OCTO.md, 14)."""
    await listen(client, key, receiver, "availability_update")
    assert await book(db, visit, 3) is not None
    async with db.transaction() as session:
        [only] = await keys.list_keys(session)
        await keys.end_key(session, only.id, now=NOW)
    await teller.run(db)
    assert receiver.posts == []


async def test_two_tellers_tell_once(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """Two processes that tell at once post each thing once; a claim whose holder died is over after its time (OCTO.md, 14)."""
    await listen(client, key, receiver, "booking_update")
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    receiver.answer = lambda _post: Answer(wait_s=0.2)
    tellers = [
        Teller(catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=house.clock)
        for _number in range(4)
    ]
    await asyncio.gather(*(one.run(db) for one in tellers))
    assert len(receiver.posts) == 1
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE reseller_webhooks SET claim_id = :id, claimed_until = :until"),
            {"id": uuid7(), "until": NOW + LEASE},
        )
    await tellers[0].run(db)
    assert len(receiver.posts) == 1
    tellers[0]._clock = FrozenClock(NOW + LEASE)
    await tellers[0].run(db)
    assert len(receiver.posts) == 2


async def test_a_lost_claim_writes_nothing(
    client: httpx.AsyncClient,
    db: Database,
    house: House,
    key: Key,
    visit: Visit,
    receiver: Receiver,
    teller: Teller,
) -> None:
    """Whoever lost its claim meanwhile writes nothing down, so that the news comes again (OCTO.md, 14)."""
    made = await listen(client, key, receiver, "booking_update")
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    async with db.transaction() as session:
        row = await session.scalar(text("SELECT id FROM reseller_webhooks"))
        packed = await webhooks.pack_round(
            session, webhook_id=row, catalogue=house.catalogue, public_url="http://x", now=NOW
        )
        assert packed is not None
    async with db.transaction() as session:
        await session.execute(text("UPDATE reseller_webhooks SET claim_id = NULL, claimed_until = NULL"))
        assert not await webhooks.settle_round(session, packed, taken=1, now=NOW)
    await teller.run(db)
    assert len(receiver.posts) == 1
    await client.delete(f"/octo/webhooks/{made['id']}", headers=key)
    async with db.transaction() as session:
        gone = await webhooks.pack_round(
            session, webhook_id=row, catalogue=house.catalogue, public_url="http://x", now=NOW
        )
    assert gone is None


async def test_nothing_is_sent_into_our_own_network(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """In production an address of this machine, or a private one, is never called (OCTO.md, 14)."""
    await listen(client, key, receiver, "booking_update")
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    strict = Teller(catalogue=house.catalogue, public_url="http://x", is_strict=True, clock=house.clock)
    await strict.run(db)
    assert receiver.posts == []


async def test_the_worker_tells(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, receiver: Receiver
) -> None:
    """One that tells already is not begun twice, and a webhook that breaks holds up no other."""
    await listen(client, key, receiver, "booking_update")
    await listen(client, key, receiver, "availability_update")
    await client.post("/octo/bookings", json=reservation(visit), headers=key)
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE reseller_webhooks SET capabilities = '5' WHERE event = 'availability_update'")
        )
    teller = Teller(catalogue=house.catalogue, public_url="http://x", is_strict=False, clock=house.clock)
    tell = partial(octo_jobs.tell, db, now=NOW, teller=teller)
    await asyncio.gather(tell(), tell())
    assert [one["webhook"]["event"] for one in documents(receiver)] == ["booking_update"]
