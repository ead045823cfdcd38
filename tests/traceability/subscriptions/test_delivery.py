"""Reports on their way: a real receiver on the loopback that answers, refuses, sleeps, loses its reply or is not there."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import ApiKey
from app.core import http
from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from tests.factories import epcis as made
from tests.fakes.clock import FrozenClock
from tests.fakes.receiver import Answer, Receiver, open_receiver
from tests.house import NOW
from tests.traceability.subscriptions.conftest import TOKEN, MakeKey, capture, name_query, subscribe
from traceability.events import following
from traceability.events.models import NamedQuery
from traceability.subscriptions import delivery, repository, service, targets
from traceability.subscriptions.delivery import Courier
from traceability.subscriptions.models import Subscription

RunJobs = Callable[[], Awaitable[None]]
Carry = Callable[[], Awaitable[None]]


def make_courier(house: House, **options: Any) -> Courier:
    """A courier such as a worker has."""
    return Courier(secret=house.secret, **{"is_strict": False, "clock": house.clock, **options})


@pytest.fixture
def carry(house: House, db: Database) -> Carry:
    """Carries everything that is due by the house's clock."""

    async def run() -> None:
        await make_courier(house).run(db)

    return run


async def state_of(db: Database, address: str) -> Subscription:
    """How far a subscription is."""
    async with db.transaction() as session:
        found = await session.get(Subscription, UUID(address.rpartition("/")[2]))
        assert found is not None
        return found


async def test_what_is_captured_is_posted_at_once(
    client: httpx.AsyncClient, db: Database, key: dict[str, str], receiver: Receiver, run_jobs: RunJobs
) -> None:
    """The capture wakes the worker; the report names query and subscription and is signed over its very bytes."""
    await name_query(client, key)
    old = await capture(client, key, 1)
    address = await subscribe(client, key, receiver.address)
    new = await capture(client, key, 2, first=1)
    await run_jobs()
    (post,) = receiver.posts
    assert receiver.event_ids == new and old[0] not in receiver.event_ids
    results = post.document["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("tea", address.rpartition("/")[2])
    assert post.document["type"] == "EPCISQueryDocument"
    said = hmac.new(TOKEN.encode(), post.body, hashlib.sha256).hexdigest()
    assert post.headers["gs1-signature"] == f"sha256={said}"
    assert post.headers["content-type"] == "application/ld+json"
    assert post.path == "/epcis-callback"
    told = (await client.get(address, headers=key)).json()
    assert told["lastNotifiedAt"] == "2026-11-12T02:00:00.000Z"
    await run_jobs()
    assert len(receiver.posts) == 1


async def test_nobody_who_listens_costs_a_capture_nothing(
    client: httpx.AsyncClient, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """Without a stream no job is queued; with one, one job waits however much is captured."""

    async def waiting() -> int:
        async with db.transaction() as session:
            statement = text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = :name")
            return int(await session.scalar(statement, {"name": service.JOB}))

    await name_query(client, key)
    await subscribe(client, key, receiver.address, schedule={"hour": "1"})
    await capture(client, key, 1)
    assert await waiting() == 0
    await subscribe(client, key, receiver.address)
    await capture(client, key, 1, first=1)
    await capture(client, key, 1, first=2)
    assert await waiting() == 1


async def test_reports_follow_each_other_in_order_and_bounded(
    client: httpx.AsyncClient, key: dict[str, str], receiver: Receiver, carry: Carry
) -> None:
    """Two hundred and fifty events come as 100, 100 and 50, in order of capture, each once; `perPage` makes them smaller."""
    await name_query(client, key)
    await name_query(client, key, "pages", perPage=90)
    await capture(client, key, 1)
    await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 250, first=1)
    await carry()
    assert [len(post.events) for post in receiver.posts] == [100, 100, 50]
    assert receiver.event_ids == ids
    receiver.posts.clear()
    await subscribe(
        client, key, receiver.address, "pages", stream=True, initialRecordTime="2020-01-01T00:00:00Z"
    )
    await carry()
    assert [len(post.events) for post in receiver.posts] == [90, 90, 71]


async def test_only_what_the_query_finds_is_reported(
    client: httpx.AsyncClient,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Events that do not match are passed over without a call, also when there are more than one look goes through."""
    monkeypatch.setattr(following, "MOST_SCANNED", 50)
    await name_query(client, key, GE_quantity_KGM=1, GE_recordTime="2026-11-12T02:00:00Z")
    address = await subscribe(
        client, key, receiver.address, stream=True, initialRecordTime="2026-11-12T01:00:00Z"
    )
    await capture(client, key, 700)
    await carry()
    assert receiver.posts == []
    passed = (await state_of(db, address)).after
    leaves = [{"epcClass": made.LEAF, "quantity": 2, "uom": "KGM"}]
    ids = await capture(client, key, 1, first=700, quantityList=leaves)
    await carry()
    assert receiver.event_ids == ids
    assert (await state_of(db, address)).after == passed + 1


async def test_events_of_before_the_start_are_not_reported(
    client: httpx.AsyncClient, house: House, key: dict[str, str], receiver: Receiver, carry: Carry
) -> None:
    """A start that lies ahead leaves out what is recorded until then."""
    await name_query(client, key)
    await subscribe(client, key, receiver.address, stream=True, initialRecordTime="2026-11-12T02:10:00Z")
    await capture(client, key, 1)
    house.clock.advance(minutes=10)
    ids = await capture(client, key, 1, first=1)
    await carry()
    assert receiver.event_ids == ids


async def test_a_report_shows_what_the_key_may_see_and_as_it_was_asked_for(
    client: httpx.AsyncClient,
    key: dict[str, str],
    make_key: MakeKey,
    receiver: Receiver,
    carry: Carry,
) -> None:
    """A partner is told of its own trade alone, in the spelling of its subscription."""
    shop = await make_key(party="9521234500044")
    body = {"dest": receiver.address, "stream": True}
    for one, name, spelling in ((shop, "shop", "Never_Translates"), (key, "farm", "Always_EPC_URN")):
        await name_query(client, one, name)
        path = f"/epcis/queries/{name}/subscriptions"
        answer = await client.post(path, json=body, headers=one | {"GS1-EPC-Format": spelling})
        assert answer.status_code == 201
    assert (await client.post("/epcis/capture", json=made.make_document(), headers=key)).status_code == 202
    await carry()
    posts = {post.document["epcisBody"]["queryResults"]["queryName"]: post for post in receiver.posts}
    assert {event["bizStep"] for event in posts["shop"].events} == {"shipping"}
    assert posts["shop"].events[0]["epcList"] == made.SHIPPING["epcList"]
    assert "gs1-signature" not in posts["shop"].headers
    (packing,) = [event for event in posts["farm"].events if event.get("bizStep") == "packing"]
    assert packing["childEPCs"][0] == "urn:epc:id:sgtin:9521234.020001.AAA111"
    assert len(posts["farm"].events) == len(made.EVERY)


async def test_a_key_that_was_ended_is_told_nothing_more(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
) -> None:
    """Neither by the list of what is due, nor when it was ended a moment later."""
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    await capture(client, key, 1)
    async with db.transaction() as session:
        await session.execute(update(ApiKey).values(ended_at=NOW))
    await carry()
    async with http.make_client() as calls:
        await make_courier(house).deliver(db, calls, UUID(address.rpartition("/")[2]))
    assert receiver.posts == [] and (await state_of(db, address)).claim_id is None


async def test_a_key_with_a_last_day_ahead_is_told(
    client: httpx.AsyncClient, db: Database, key: dict[str, str], receiver: Receiver, carry: Carry
) -> None:
    """Until it ends, a key that will end is told as any other."""
    async with db.transaction() as session:
        await session.execute(update(ApiKey).values(ended_at=NOW + timedelta(days=1)))
    await name_query(client, key)
    await subscribe(client, key, receiver.address)
    await capture(client, key, 1)
    await carry()
    assert len(receiver.posts) == 1


async def test_a_dead_receiver_is_tried_again_and_loses_nothing(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], carry: Carry
) -> None:
    """The pause doubles from ten seconds to an hour; when it is back it gets everything since."""
    async with open_receiver() as dead:
        pass
    await name_query(client, key)
    address = await subscribe(client, key, dead.address)
    before = (await state_of(db, address)).after
    ids = await capture(client, key, 2)
    pauses = []
    for number in range(11):
        await carry()
        found = await state_of(db, address)
        assert (found.after, found.failures, found.last_notified_at) == (before, number + 1, None)
        pauses.append((found.due_at - house.clock.now()).total_seconds())
        house.clock.advance(seconds=pauses[-1] - 1)
        await carry()
        assert (await state_of(db, address)).failures == number + 1
        house.clock.advance(seconds=1)
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    async with open_receiver() as alive:
        async with db.transaction() as session:
            await session.execute(update(Subscription).values(dest=alive.address))
        ids += await capture(client, key, 1, first=2)
        await carry()
        assert alive.event_ids == ids
    assert (await state_of(db, address)).failures == 0


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 429, 500, 503])
async def test_anything_but_a_2xx_is_a_failure(
    client: httpx.AsyncClient,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
    status: int,
) -> None:
    """The subscription stays where it is, and nobody is followed to another address."""
    receiver.answer = lambda _post: Answer(status)
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    before = (await state_of(db, address)).after
    await capture(client, key, 1)
    await carry()
    found = await state_of(db, address)
    assert (len(receiver.posts), found.after, found.failures) == (1, before, 1)


async def test_too_large_is_halved_until_it_fits_and_remembered(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
) -> None:
    """413 brings half as many at once, for good; a single event that is too large waits like any failure."""
    receiver.answer = lambda post: Answer(413 if len(post.events) > 20 else 200)
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 60)
    await carry()
    assert [len(post.events) for post in receiver.posts] == [60, 30, 15, 15, 15, 15]
    taken = [event["eventID"] for post in receiver.posts[2:] for event in post.events]
    assert taken == ids and (await state_of(db, address)).failures == 0
    receiver.posts.clear()
    ids = await capture(client, key, 20, first=60)
    await carry()
    assert [len(post.events) for post in receiver.posts] == [15, 5]
    receiver.answer = lambda _post: Answer(413)
    receiver.posts.clear()
    await capture(client, key, 3, first=80)
    await carry()
    found = await state_of(db, address)
    assert [len(post.events) for post in receiver.posts] == [3, 1]
    assert (found.batch_size, found.failures) == (1, 1)


async def test_a_lost_reply_brings_the_same_events_again(
    client: httpx.AsyncClient,
    house: House,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
) -> None:
    """A receiver that stored the events and could not say so gets them once more: at least once, in order."""
    replies = iter([Answer(is_lost=True)])
    receiver.answer = lambda _post: next(replies, Answer())
    await name_query(client, key)
    await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 3)
    await carry()
    await carry()
    assert receiver.event_ids == ids
    ids += await capture(client, key, 2, first=3)
    house.clock.advance(seconds=10)
    await carry()
    assert receiver.event_ids == [*ids[:3], *ids]


async def test_a_slow_receiver_holds_up_nobody(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """It is let go when its time is over, others are served meanwhile, and no transaction is open while it sleeps."""
    await name_query(client, key)
    async with open_receiver() as slow:
        slow.answer = lambda _post: Answer(wait_s=5)
        sleepy = await subscribe(client, key, slow.address)
        awake = await subscribe(client, key, receiver.address)
        ids = await capture(client, key, 150)
        courier = make_courier(house, report_s=1.5)
        round_ = asyncio.create_task(courier.run(db))
        await asyncio.wait_for(slow.arrived.wait(), 5)
        await courier.run(db)  # a second round has nothing to add
        while len(receiver.posts) < 2:
            await asyncio.sleep(0.02)
        assert receiver.event_ids == ids
        while (await state_of(db, awake)).claim_id is not None:
            await asyncio.sleep(0.02)
        async with db.engine.connect() as connection:
            watching = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND xact_start < clock_timestamp() - interval '200 ms' AND pid <> pg_backend_pid()"
            )
            await asyncio.sleep(0.3)
            assert await connection.scalar(watching) == 0
        assert slow.at_once == 1 and not round_.done()
        await asyncio.wait_for(round_, 10)
        assert len(slow.posts) == 1
    assert (await state_of(db, sleepy)).failures == 1
    assert (await state_of(db, awake)).failures == 0


async def run_two(house: House, db: Database) -> None:
    """Two workers find the same things to do at the same time."""
    await asyncio.gather(*(make_courier(house).run(db) for _worker in range(2)))


async def test_two_workers_never_carry_the_same_report(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """Whoever claims a subscription first carries its report, the other leaves it alone."""
    receiver.answer = lambda _post: Answer(wait_s=0.1)
    await name_query(client, key)
    await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 350)
    await run_two(house, db)
    assert receiver.event_ids == ids and receiver.most_at_once == 1


async def test_without_the_claim_two_workers_do(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: when a claim is given to everybody who asks, the receiver gets the same events twice at once."""

    async def give_anyway(
        session: AsyncSession, subscription_id: UUID, *, claim_id: UUID, until: datetime, **_now: datetime
    ) -> Subscription | None:
        statement = update(Subscription).where(Subscription.id == subscription_id)
        return await session.scalar(
            statement.values(claim_id=claim_id, claimed_until=until).returning(Subscription)
        )

    monkeypatch.setattr(repository, "claim", give_anyway)
    receiver.answer = lambda _post: Answer(wait_s=0.5)
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 1)
    async with http.make_client() as calls:
        one = UUID(address.rpartition("/")[2])
        await asyncio.gather(*(make_courier(house).deliver(db, calls, one) for _worker in range(2)))
    assert receiver.event_ids == ids * 2 and receiver.most_at_once == 2


async def test_a_claim_that_ran_out_writes_nothing(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """A worker that slept through its claim does not undo what another did meanwhile."""
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    await capture(client, key, 1)
    one = UUID(address.rpartition("/")[2])
    reports = []
    for _worker in range(2):
        async with db.transaction() as session:
            reports.append(
                await service.pack_report(
                    session, subscription_id=one, secret=house.secret, now=house.clock.now()
                )
            )
        house.clock.advance(seconds=60)
    sleeper, worker = reports
    assert sleeper and worker
    for report, is_mine in ((sleeper, False), (worker, True)):
        async with db.transaction() as session:
            done = await service.settle_report(
                session, report=report, outcome=service.Outcome.TAKEN, now=house.clock.now()
            )
        assert done is is_mine
    assert (await state_of(db, address)).after == worker.after


async def test_a_worker_killed_in_the_middle_loses_nothing(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
    tmp_path: Path,
) -> None:
    """`kill -9` while the receiver thinks: the same events come again when the claim is over, and not before."""
    receiver.answer = lambda _post: Answer(wait_s=30)
    house.clock = FrozenClock(datetime.now(UTC))
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment |= {
        "CHOPHIEN_DATABASE_URL": db.conninfo,
        "CHOPHIEN_DATA_DIR": str(tmp_path),
        "CHOPHIEN_SECRET_KEY": house.secret.decode(),
    }
    worker = subprocess.Popen(  # noqa: ASYNC220 - started once, killed below
        [sys.executable, "-m", "app.cli", "worker"], env=environment
    )
    try:
        await asyncio.wait_for(receiver.arrived.wait(), 60)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    assert receiver.event_ids == ids
    found = await state_of(db, address)
    assert found.claim_id is not None and found.last_notified_at is None
    receiver.answer = lambda _post: Answer()
    house.clock = FrozenClock(datetime.now(UTC))
    await make_courier(house).run(db)
    assert receiver.event_ids == ids
    house.clock.advance(seconds=service.LEASE.total_seconds())
    await carry()
    assert receiver.event_ids == ids * 2
    assert (await state_of(db, address)).claim_id is None


async def test_a_schedule_reports_at_its_times_alone(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
) -> None:
    """At 02:30 UTC everything since comes, in as many reports as it takes; without news nothing does, unless asked for."""
    await name_query(client, key)
    every = {"minute": "0/30"}
    quiet = await subscribe(client, key, receiver.address, schedule=every)
    ids = await capture(client, key, 120)
    await carry()
    assert receiver.posts == []
    house.clock.advance(minutes=30)
    await carry()
    assert receiver.event_ids == ids and len(receiver.posts) == 2
    assert (await state_of(db, quiet)).due_at == NOW + timedelta(minutes=60)
    house.clock.advance(minutes=30)
    await carry()
    assert len(receiver.posts) == 2
    told = (await client.get(quiet, headers=key)).json()
    assert told["minRecordTime"] == "2026-11-12T03:00:00.000Z"
    assert told["lastNotifiedAt"] == "2026-11-12T02:30:00.000Z"
    await subscribe(client, key, receiver.address, schedule=every, reportIfEmpty=True)
    house.clock.advance(minutes=30)
    await carry()
    await carry()
    assert len(receiver.posts) == 3 and receiver.posts[2].events == []


async def test_a_query_that_cannot_run_any_more_is_told(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
) -> None:
    """The receiver gets the problem as it would get it on GET, signed, and the subscription waits like after a failure."""
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    async with db.transaction() as session:
        await session.execute(update(NamedQuery).values(query={"EQ_nothing": "1"}))
    await capture(client, key, 1)
    await carry()
    (post,) = receiver.posts
    assert post.headers["content-type"] == "application/problem+json" and "gs1-signature" in post.headers
    assert post.document["type"] == "epcisException:QueryParameterException"
    found = await state_of(db, address)
    assert (found.failures, found.last_notified_at) == (1, None)
    async with db.transaction() as session:
        await session.execute(update(Subscription).values(sealed_token=None))
    house.clock.advance(minutes=1)
    await carry()
    assert "gs1-signature" not in receiver.posts[1].headers


async def test_one_broken_subscription_keeps_no_other_from_its_reports(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    receiver: Receiver,
) -> None:
    """A token sealed under another secret is reported to the log; the round goes on with the others."""
    await name_query(client, key)
    await subscribe(client, key, receiver.address)
    async with db.transaction() as session:
        await session.execute(update(Subscription).values(sealed_token=b"x" * 40))
    await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 1)
    await make_courier(house).run(db)
    assert receiver.event_ids == ids


async def test_nothing_is_due_nobody_is_called(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """An id of nothing, or one whose time has not come, is left alone."""
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address, schedule={"hour": "1"})
    async with http.make_client() as calls:
        for one in (uuid7(), UUID(address.rpartition("/")[2])):
            await make_courier(house).deliver(db, calls, one)
    assert receiver.posts == []


async def test_a_round_has_an_end(
    client: httpx.AsyncClient,
    house: House,
    key: dict[str, str],
    receiver: Receiver,
    carry: Carry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When its time is over it takes nothing new in; the next round does."""
    await name_query(client, key)
    await subscribe(client, key, receiver.address)
    ids = await capture(client, key, 1)
    with monkeypatch.context() as short:
        short.setattr(delivery, "ROUND_S", 0)
        await carry()
    assert receiver.posts == []
    await carry()
    assert receiver.event_ids == ids


async def test_a_round_that_is_ended_leaves_nothing_running(
    client: httpx.AsyncClient, house: House, db: Database, key: dict[str, str], receiver: Receiver
) -> None:
    """A worker that stops lets go of the calls that are under way; they are made again later."""
    receiver.answer = lambda _post: Answer(wait_s=10)
    await name_query(client, key)
    address = await subscribe(client, key, receiver.address)
    await capture(client, key, 1)
    courier = make_courier(house)
    round_ = asyncio.create_task(courier.run(db))
    await asyncio.wait_for(receiver.arrived.wait(), 5)
    round_.cancel()
    with pytest.raises(asyncio.CancelledError):
        await round_
    assert (await state_of(db, address)).last_notified_at is None
    receiver.answer = lambda _post: Answer()
    house.clock.advance(minutes=1)
    await courier.run(db)
    assert len(receiver.posts) == 2


# ---------------------------------------------------------------- production: TLS, and no way inside


def make_certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a name that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


@pytest.mark.parametrize(("certified", "is_taken"), [("localhost", True), ("client.example", False)])
async def test_tls_speaks_for_the_name_though_an_address_is_called(
    client: httpx.AsyncClient,
    house: House,
    db: Database,
    key: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certified: str,
    is_taken: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The certificate must be the name's; another's is refused, and Host says the name."""
    certificate, private = make_certificate(certified, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private)
    await name_query(client, key)
    async with open_receiver(tls) as receiver:
        dest = receiver.address.replace("http://127.0.0.1", "https://localhost")
        await subscribe(client, key, dest)
        await capture(client, key, 1)
        await make_courier(house, is_strict=True).run(db)
        assert receiver.posts == []  # this machine is not called in production
        monkeypatch.setattr(targets, "is_public", lambda _said: True)
        house.clock.advance(minutes=1)
        await make_courier(house, is_strict=True).run(db)
        assert len(receiver.posts) == int(is_taken)
        for post in receiver.posts:
            assert post.headers["host"] == f"localhost:{receiver.port}"
