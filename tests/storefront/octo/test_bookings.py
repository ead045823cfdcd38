"""Bookings of operators: holds, accounts, cancelling, and what hosts and other operators see of them."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from app.notices.models import Notice
from app.web.house import House
from producers.cooperatives.models import ProducerKind
from storefront.closing import service as closing
from storefront.closing.questions import Question
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.payouts import statements
from storefront.tours import booking_repository, calling_off, tickets
from storefront.tours.models import CallOffReason
from tests.factories.octo import CONTACT, items, make_key, reservation
from tests.factories.visits import SITE, Visit, make_visit
from tests.fakes.clock import FrozenClock
from tests.house import NOW
from tests.instants import look_too_early
from tests.queries import count_queries
from tests.storefront.octo.desk import Desk, Key, account_of, taken

DAY = Period.of_day(date(2026, 11, 12))


async def test_a_hold_lasts_as_long_as_asked(
    client: httpx.AsyncClient, house: House, key: Key, visit: Visit
) -> None:
    """15 minutes, or as asked for, two hours from the reservation at most; then it is EXPIRED, swept or not (OCTO.md, 8)."""
    desk = Desk(client, key, visit)
    held = await desk.hold()
    assert held["utcExpiresAt"] == "2026-11-12T02:15:00Z"
    assert (await desk.hold(expirationMinutes=40))["utcExpiresAt"] == "2026-11-12T02:40:00Z"
    assert (await desk.hold(expirationMinutes=10**30))["utcExpiresAt"] == "2026-11-12T04:00:00Z"
    longer = await desk.call("POST", f"/{held['uuid']}/extend", {"expirationMinutes": 60})
    assert longer["utcExpiresAt"] == "2026-11-12T03:00:00Z"
    shorter = await desk.call("POST", f"/{held['uuid']}/extend", {"expirationMinutes": 1})
    assert shorter["utcExpiresAt"] == "2026-11-12T03:00:00Z"
    patched = await desk.call("PATCH", f"/{held['uuid']}", {"expirationMinutes": 70})
    assert patched["utcExpiresAt"] == "2026-11-12T03:10:00Z"
    house.clock = FrozenClock(NOW + timedelta(minutes=65))
    most = await desk.call("POST", f"/{held['uuid']}/extend", {"expirationMinutes": 100})
    assert most["utcExpiresAt"] == "2026-11-12T04:00:00Z"
    house.clock = FrozenClock(NOW + timedelta(hours=2))
    gone = await desk.call("GET", f"/{held['uuid']}")
    assert (gone["status"], gone["cancellable"], gone["utcExpiresAt"]) == (
        "EXPIRED",
        False,
        "2026-11-12T04:00:00Z",
    )
    assert gone["cancellation"]["utcCancelledAt"] == gone["utcUpdatedAt"] == "2026-11-12T04:00:00Z"
    for end, body in (("/extend", {}), ("/confirm", {"contact": CONTACT}), ("/cancel", {})):
        said = await desk.call("POST", f"/{held['uuid']}{end}", body, status=400)
        assert said["error"] == "UNPROCESSABLE_ENTITY"
    said = await desk.call("PATCH", f"/{held['uuid']}", {"notes": "x"}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"


async def test_a_hold_ends_when_booking_does(
    client: httpx.AsyncClient, house: House, key: Key, visit: Visit
) -> None:
    """A hold never lasts past the last moment to book: the start of the tour (OCTO.md, 8)."""
    house.clock = FrozenClock(NOW + timedelta(days=2) - timedelta(minutes=10))
    desk = Desk(client, key, visit)
    held = await desk.hold(expirationMinutes=30)
    assert held["utcExpiresAt"] == "2026-11-14T02:00:00Z"
    assert (await desk.call("POST", f"/{held['uuid']}/extend"))["utcExpiresAt"] == "2026-11-14T02:00:00Z"


async def test_the_same_uuid_answers_the_first_booking(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """The uuid again answers the first booking, whatever else it says, also when that is nonsense (OCTO.md, 6)."""
    desk = Desk(client, key, visit)
    uuid = str(uuid4())
    first = await desk.hold(uuid=uuid)
    assert await desk.hold(uuid=uuid.upper(), adults=5, notes="x") == first
    assert await desk.hold(uuid=uuid, productId="x") == first
    assert await taken(db, visit.departure) == 2


async def test_a_uuid_is_not_refused_for_its_own_seats(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat that looked for itself a moment too early finds the date full, by its own first sending (OCTO.md, 6)."""
    desk = Desk(client, key, visit)
    await desk.hold(adults=10)
    uuid = str(uuid4())
    first = await desk.hold(uuid=uuid, adults=10)
    look_too_early(monkeypatch, booking_repository, "find_booking")
    assert await desk.hold(uuid=uuid, adults=10) == first
    assert await taken(db, visit.departure) == 20


async def test_names_and_references_are_kept(client: httpx.AsyncClient, key: Key, visit: Visit) -> None:
    """What a reseller calls its guests and units comes back as it was said, in the order in which it was said."""
    desk = Desk(client, key, visit)
    named = [
        {
            **one,
            "uuid": str(uuid4()),
            "resellerReference": f"E-{number}",
            "contact": {"firstName": f"Khách {number}"},
        }
        for number, one in enumerate(items(visit, family=1, adult=1, child=1))
    ]
    held = await desk.hold(
        unitItems=named, resellerReference="R-9", notes="Đón ở ga", contact={"lastName": "Vàng"}
    )
    told = [
        {
            "unitId": one["unitId"],
            "uuid": one["uuid"],
            "resellerReference": one["resellerReference"],
            "contact": {"firstName": one["contact"]["firstName"]},
        }
        for one in held["unitItems"]
    ]
    assert told == named
    assert (held["resellerReference"], held["notes"], held["contact"]["lastName"]) == (
        "R-9",
        "Đón ở ga",
        "Vàng",
    )
    sold = await desk.call(
        "POST", f"/{held['uuid']}/confirm", {"contact": {"firstName": "Vừ"}, "resellerReference": "R-10"}
    )
    assert (sold["contact"]["firstName"], sold["contact"]["lastName"]) == ("Vừ", "Vàng")
    assert sold["resellerReference"] == "R-10"


async def test_confirmed_is_sold_on_account(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit
) -> None:
    """Confirming books the net price on the operator's account, once, with the fee; the close fits (BOOKS.md, BX1 and BX2)."""
    async with db.transaction() as session:
        await fees.set_fee(
            session,
            producer_id=visit.producer.id,
            kind=FeeKind.MARKET,
            terms=fees.Terms(basis_points=500),
            valid_from=date(2026, 11, 12),
            person_id=visit.host.id,
            now=NOW,
        )
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    again = await desk.call("POST", f"/{sold['uuid']}/confirm", {"contact": {"fullName": "Ai khác"}})
    assert again == sold
    assert sold["pricing"]["net"] == 270_000
    assert await account_of(db, "operator_receivable") == {"operator_receivable": 270_000}
    assert await account_of(db, "seller_payable") == {"seller_payable": -256_500}
    assert await account_of(db, "platform_fee") == {"platform_fee": -13_500}
    async with db.transaction() as session:
        checked = (await closing.look_through(session, DAY)).checks
        statement = await statements.make_statement(session, producer_id=visit.producer.id, period=DAY)
    assert [one for one in checked if one.findings] == []
    assert next(str(line.words) for line in statement.lines) == f"Đón khách, mã {sold['supplierReference']}"


async def test_a_close_finds_what_was_not_booked(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """A sale on account that the books do not hold, or hold with another sum, is found by the close (BOOKS.md, BX4)."""
    sold = await Desk(client, key, visit).sell()
    async with db.transaction() as session:
        await session.execute(text("UPDATE operator_sales SET amount_minor = amount_minor + 1"))
    async with db.transaction() as session:
        found = {one.question: one.findings for one in (await closing.look_through(session, DAY)).checks}
    assert [row.label for row in found[Question.SALES]] == [sold["supplierReference"]]


async def test_cancelled_is_taken_back(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit
) -> None:
    """Cancelling in time takes sale, fee and tax back whole and frees the seats; nothing waits at the desk of refunds (OCTO.md, 11)."""
    async with db.transaction() as session:
        home = await make_visit(session, title="Nhà chị Lan")
        home.producer.kind = ProducerKind.HOUSEHOLD
        await session.flush()
        session.add(home.producer)
    desk = Desk(client, key, home)
    sold = await desk.sell()
    assert sold["cancellable"]
    assert (await account_of(db, "tax_withheld"))["tax_withheld"] < 0
    gone = await desk.call("POST", f"/{sold['uuid']}/cancel", {"reason": "Khách ốm"})
    assert (gone["status"], gone["cancellation"]["reason"]) == ("CANCELLED", "Khách ốm")
    assert gone["utcConfirmedAt"] == sold["utcConfirmedAt"]
    assert await desk.call("POST", f"/{sold['uuid']}/cancel", {"reason": "Lý do khác"}) == gone
    for prefix in ("operator_receivable", "seller_payable", "platform_fee", "tax_withheld", "refund_payable"):
        assert await account_of(db, prefix) == {}
    assert await taken(db, home.departure) == 0
    async with db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM refunds")) == 0
        assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]
    confirm = await desk.call("POST", f"/{sold['uuid']}/confirm", {"contact": CONTACT}, status=400)
    assert confirm["error"] == "UNPROCESSABLE_ENTITY"


async def test_past_the_cutoff(client: httpx.AsyncClient, house: House, key: Key, visit: Visit) -> None:
    """After the tour's hours before the start a confirmed booking is neither cancelled nor changed (OCTO.md, 10 and 11)."""
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    house.clock = FrozenClock(NOW + timedelta(days=1, minutes=1))
    assert (await desk.call("GET", f"/{sold['uuid']}"))["cancellable"] is False
    said = await desk.call("POST", f"/{sold['uuid']}/cancel", {"force": True}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"
    said = await desk.call("PATCH", f"/{sold['uuid']}", {"notes": "x"}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"


@pytest.mark.parametrize(
    ("day", "refund", "kept"), [(3, "FULL", 0), (7, "PARTIAL", 135_000), (9, "NONE", 270_000)]
)
async def test_a_late_cancellation_keeps_its_part_on_the_account(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, day: int, refund: str, kept: int
) -> None:
    """By its terms all, half or nothing is taken back, with its share of the tax; the rest stays owed (OCTO.md, 11; BX3)."""
    steps = {"cancellation_cutoff_hours": 96, "cancellation_steps": [[48, 50], [0, 0]]}
    async with db.transaction() as session:
        home = await make_visit(session, starts_at=NOW + timedelta(days=10), **steps)
        home.producer.kind = ProducerKind.HOUSEHOLD
    desk = Desk(client, key, home)
    sold = await desk.sell(availabilityId="2026-11-22T09:00:00+07:00")
    assert [sold["option"][name] for name in ("cancellationCutoff", "cancellationCutoffAmount")] == [
        "0 hours",
        0,
    ]
    assert "lấy lại 50%" in str(sold["product"]["features"])
    house.clock = FrozenClock(NOW + timedelta(days=day))
    assert (await desk.call("GET", f"/{sold['uuid']}"))["cancellable"]
    gone = await desk.call("POST", f"/{sold['uuid']}/cancel", {})
    assert gone["cancellation"]["refund"] == refund
    assert await desk.call("POST", f"/{sold['uuid']}/cancel", {}) == gone
    owed = {
        "operator_receivable": kept,
        "seller_payable": -kept * 93 // 100,
        "tax_withheld": -kept * 7 // 100,
    }
    for prefix in ("operator_receivable", "seller_payable", "tax_withheld", "refund_payable"):
        found = await account_of(db, prefix)
        assert found == ({prefix: owed[prefix]} if owed.get(prefix) else {})
    async with db.transaction() as session:
        for one in (DAY, Period.of_day(DAY.since + timedelta(days=day))):
            assert not [
                check for check in (await closing.look_through(session, one)).checks if check.findings
            ]


async def test_only_its_own_operator_sees_a_booking(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Another operator finds nothing under the uuid or the references; another key of the same one finds all (OCTO.md, 2)."""
    sold = await Desk(client, key, visit).sell(resellerReference="R-1")
    stranger = Desk(client, await make_key(db, "Người khác"), visit)
    for method, end in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/confirm"),
        ("POST", "/extend"),
        ("POST", "/cancel"),
    ):
        said = await stranger.call(method, f"/{sold['uuid']}{end}", {"contact": CONTACT}, status=400)
        assert said["error"] == "INVALID_BOOKING_UUID"
    second = Desk(client, await make_key(db), visit)
    for query in (
        "resellerReference=R-1",
        f"supplierReference={sold['supplierReference']}",
        "localDate=2026-11-14",
        "localDateStart=2026-11-01&localDateEnd=2026-11-30&resellerReference=R-1",
    ):
        assert await stranger.call("GET", f"?{query}") == []
        assert await second.call("GET", f"?{query}") == [sold]
    assert await second.call("GET", "?localDate=2026-11-15") == []
    assert await second.call("GET", "?localDate=2026-11-14&resellerReference=R-2") == []


async def test_a_list_asks_no_more_than_one(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """The queries of a list do not depend on how many bookings it holds."""
    desk = Desk(client, key, visit)
    counts = []
    for _round in range(2):
        for _booking in range(3):
            await desk.sell()
        await desk.call("GET", "?localDate=2026-11-14")  # so that both are asked alike
        asked = count_queries(db.engine)
        assert len(await desk.call("GET", "?localDate=2026-11-14")) in {3, 6}
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


async def test_ended_and_ownerless_keys(client: httpx.AsyncClient, db: Database, key: Key) -> None:
    """A key that was ended, of another kind, or of no operator opens nothing (OCTO.md, 2)."""
    async with db.transaction() as session:
        for made in await keys.list_keys(session):
            await keys.end_key(session, made.id, now=NOW)
    assert (await client.get("/octo/supplier", headers=key)).status_code == 403
    for kind in (KeyKind.EPCIS, KeyKind.OCTO):
        async with db.transaction() as session:
            made = await keys.create_key(session, kind=kind, name="Thử", now=NOW)
        header = {"Authorization": f"Bearer {made}"}
        assert (await client.get("/octo/supplier", headers=header)).status_code == 403


async def test_at_the_gate(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit
) -> None:
    """A guest who has come in is REDEEMED ticket by ticket; the booking is then neither changed nor cancelled (OCTO.md, 10 and 11)."""
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    code = sold["unitItems"][0]["supplierReference"]
    assert sold["unitItems"][0]["ticket"]["deliveryOptions"][0]["deliveryValue"].endswith(f"gate?code={code}")
    async with db.transaction() as session:
        await session.execute(text("UPDATE departures SET local_on = '2026-11-12'"))
        await tickets.check_in(
            session, code=code, producer_id=visit.producer.id, person_id=visit.host.id, now=NOW
        )
    one_in = await desk.call("GET", f"/{sold['uuid']}")
    assert [one["status"] for one in one_in["unitItems"]] == ["REDEEMED", "CONFIRMED"]
    assert (one_in["status"], one_in["cancellable"]) == ("CONFIRMED", False)
    for method, end in (("PATCH", ""), ("POST", "/cancel")):
        said = await desk.call(
            method, f"/{sold['uuid']}{end}", {"unitItems": items(visit, adult=1)}, status=400
        )
        assert said["error"] == "UNPROCESSABLE_ENTITY"
    async with db.transaction() as session:
        await tickets.check_in(
            session,
            code=sold["supplierReference"],
            producer_id=visit.producer.id,
            person_id=visit.host.id,
            now=NOW,
        )
    all_in = await desk.call("GET", f"/{sold['uuid']}")
    assert (all_in["status"], all_in["utcRedeemedAt"]) == ("REDEEMED", "2026-11-12T02:00:00Z")


async def test_a_host_calls_the_day_off(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit
) -> None:
    """A day called off cancels operators' bookings too, takes the sale back, and sends their guests nothing (OCTO.md, 11 and 12)."""
    desk = Desk(client, key, visit)
    sold, held = await desk.sell(), await desk.hold()
    async with db.transaction() as session:
        await calling_off.call_off(
            session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
        )
    for one in (sold, held):
        told = await desk.call("GET", f"/{one['uuid']}")
        assert (told["status"], told["cancellation"]["refund"]) == ("CANCELLED", "FULL")
    assert await account_of(db, "operator_receivable") == {}
    async with db.transaction() as session:
        waiting = await session.scalars(
            text("SELECT args::text FROM jobs.procrastinate_jobs WHERE task_name LIKE 'notices.send_%'")
        )
        assert not [one for one in waiting if "+84912345678" in one]


async def test_the_host_knows_who_comes(
    client: httpx.AsyncClient, db: Database, house: House, visit: Visit
) -> None:
    """The host reads the operator's name, the guest and a number to call, the operator's when the guest gave none (OCTO.md, 12)."""
    desk = Desk(client, await make_key(db, "Sông Cầu", phone="+84987654321"), visit)
    await desk.sell()
    held = await desk.hold()
    await desk.call("POST", f"/{held['uuid']}/confirm", {"contact": {"phoneNumber": "gọi sau"}})
    async with db.transaction() as session:
        rows = await session.execute(
            text("SELECT contact_name, contact_phone FROM bookings ORDER BY created_at, id")
        )
        assert sorted(map(tuple, rows)) == [("Nguyễn Thu", "+84912345678"), ("Sông Cầu", "+84987654321")]
        told = await session.scalars(select(Notice).where(Notice.person_id == visit.host.id))
        assert {one.params["operator"] for one in told} == {"Sông Cầu"}


async def test_a_guest_without_a_number(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Where neither guest nor operator gave a number, the host's page simply shows none."""
    desk = Desk(client, key, visit)
    held = await desk.hold(notes="  ", contact={"fullName": "   "})
    sold = await desk.call("POST", f"/{held['uuid']}/confirm", {"contact": {}})
    async with db.transaction() as session:
        rows = await session.execute(text("SELECT contact_name, contact_phone FROM bookings"))
        assert [tuple(row) for row in rows] == [("Du lịch Sông Cầu", "")]
    assert sold["contact"]["phoneNumber"] is None


async def test_what_was_booked_stays_told(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """A booking is still told with its option when that is sold no more, or its tour is hidden."""
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    async with db.transaction() as session:
        await session.execute(text("UPDATE tour_options SET is_active = false"))
        await session.execute(text("UPDATE tours SET is_published = false"))
    told = await desk.call("GET", f"/{sold['uuid']}")
    assert told["option"]["id"] == sold["option"]["id"] == told["product"]["options"][0]["id"]
    said = await desk.call("PATCH", f"/{sold['uuid']}", {"unitItems": items(visit, adult=1)}, status=400)
    assert said["error"] == "INVALID_PRODUCT_ID"


async def test_above_the_limit_nothing_is_sold(client: httpx.AsyncClient, db: Database, visit: Visit) -> None:
    """What would let the operator owe more than it may is neither confirmed nor changed so; the hold stays (OCTO.md, 9; BOOKS.md, BX6)."""
    key = await make_key(db)
    desk = Desk(client, key, visit)
    async with db.transaction() as session:
        operator = await operators.get_or_create_operator(session, name="Du lịch Sông Cầu", now=NOW)
        await operators.set_limit(session, operator_id=operator.id, limit_minor=2 * 135_000)
    held = await desk.call("POST", "", reservation(visit, adults=3))
    path = f"/{held['uuid']}"
    refused = await desk.call("POST", f"{path}/confirm", {"contact": CONTACT}, status=400)
    assert refused["error"] == "UNPROCESSABLE_ENTITY" and "405.000" in refused["errorMessage"]
    assert (await desk.call("GET", path))["status"] == "ON_HOLD"
    await desk.call("POST", f"{path}/confirm", {"contact": CONTACT, "unitItems": items(visit, adult=2)})
    refused = await desk.call("PATCH", path, {"unitItems": items(visit, adult=3)}, status=400)
    assert refused["error"] == "UNPROCESSABLE_ENTITY"
    assert len((await desk.call("GET", path))["unitItems"]) == 2
