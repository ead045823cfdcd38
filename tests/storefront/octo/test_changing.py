"""Parties of operators that change: people, day, option, tour, before and after they are confirmed (OCTO.md, 10)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from app.core.db import Database
from app.core.ids import uuid7
from app.notices.models import Notice
from app.web.house import House
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.octo.spelling import spell_local
from storefront.tours import bookings, departures, entries, gate_repository, manifest
from storefront.tours.entries import NewScan
from storefront.tours.errors import UnknownTicketError
from storefront.tours.gate_models import ScanMeans
from storefront.tours.models import DepartureState
from tests.factories.octo import CONTACT, availability_of, items, reservation
from tests.factories.visits import Visit, make_departure, make_option, make_unit
from tests.house import NOW
from tests.storefront.octo.desk import Desk, Key, account_of, taken

DAY = Period.of_day(date(2026, 11, 12))


async def test_the_party_changes(client: httpx.AsyncClient, db: Database, key: Key, visit: Visit) -> None:
    """Before and after it is confirmed: tickets that stay keep uuid, code and price, seats and account follow (OCTO.md, 10)."""
    desk = Desk(client, key, visit)
    held = await desk.hold()
    first, second = held["unitItems"]
    smaller = await desk.call(
        "PATCH", f"/{held['uuid']}", {"unitItems": [{"unitId": first["unitId"], "uuid": second["uuid"]}]}
    )
    assert [one["uuid"] for one in smaller["unitItems"]] == [second["uuid"]]
    assert await taken(db, visit.departure) == 1
    sold = await desk.call(
        "POST", f"/{held['uuid']}/confirm", {"contact": CONTACT, "unitItems": items(visit, adult=2)}
    )
    codes = {one["uuid"]: one["supplierReference"] for one in sold["unitItems"]}
    assert second["uuid"] in codes and len(codes) == 2 and await taken(db, visit.departure) == 2
    async with db.transaction() as session:
        await session.execute(text("UPDATE tour_units SET price_minor = price_minor * 2"))
    more = [
        *items(visit, family=1),
        {"unitId": first["unitId"], "uuid": second["uuid"], "resellerReference": "E"},
    ]
    changed = await desk.call("PATCH", f"/{held['uuid']}", {"unitItems": more})
    assert await taken(db, visit.departure) == 5
    kept = next(one for one in changed["unitItems"] if one["uuid"] == second["uuid"])
    assert (kept["supplierReference"], kept["resellerReference"]) == (codes[second["uuid"]], "E")
    assert kept["pricing"]["net"] == 135_000
    assert changed["pricing"]["net"] == 135_000 + 720_000
    assert await account_of(db, "operator_receivable") == {"operator_receivable": 855_000}
    async with db.transaction() as session:
        assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]
    said = await desk.call("PATCH", f"/{held['uuid']}", {"unitItems": items(visit, family=6)}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"
    assert await desk.call("GET", f"/{held['uuid']}") == changed
    assert await account_of(db, "operator_receivable") == {"operator_receivable": 855_000}
    assert (await desk.call("PATCH", f"/{held['uuid']}", {"unitItems": []}, status=400))[
        "error"
    ] == "UNPROCESSABLE_ENTITY"


async def test_a_ticket_keeps_its_place(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """The place of a ticket that goes is nobody else's, and the phone at the gate is told which are left (BOOKINGS.md, 57)."""
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    _first, second = sold["unitItems"]
    stays = {"unitId": second["unitId"], "uuid": second["uuid"]}
    for more in (0, 1):
        await desk.call(
            "PATCH", f"/{sold['uuid']}", {"unitItems": [stays, *(items(visit, adult=1) if more else [])]}
        )
    async with db.transaction() as session:
        left = await entries.list_tickets(session, UUID(sold["uuid"]))
        booking = await bookings.get_booking(session, UUID(sold["uuid"]))
        assert [item.place for item in left] == [1, 2]
        assert await entries.code_at(session, booking.id, 1) == left[0].ticket_code
        with pytest.raises(UnknownTicketError):
            await entries.code_at(session, booking.id, 0)
        said = await manifest.make_manifest(
            session, producer_id=visit.producer.id, on=visit.departure.local_on, keys=[], now=NOW
        )
        assert (said["places"], said["sizes"]) == ({booking.code[:-1]: [1, 2]}, "2")
        booking.tickets_made = 255
    body = {"unitItems": [stays, *items(visit, adult=2)]}
    assert (await desk.call("PATCH", f"/{sold['uuid']}", body, status=400))["error"] == "UNPROCESSABLE_ENTITY"


async def test_a_party_that_was_scanned_does_not_change(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Let in on a wrong day uses no ticket up; the ticket that the scan names stays all the same, and says so (OCTO.md, 10)."""
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    async with db.transaction() as session:
        booking = await bookings.get_booking(session, UUID(sold["uuid"]))
        scan = NewScan(id=uuid7(), means=ScanMeans.CODE, person_id=visit.host.id, scanned_at=NOW)
        await entries.record(session, booking.id, booking.code, scan=scan, now=NOW)
    body = {"unitItems": items(visit, adult=1)}
    said = await desk.call("PATCH", f"/{sold['uuid']}", body, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"


async def test_another_party_on_another_day_gives_its_tickets_up(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """What was printed for the day that it left stands among the tickets that open nothing (BOOKINGS.md, 52)."""
    desk = Desk(client, key, visit)
    async with db.transaction() as session:
        later = await make_departure(
            session, visit.tour.id, starts_at=visit.departure.starts_at + timedelta(days=1)
        )
    sold = await desk.sell()
    body = {"unitItems": items(visit, adult=3), "availabilityId": spell_local(later.starts_at)}
    await desk.call("PATCH", f"/{sold['uuid']}", body)
    async with db.transaction() as session:
        booking = await bookings.get_booking(session, UUID(sold["uuid"]))
        revoked = await gate_repository.list_revoked(
            session, producer_id=visit.producer.id, on=visit.departure.local_on
        )
    assert (revoked, booking.departure_id) == ([booking.code], later.id)


async def test_the_day_and_the_tour_change(
    client: httpx.AsyncClient, db: Database, house: House, key: Key, visit: Visit, day_pass: Visit
) -> None:
    """Another day keeps the party as it is; another tour or option is sold anew, and hosts of both know (OCTO.md, 10)."""
    async with db.transaction() as session:
        later = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
        other = await make_option(session, visit.tour.id, name="Không ăn trưa", is_default=False, position=1)
        cheap = await make_unit(session, other.id, price_minor=100_000)
    desk = Desk(client, key, visit)
    sold = await desk.sell()
    path = f"/{sold['uuid']}"
    moved = await desk.call("PATCH", path, {"availabilityId": "2026-11-17T09:00:00+07:00"})
    assert moved["availabilityId"] == "2026-11-17T09:00:00+07:00"
    assert [one["supplierReference"] for one in moved["unitItems"]] == [
        one["supplierReference"] for one in sold["unitItems"]
    ]
    assert (await taken(db, visit.departure), await taken(db, later)) == (0, 2)
    said = await desk.call("PATCH", path, {"optionId": str(other.id)}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"
    choice = {"optionId": str(other.id), "unitItems": [{"unitId": str(cheap.id)}]}
    cheaper = await desk.call("PATCH", path, choice)
    assert (cheaper["optionId"], cheaper["pricing"]["net"]) == (str(other.id), 90_000)
    said = await desk.call("PATCH", path, {"productId": str(day_pass.tour.id)}, status=400)
    assert said["error"] == "INVALID_OPTION_ID"
    rebooked = {"productId": str(day_pass.tour.id), "optionId": str(day_pass.option.id)}
    said = await desk.call("PATCH", path, rebooked, status=400)
    assert said["error"] == "INVALID_AVAILABILITY_ID"
    rebooked |= {"availabilityId": availability_of(day_pass), "unitItems": items(day_pass, adult=3)}
    passed = await desk.call("PATCH", path, rebooked)
    assert (passed["productId"], passed["pricing"]["net"]) == (str(day_pass.tour.id), 405_000)
    assert (await taken(db, later), await taken(db, day_pass.departure)) == (0, 3)
    async with db.transaction() as session:
        payable = accounts.seller_payable(visit.producer.id)
        assert await ledger.balance(session, payable) == 0
        assert await ledger.balance(session, accounts.seller_payable(day_pass.producer.id)) == -405_000
        told = await session.scalars(select(Notice.kind).where(Notice.person_id == day_pass.host.id))
        assert set(told) == {"booking_changed"}
        left = await session.scalars(select(Notice.kind).where(Notice.person_id == visit.host.id))
        assert "booking_cancelled" in set(left)
    said = await desk.call("PATCH", path, {"availabilityId": "2027-01-01T09:00:00+07:00"}, status=400)
    assert said["error"] == "INVALID_AVAILABILITY_ID"


async def test_a_closed_date_takes_nobody(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """A date that is closed or called off is refused for new and for changed parties (OCTO.md, 5)."""
    async with db.transaction() as session:
        shut = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5), state="closed")
    assert shut.capacity == 20
    desk = Desk(client, key, visit)
    closed = {"availabilityId": "2026-11-17T09:00:00+07:00"}
    said = await desk.call("POST", "", reservation(visit, **closed), status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"
    held = await desk.hold()
    for body in (closed, closed | {"unitItems": items(visit, adult=1)}):
        said = await desk.call("PATCH", f"/{held['uuid']}", body, status=400)
        assert said["error"] == "UNPROCESSABLE_ENTITY"


async def test_a_day_that_is_not_sold_any_more_keeps_its_party(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Confirmed with the same people, or fewer, though the host closed the sale; more are refused (OCTO.md, 9 and 10)."""
    desk = Desk(client, key, visit)
    held = await desk.hold()
    async with db.transaction() as session:
        await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    path = f"/{held['uuid']}"
    said = await desk.call("PATCH", path, {"unitItems": items(visit, adult=3)}, status=400)
    assert said["error"] == "UNPROCESSABLE_ENTITY"
    same = {"contact": CONTACT, "unitItems": items(visit, adult=2)}
    assert (await desk.call("POST", f"{path}/confirm", same))["status"] == "CONFIRMED"
    fewer = await desk.call("PATCH", path, {"unitItems": items(visit, adult=1)})
    assert len(fewer["unitItems"]) == 1 and await taken(db, visit.departure) == 1
