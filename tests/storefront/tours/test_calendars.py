"""Calendars of visits, as CALENDARS.md has them."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import today
from app.core.i18n import Text
from app.core.ids import hash_token
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from storefront.tours import bookings, calendars, calling_off, departures, feeds, moving
from storefront.tours.calendars import Sheet, Status
from storefront.tours.errors import FeedNotFoundError, NotTicketedError
from storefront.tours.feeds import Paths
from storefront.tours.models import CalendarFeed, CallOffReason, Departure, DepartureState, Tour
from storefront.tours.schemas import DepartureFields
from storefront.tours.states import DEPARTURE_STEPS
from tests.factories.people import log_in, new_phone
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_tour, make_visit
from tests.storefront.tours.test_bookings import book, paid_booking

PATHS = Paths(
    host="chophien.example",
    tour=lambda slug: f"https://chophien.example/tours/{slug}",
    stay=lambda slug: f"https://chophien.example/stays/{slug}",
)
SOURCE = "https://chophien.example/calendar/x.ics"
STATUSES = {
    DepartureState.PROVISIONAL: "TENTATIVE",
    DepartureState.OPEN: "CONFIRMED",
    DepartureState.GO: "CONFIRMED",
    DepartureState.CLOSED: "CONFIRMED",
    DepartureState.CANCELLED: "CANCELLED",
}


async def open_own(session, visit, person=None):
    """A member's token."""
    feed = await feeds.open_for_member(
        session,
        producer_id=visit.producer.id,
        person_id=(person or visit.host).id,
        secret=SECRET,
        language="vi",
        now=NOW,
    )
    return feeds.token_of(feed, SECRET)


async def ask(session, token, now=NOW):
    """What a calendar gets: the bytes."""
    sheet, _language = await feeds.read(session, token, paths=PATHS, source=SOURCE, now=now)
    return calendars.write(sheet, str)


def events_of(content):
    """The events of a calendar as another program reads them: {UID: event}."""
    return {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}


async def rows_of(session, tours):
    """The departures of tours as the table has them."""
    statement = select(Departure).where(Departure.tour_id.in_([tour.id for tour in tours]))
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


class Days:
    """Dates of two tours, changed at random by whatever can change them; how often each changed is counted beside."""

    def __init__(self, session, tours, chance):
        self.session, self.tours, self.chance = session, tours, chance
        self.changes = {}

    async def step(self):
        """One change, or a try that is refused and changes nothing."""
        rows = await rows_of(self.session, self.tours)
        row = self.chance.choice(sorted(rows, key=lambda one: one.id))
        self.changes.setdefault(row.id, 0)
        match self.chance.choice(["plan", "capacity", "state", "state", "off", "shift", "book"]):
            case "plan":
                fields = DepartureFields(
                    from_on=today(NOW) + timedelta(days=self.chance.randrange(1, 60)),
                    starts=time(self.chance.randrange(6, 18)),
                    capacity=self.chance.randrange(1, 30),
                )
                tour = self.chance.choice(self.tours)
                await departures.create_departures(self.session, tour_id=tour.id, fields=fields, now=NOW)
            case "capacity":
                capacity = self.chance.randrange(10, 30)
                self.changes[row.id] += capacity != row.capacity
                await departures.change_capacity(
                    self.session, departure_id=row.id, capacity=capacity, now=NOW
                )
            case "state":
                steps = sorted(DEPARTURE_STEPS[row.state] - {DepartureState.CANCELLED})
                if steps:
                    self.changes[row.id] += 1
                    state = self.chance.choice(steps)
                    await departures.move_departure(self.session, departure_id=row.id, state=state)
            case "off":
                if DepartureState.CANCELLED in DEPARTURE_STEPS[row.state]:
                    self.changes[row.id] += 1
                    await calling_off.call_off(
                        self.session, departure_id=row.id, reason=CallOffReason.ROAD, **SITE, now=NOW
                    )
            case "shift":
                self.changes[row.id] += 1
                by = timedelta(minutes=self.chance.randrange(1, 9))
                values = {"starts_at": row.starts_at + by, "ends_at": row.ends_at + by}
                await self.session.execute(update(Departure).where(Departure.id == row.id).values(**values))
            case _:
                taken = self.chance.randrange(0, min(row.capacity, 9))
                await self.session.execute(
                    update(Departure).where(Departure.id == row.id).values(taken=taken)
                )
                await self.session.execute(update(Departure).where(Departure.id == row.id).values(taken=0))


@pytest.mark.parametrize("seed", range(6))
async def test_a_calendar_equals_the_table(session, seed):
    """After any edits and cancellations a feed, parsed, is the departures table (60, 61, 62)."""
    visit = await make_visit(session)
    tours = [visit.tour, await make_tour(session, producer_id=visit.producer.id)]
    token = await open_own(session, visit)
    days = Days(session, tours, random.Random(seed))
    for _number in range(25):
        await days.step()
        told = events_of(await ask(session, token))
        rows = await rows_of(session, tours)
        assert told.keys() == {f"{row.id}@chophien.example" for row in rows}
        titles = {tour.id: tour.title for tour in tours}
        for row in rows:
            event = told[f"{row.id}@chophien.example"]
            assert event.start == row.starts_at and event.end == row.ends_at
            assert event.start.tzinfo == ZoneInfo("Asia/Ho_Chi_Minh")
            assert event["STATUS"] == STATUSES[row.state]
            assert event["SEQUENCE"] == row.sequence == days.changes.get(row.id, 0)
            assert event["SUMMARY"] == titles[row.tour_id]
            assert event["DESCRIPTION"] == f"Đã đặt {row.taken} trên {row.capacity} chỗ"
            assert event.last_modified == event.stamp == row.changed_at.replace(microsecond=0)


async def test_nobody_can_lower_a_sequence(session):
    """What a client read earlier and writes back counts from the row's own; an update that changes nothing is none (61)."""
    visit = await make_visit(session)

    async def write(**values):
        await session.execute(update(Departure).where(Departure.id == visit.departure.id).values(**values))
        return await departures.get_departure(session, visit.departure.id)

    begun = visit.departure.starts_at
    assert (await write(sequence=9)).sequence == 0
    assert (await write(capacity=7, sequence=0)).sequence == 1
    assert (await write(capacity=7)).sequence == 1
    moved = await write(starts_at=begun + timedelta(hours=1), previous_starts_at=None)
    assert (moved.sequence, moved.previous_starts_at) == (2, begun)
    assert (await write(state=DepartureState.CLOSED)).previous_starts_at == begun
    stamped = (await write(taken=1, changed_at=NOW)).changed_at
    assert stamped > NOW - timedelta(days=365) and stamped != NOW


async def test_what_is_over_stays_for_a_season(session):
    """A date of the last 90 days is still told, an older one is not; another producer's never is (60)."""
    visit, other = await make_visit(session), await make_visit(session)
    kept = await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(days=89))
    await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(days=91))
    told = events_of(await ask(session, await open_own(session, visit)))
    assert told.keys() == {f"{row.id}@chophien.example" for row in (kept, visit.departure)}
    assert f"{other.departure.id}@chophien.example" not in told


async def test_the_bytes_are_the_standards(session):
    """RFC 5545 and 7986: CRLF, at most 75 bytes a line, VALUE where the default is another, the zone with its offset."""
    visit = await make_visit(session, title="Hái chè, sao chè; " + "uống chè " * 12)
    content = await ask(session, await open_own(session, visit))
    rows = content.split(b"\r\n")
    assert (
        all(len(row) <= 75 for row in rows) and rows[-1] == b"" and b"\n" not in content.replace(b"\r\n", b"")
    )
    for row in (
        b"VERSION:2.0",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        b"SOURCE;VALUE=URI:https://chophien.example/calendar/x.ics",
        b"TZID:Asia/Ho_Chi_Minh",
        b"TZOFFSETFROM:+0700",
        b"TZOFFSETTO:+0700",
        b"DTSTART;TZID=Asia/Ho_Chi_Minh:20261114T090000",
        b"DTEND;TZID=Asia/Ho_Chi_Minh:20261114T120000",
        b"SEQUENCE:0",
    ):
        assert rows.count(row) == 1, row
    assert "SUMMARY:Hái chè\\, sao chè\\; uống" in content.replace(b"\r\n ", b"").decode()
    assert content == await ask(session, await open_own(session, visit))
    calendar = Calendar.from_ical(content)
    assert calendar["NAME"] == f"Đón khách: {visit.producer.name}"
    [zone] = calendar.walk("VTIMEZONE")
    assert zone.to_tz().utcoffset(datetime(2026, 11, 14, 9)) == timedelta(hours=7)  # noqa: DTZ001 - local time


async def test_a_party_follows_its_day(session):
    """On another day the event is the same one and newer, whichever day was changed oftener; cancelled it stays (61, 62)."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
    for capacity in (30, 31, 32):
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=capacity, now=NOW)
    booking = await paid_booking(session, visit, 2)
    feed = await feeds.open_for_party(session, booking=booking, secret=SECRET, language="vi", now=NOW)
    token = feeds.token_of(feed, SECRET)
    seen = []

    async def see():
        [(uid, event)] = events_of(await ask(session, token)).items()
        seen.append((uid, event["SEQUENCE"], event.start, str(event["STATUS"])))
        assert booking.code in event["DESCRIPTION"]

    await see()
    for departure in (other, visit.departure, other):
        await moving.move(session, booking_id=booking.id, departure_id=departure.id, now=NOW)
        await see()
        assert seen[-1][2] == departure.starts_at
    await departures.move_departure(session, departure_id=other.id, state=DepartureState.GO)
    await see()
    await calling_off.call_off(session, departure_id=other.id, reason=CallOffReason.ROAD, **SITE, now=NOW)
    await see()
    assert len({uid for uid, *_rest in seen}) == 1
    sequences = [sequence for _uid, sequence, *_rest in seen]
    assert sequences == sorted(set(sequences)) and len(sequences) == 6
    assert [status for *_rest, status in seen] == ["CONFIRMED"] * 5 + ["CANCELLED"]


async def test_a_party_whose_day_is_off_does_not_go(session):
    """Whatever became of the booking: a day that was called off is CANCELLED in its party's calendar, too (62)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit, 2)
    off = update(Departure).where(Departure.id == visit.departure.id).values(state=DepartureState.CANCELLED)
    await session.execute(off)
    party = await bookings.get_party(session, booking)
    [entry] = feeds.tell_party(party, host="x", address="y", source=None).entries
    assert (entry.status, entry.sequence) == (Status.CANCELLED, booking.sequence + 1)


async def test_an_address_is_given_once_and_shut_for_ever(session):
    """Asked again it is the same; shut it opens nothing and the next is another; of it a hash is kept (63)."""
    visit = await make_visit(session)
    token = await open_own(session, visit)
    assert await open_own(session, visit) == token
    guide = await make_person(session, phone=new_phone())
    await make_membership(session, producer_id=visit.producer.id, person_id=guide.id, role=Role.GUIDE)
    assert await open_own(session, visit, guide) != token
    feed = await feeds.find_of_member(session, producer_id=visit.producer.id, person_id=visit.host.id)
    assert feed.token_hash == hash_token(token)
    kept = [getattr(feed, column.key) for column in CalendarFeed.__table__.columns]
    assert token not in map(str, kept)
    for _again in range(2):
        await feeds.end(session, feed, now=NOW)
    for wrong in (token, "a" * 26):
        with pytest.raises(FeedNotFoundError):
            await ask(session, wrong)
    fresh = await open_own(session, visit)
    assert fresh != token and events_of(await ask(session, fresh))


async def test_who_left_reads_nothing(session):
    """A person's address dies with the last role that they had there (63)."""
    visit = await make_visit(session)
    guide = await make_person(session, phone=new_phone())
    member = await make_membership(
        session, producer_id=visit.producer.id, person_id=guide.id, role=Role.GUIDE
    )
    token = await open_own(session, visit, guide)
    assert events_of(await ask(session, token))
    await cooperatives.end_membership(
        session, producer_id=visit.producer.id, membership_id=member.id, now=NOW
    )
    with pytest.raises(FeedNotFoundError):
        await ask(session, token)


async def test_a_hold_follows_no_day_yet(session):
    """Before its tickets a party gets no address, and the file that it may take says that nothing is sure (63)."""
    visit = await make_visit(session)
    booking = await book(session, visit)
    with pytest.raises(NotTicketedError):
        await feeds.open_for_party(session, booking=booking, secret=SECRET, language="vi", now=NOW)
    sheet = feeds.tell_party(await bookings.get_party(session, booking), host="x", address="y", source=None)
    content = calendars.write(sheet, str)
    assert b"METHOD:PUBLISH" in content and b"STATUS:TENTATIVE" in content and b"SOURCE" not in content


async def test_a_feed_has_one_reader(session):
    """A feed of a member and of a party at once, or of nobody, is refused by the table (63)."""
    visit = await make_visit(session)
    booking = await book(session, visit)
    for readers in (
        {},
        {"producer_id": visit.producer.id},
        {"producer_id": visit.producer.id, "person_id": visit.host.id, "booking_id": booking.id},
    ):
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                session.add(CalendarFeed(token_hash=b"x", language="vi", created_at=NOW, **readers))


def test_a_tag_says_whether_anything_changed():
    """The same facts have the same tag, in each language its own."""
    first, same, other = (Sheet(name=Text(name), entries=[], source=None) for name in ("a", "a", "b"))
    assert calendars.tag(first, "vi") == calendars.tag(same, "vi") != calendars.tag(other, "vi")
    assert calendars.tag(first, "vi") != calendars.tag(first, "en")


async def test_a_hosts_calendar_over_http(db, client, new_client):
    """Opened on the host's page, asked by a calendar without a log-in, 304 until something changes, shut: 404 (63)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await paid_booking(session, visit, 3)
        await log_in(session, client, visit.host.id)
    page = await client.get("/producer/tours/calendar")
    assert "Lấy đường dẫn" in page.text and "/calendar/" not in page.text.split("<main")[1].replace(
        "tours/calendar", ""
    )
    assert (await client.post("/producer/tours/calendar")).status_code == 303
    address = await _address(client, "/producer/tours/calendar")
    async with new_client() as phone:
        first = await phone.get(address)
        assert first.headers["content-type"] == "text/calendar; charset=utf-8"
        assert "Đã đặt 3 trên 20 chỗ" in first.text.replace("\r\n ", "")
        assert "Mai" not in first.text and "912345678" not in first.text
        known = {"If-None-Match": first.headers["etag"]}
        again = await phone.get(address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        async with db.transaction() as session:
            (await session.get_one(Tour, visit.tour.id)).title = "Một buổi sao chè"
        renamed = await phone.get(address, headers=known)
        assert renamed.status_code == 200 and "Một buổi sao chè" in renamed.text
        for _again in range(2):
            assert (await client.post("/producer/tours/calendar/end")).status_code == 303
        assert (await phone.get(address)).status_code == 404


async def test_a_calendar_speaks_its_readers_language(db, client, new_client):
    """The words are those of whoever took the address, whatever the program that asks would like to read (63)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await log_in(session, client, visit.host.id)
    client.headers["Accept-Language"] = "en"
    await client.post("/producer/tours/calendar")
    address = await _address(client, "/producer/tours/calendar")
    async with new_client() as phone:
        told = (await phone.get(address)).text.replace("\r\n ", "")
    assert f"NAME:Visitors: {visit.producer.name}" in told and "0 of 20 seats" in told


async def test_a_partys_calendar_over_http(db, house, client):
    """A party opens and shuts its own address on its page; the feed leads to no private page (63)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        booking = await paid_booking(session, visit, 2)
        await session.execute(
            update(type(booking))
            .where(type(booking).id == booking.id)
            .values(token_hash=hash_token(bookings.token_of(booking, house.secret)))
        )
    token = bookings.token_of(booking, house.secret)
    link = f"/bookings/{token}"
    assert (await client.post(f"{link}/calendar")).status_code == 303
    address = await _address(client, link)
    told = (await client.get(address)).text.replace("\r\n ", "")
    assert booking.code in told and f"/tours/{visit.tour.slug}" in told
    assert token not in told and str(booking.id) not in told
    handed = (await client.get(f"{link}/visit.ics")).text.replace("\r\n ", "")
    assert token in handed
    assert [row for row in told.splitlines() if row.startswith("UID")] == [
        row for row in handed.splitlines() if row.startswith("UID")
    ]
    for _again in range(2):
        assert (await client.post(f"{link}/calendar/end")).status_code == 303
    assert (await client.get(address)).status_code == 404
    assert "webcal://" not in (await client.get(link)).text


async def _address(client, page):
    """The path of the calendar's address that a page shows."""
    text = (await client.get(page)).text
    assert "webcal://" in text
    shown = text.split('id="f-feed" value="')[1].split('"')[0]
    return "/calendar/" + shown.rpartition("/")[2]
