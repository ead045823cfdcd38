"""The gate without signal: what its phone keeps, and what becomes of what it wrote down."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import today
from app.core.ids import new_code, uuid7, with_check
from producers.cooperatives.models import Role
from storefront.tours import (
    bookings,
    calling_off,
    cancelling,
    choices,
    entries,
    manifest,
    moving,
    symbols,
    tickets,
)
from storefront.tours.choice_repository import CHOICE_TIME
from storefront.tours.entries import NewScan
from storefront.tours.errors import UnknownTicketError
from storefront.tours.gate_models import GateEntry, GateScan, ScanMeans, ScanTrouble
from storefront.tours.models import BookingState, CallOffReason, DepartureState, UnitItem, UnitType
from tests.factories.outbox import make_phone
from tests.factories.people import log_in, new_phone
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_visit, wish
from tests.storefront.tours.test_bookings import pay

START = NOW + timedelta(hours=1)
KEYS = symbols.signers(SECRET)
NAMES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Giàng",
    "Vàng",
    "Sùng",
    "Thào",
]
GIVEN = [
    "Anh",
    "Mai",
    "Huy",
    "Lan",
    "Hương",
    "Tuấn",
    "Dũng",
    "Hà",
    "Linh",
    "Trang",
    "Nam",
    "Sơn",
    "Phương",
    "Thảo",
    "Hải",
    "Long",
    "Bình",
    "Châu",
    "Mận",
    "Páo",
    "Dinh",
]


async def come(session, visit, adults=2, **overrides):
    """A party that has paid."""
    booking = await bookings.create_booking(
        session,
        booking=wish(visit, adults, **overrides),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=NOW,
    )
    await pay(session, booking)
    return booking


async def visit_today(session, **given):
    """A visit that begins in an hour."""
    return await make_visit(session, starts_at=START, **given)


def scan_of(visit, **given):
    """Somebody let in by the host's phone."""
    values = {"id": uuid7(), "means": ScanMeans.SYMBOL, "person_id": visit.host.id, "scanned_at": NOW}
    return NewScan(**values | given)


async def let_in(session, visit, booking, *, code=None, **given):
    """What a phone wrote down arrives; answers the scan."""
    scan = scan_of(visit, **given)
    await entries.record(session, booking.id, code or booking.code, scan=scan, now=NOW + timedelta(hours=5))
    return scan


async def manifest_of(session, visit, on=None):
    """The list of the day."""
    return await manifest.make_manifest(
        session, producer_id=visit.producer.id, on=on or today(START), keys=KEYS, now=NOW
    )


def written(visit, booking, *, place=symbols.WHOLE, departure=None):
    """The letters on a party's ticket."""
    symbol = symbols.symbol_of(booking, departure or visit.departure, heads=booking.heads, place=place)
    return symbols.write(symbol, producer_id=visit.producer.id, signer=KEYS[0])


async def test_a_scan_is_kept_once(session):
    """53: the same id again, with whatever it says, changes nothing; the tickets are in at the phone's hour."""
    visit = await visit_today(session)
    booking = await come(session, visit)
    at = NOW - timedelta(minutes=20)
    scan = await let_in(session, visit, booking, scanned_at=at)
    await let_in(session, visit, booking, id=scan.id, scanned_at=NOW)
    [kept] = await session.scalars(select(GateScan))
    assert (kept.id, kept.scanned_at, kept.heads, kept.trouble) == (scan.id, at, 2, None)
    seen = await bookings.get_booking(session, booking.id)
    assert (seen.state, seen.redeemed_at) == (BookingState.REDEEMED, at)
    assert await entries.list_odd(session, [visit.departure.id]) == []


@pytest.mark.parametrize("is_first_late", [False, True])
async def test_two_gates_let_one_ticket_in(session, is_first_late):
    """54: both are kept; the later by the phones' hours is marked, whichever arrived first."""
    visit = await visit_today(session)
    booking = await come(session, visit)
    other = await make_person(session, phone=new_phone(), name="Páo")
    hours = [NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)]
    early, late = {"scanned_at": hours[0]}, {"scanned_at": hours[1], "person_id": other.id}
    for one in (late, early) if is_first_late else (early, late):
        await let_in(session, visit, booking, **one)
    [odd] = await entries.list_odd(session, [visit.departure.id])
    assert (odd.scan.scanned_at, odd.scan.person_id, odd.heads) == (hours[1], other.id, 2)
    assert odd.first is not None and (odd.first.scanned_at, odd.first.person_id) == (hours[0], visit.host.id)
    items = await entries.list_tickets(session, booking.id)
    assert {(item.redeemed_at, item.redeemed_by_id) for item in items} == {(hours[0], visit.host.id)}


async def test_part_of_a_party_comes_twice(session):
    """54: who came apart before is marked with that head alone; the others came once."""
    visit = await visit_today(session)
    booking = await come(session, visit, 3)
    own = await entries.list_tickets(session, booking.id)
    await let_in(session, visit, booking, code=own[1].ticket_code, scanned_at=NOW - timedelta(minutes=9))
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.CONFIRMED
    await let_in(session, visit, booking, places=frozenset({0, 1, 2}))
    [odd] = await entries.list_odd(session, [visit.departure.id])
    assert odd.heads == 1
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.REDEEMED
    # Without places only those are meant that nobody let in: nothing is odd of that.
    second = await come(session, visit, 2)
    [first, _last] = await entries.list_tickets(session, second.id)
    await let_in(session, visit, second, code=first.ticket_code, scanned_at=NOW - timedelta(minutes=9))
    await let_in(session, visit, second)
    assert len(await entries.list_odd(session, [visit.departure.id])) == 1


async def test_nobody_is_let_in_twice_by_the_table(session):
    """54: the database itself refuses two first scans of one ticket."""
    visit = await visit_today(session)
    booking = await come(session, visit, 1)
    await let_in(session, visit, booking)
    second = await let_in(session, visit, booking, scanned_at=NOW + timedelta(minutes=1))
    entry = await session.scalar(select(GateEntry).where(GateEntry.scan_id == second.id))
    entry.is_repeat = False
    with pytest.raises(Exception, match="uq_gate_entries_first"):
        await session.flush()


async def test_what_should_not_have_come_in_is_marked(session):
    """55: cancelled, of another day, or not paid: it happened, so it is kept, and no ticket is used up by it."""
    visit = await visit_today(session, cancellation_cutoff_hours=0)
    gone = await come(session, visit)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    early = await come(session, visit)
    held = await bookings.create_booking(
        session, booking=wish(visit, 1), secret=SECRET, person_id=None, language="vi", now=NOW
    )
    await let_in(session, visit, gone)
    await let_in(session, visit, early, scanned_at=NOW - timedelta(days=1))
    await let_in(session, visit, held, scanned_at=NOW + timedelta(seconds=1))
    odd = await entries.list_odd(session, [visit.departure.id])
    assert [one.scan.trouble for one in odd] == [
        ScanTrouble.WRONG_DAY,
        ScanTrouble.CANCELLED,
        ScanTrouble.UNPAID,
    ]
    assert [one.first for one in odd] == [None] * 3 and [one.heads for one in odd] == [2, 2, 1]
    assert set(await session.scalars(select(UnitItem.redeemed_at))) == {None}
    await let_in(session, visit, early)  # on its own day it opens the gate
    assert (await bookings.get_booking(session, early.id)).state is BookingState.REDEEMED


async def test_the_list_of_a_day(session):
    """52: who comes, with codes, heads and who is in; nothing of phones, notes and money."""
    visit = await visit_today(session)
    first = await come(session, visit, 2, contact_name="Chị  Mai", note="ăn chay")
    family = await come(
        session, visit, units={visit.units[UnitType.FAMILY].id: 1}, contact_name="Nhà bác\nTuấn"
    )
    own = await entries.list_tickets(session, first.id)
    await let_in(session, visit, first, code=own[0].ticket_code)
    said = await manifest_of(session, visit)
    assert said["departures"] == [[symbols.tag_of(visit.departure.id), visit.tour.title, "10:00", 2, 14]]
    assert said["names"].split("\n") == ["Chị Mai", "Nhà bác Tuấn"]
    assert said["codes"] == first.code[:-1] + family.code[:-1]
    assert (said["sizes"], said["heads"], said["inside"]) == ("2,1", "114", "100")
    assert said["tickets"][:14] == "".join(item.ticket_code[:-1] for item in own)
    assert (said["day"], said["until"]) == ("2026-11-12", "2026-11-12T17:00:00+00:00")
    assert (said["producer"], list(said["keys"])) == (str(visit.producer.id), [KEYS[0].key_id])
    assert said == await manifest_of(session, visit)
    assert not {"84912345678", "ăn chay", "150000"} & set(json.dumps(said, ensure_ascii=False).split('"'))


async def test_tickets_that_open_nothing_any_more_are_on_the_list(session):
    """52: cancelled ones, and those of who went on another day, until they come back to it."""
    visit = await visit_today(session, cancellation_cutoff_hours=0)
    later = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1))
    gone, moved = await come(session, visit), await come(session, visit)
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW)
    never = await bookings.create_booking(
        session, booking=wish(visit, 1), secret=SECRET, person_id=None, language="vi", now=NOW
    )
    await cancelling.cancel_booking(session, booking_id=never.id, now=NOW)
    await moving.move(session, booking_id=moved.id, departure_id=later.id, now=NOW)
    assert (await manifest_of(session, visit))["revoked"] == sorted([gone.code, moved.code])
    tomorrow = await manifest_of(session, visit, on=later.local_on)
    assert tomorrow["codes"] == moved.code[:-1] and tomorrow["revoked"] == []
    await moving.move(session, booking_id=moved.id, departure_id=visit.departure.id, now=NOW)
    assert (await manifest_of(session, visit))["revoked"] == [gone.code]
    assert (await manifest_of(session, visit, on=later.local_on))["revoked"] == [moved.code]


async def test_a_signed_ticket_opens_the_gate_with_signal_too(session):
    """51: a symbol means what its code means; one of a place that the party does not have means nothing."""
    visit = await visit_today(session)
    booking = await come(session, visit)

    async def look(text):
        return await tickets.look_up(session, code=text, producer_id=visit.producer.id, now=NOW, keys=KEYS)

    whole = await look(symbols.address_of(written(visit, booking), "https://cho.example"))
    assert (whole.code, whole.heads) == (booking.code, 2)
    one = await look(written(visit, booking, place=1))
    own = await entries.list_tickets(session, booking.id)
    assert (one.code, one.heads) == (own[1].ticket_code, 1)
    letters = written(visit, booking)  # every sixteenth ends in AA by itself
    forged = letters[:-2] + ("BB" if letters.endswith("AA") else "AA")
    for wrong in (written(visit, booking, place=2), forged):
        with pytest.raises(UnknownTicketError):
            await look(wrong)
    booking.code = with_check(new_code(6))
    strange = written(visit, booking)
    await session.refresh(booking)
    with pytest.raises(UnknownTicketError, match="không có vé"):
        await look(strange)


async def test_two_hundred_parties_fit_into_six_kilobytes(db, client):
    """52: the list of 200 parties is at most 6 KB on the line, and costs nothing when it is the same."""
    async with db.transaction() as session:
        visit = await visit_today(session, capacity=500)
        for number in range(200):
            name = f"{NAMES[number % 20]} {GIVEN[number * 7 % 21]} {GIVEN[number % 21]}"
            await _book_fast(session, visit, name, 1 + number % 3)
        phone = await make_phone(session, client, producer_id=visit.producer.id)
    address = "/producer/tours/gate/manifest"
    headers = {"Accept-Encoding": "gzip"}
    async with client.stream("GET", address, headers=headers) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    said = json.loads(gzip.decompress(packed))
    assert said["names"].count("\n") == 199 and len(packed) <= 6 * 1024
    again = await client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    bundle = (await client.get("/offline/bundle")).json()
    kept = {one["path"]: one for one in bundle["data"]}
    assert list(kept) == [f"{address}?on=2026-11-12", f"{address}?on=2026-11-13"]
    assert json.loads(kept[f"{address}?on=2026-11-12"]["json"]) == said
    assert kept[f"{address}?on=2026-11-12"]["until"] == "2026-11-12T17:00:00+00:00"
    assert any("tickets/page.js" in file for file in bundle["files"])
    assert phone.producer_id == visit.producer.id


async def _book_fast(session, visit, name, adults):
    booking = await bookings.create_booking(
        session,
        booking=wish(visit, adults, contact_name=name),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=NOW,
    )
    booking.state, booking.confirmed_at = BookingState.CONFIRMED, NOW
    for item in await entries.list_tickets(session, booking.id):
        item.ticket_code = with_check(new_code(7))
    await session.flush()


async def test_who_packs_has_no_list_of_guests(db, client):
    """52: the list goes to those who receive guests; others have neither list nor scripts of it on their phones."""
    async with db.transaction() as session:
        visit = await visit_today(session)
        person = await make_person(session)
        await make_membership(session, producer_id=visit.producer.id, person_id=person.id, role=Role.PACKER)
        await log_in(session, client, person.id)
    assert (await client.get("/producer/tours/gate/manifest")).status_code == 403
    bundle = (await client.get("/offline/bundle")).json()
    assert (bundle["data"], bundle["files"]) == ([], [])


async def test_a_day_called_off_opens_no_gate(session):
    """37, 55: its parties stand among the tickets that open nothing; who came in all the same is marked, and may choose."""
    visit = await visit_today(session)
    booking = await come(session, visit)
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
    )
    said = await manifest_of(session, visit)
    assert (said["codes"], said["departures"], said["revoked"]) == ("", [], [booking.code])
    await let_in(session, visit, booking)
    [odd] = await entries.list_odd(session, [visit.departure.id])
    assert odd.scan.trouble is ScanTrouble.CANCELLED
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.CONFIRMED
    assert await choices.lapse_due(session, now=NOW + CHOICE_TIME) == 1
    assert (await bookings.get_booking(session, booking.id)).state is BookingState.CANCELLED


async def test_tickets_of_a_dropped_day_open_nothing(session):
    """52: also of a departure that its season makes no more, who left it is on the day's list."""
    visit = await visit_today(session, cancellation_cutoff_hours=0)
    later = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1))
    moved = await come(session, visit)
    await moving.move(session, booking_id=moved.id, departure_id=later.id, now=NOW)
    visit.departure.state, visit.departure.dropped_at = DepartureState.CLOSED, NOW
    await session.flush()
    assert (await manifest_of(session, visit))["revoked"] == [moved.code]


async def test_only_who_comes_soon_has_a_button(db, client):
    """50: today's guests and tomorrow's, whose page the phone keeps, have their button; those of a day far off do not."""
    async with db.transaction() as session:
        visit = await visit_today(session)
        party = await come(session, visit)
        later = [
            await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=n)) for n in (1, 4)
        ]
        for one in later:
            await come(session, visit, departure_id=one.id)
        await log_in(session, client, visit.host.id)
    days = [visit.departure.local_on, *(one.local_on for one in later)]
    pages = [(await client.get("/producer/tours/day", params={"on": str(day)})).text for day in days]
    assert all(party.contact_name in page for page in pages)
    assert [f"Cho {party.contact_name} vào" in page for page in pages] == [True, True, False]
