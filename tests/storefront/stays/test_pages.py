"""What search engines, calendars, phones and accountants read of stays, as STAYS.md has it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from app.core.ids import uuid7
from producers.cooperatives.models import Producer, Role
from storefront.invoices.errors import NotSoldError
from storefront.invoices.ports import ByHand, EInvoices
from storefront.stays import bookings, cancelling, door, invoicing, nights, repository
from storefront.stays.errors import StayBookingNotFoundError
from storefront.stays.models import StayBooking, StayNight
from storefront.stays.schemas import NightFields
from storefront.tours import calendars, feeds
from storefront.tours.feeds import Paths
from tests.factories.outbox import make_phone
from tests.factories.people import log_in, make_photo
from tests.factories.producers import make_membership, make_producer
from tests.factories.stays import NOW, SECRET, book, day, make_house, pay
from tests.fakes.einvoices import FakeEInvoices
from tests.storefront.invoices.test_invoices import FORM

SCHEMA = "https://schema.org/"
BUYER = {"name": "Công ty Du lịch Núi Xanh", "tax_code": "0101 234 565"}


def read_house(page):
    """The document that a page tells search engines."""
    text = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(text)


def read_table(page):
    """The cells of the table of nights: (beds free in words, price in đồng) row by row."""
    table = page[page.index('id="nights"') :]
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', table, re.DOTALL)
    cells = []
    for row in rows:
        for cell in re.findall(r'<td class="num">(.*?)</td>', row, re.DOTALL):
            words, _line, price = re.sub(r"</?strong>", "", cell).partition("<br>")
            cells.append((words, int(re.sub(r"\D", "", price) or 0)))
    return cells


async def test_search_engines_read_the_table(db, client):
    """Each cell of the table is an offer: same night, same price, same beds free (21)."""
    async with db.transaction() as session:
        house = await make_house(session, beds=4, rooms=1)
        photo = await make_photo(session)
        await repository.insert_photo(session, stay_id=house.stay.id, photo_id=photo.id, now=NOW)
        await book(session, house, after=1, nights=2, units=2, heads=2)
        await book(session, house, after=4, nights=1, units=4, heads=4)
        await book(session, house, after=2, nights=1, place_id=house.rooms.id)
        fields = NightFields(place_id=house.beds.id, from_on=day(6))
        await nights.close_nights(session, stay=house.stay, fields=fields, is_closed=True, now=NOW)
    page = (await client.get(f"/stays/{house.stay.slug}")).text
    told, table = read_house(page), read_table(page)
    assert (told["@context"], told["@type"], told["name"]) == (
        "https://schema.org",
        "LodgingBusiness",
        house.stay.title,
    )
    assert (told["checkinTime"], told["checkoutTime"]) == ("14:00:00", "11:00:00")
    assert told["image"] == [f"http://127.0.0.1:8000/media/{photo.id}/1280.webp"]
    assert [one["@type"] for one in told["containsPlace"]] == ["Accommodation", "HotelRoom"]
    assert [one["occupancy"]["maxValue"] for one in told["containsPlace"]] == [1, 3]
    assert len(table) == len(told["makesOffer"]) == 28
    for number, ((words, price), offer) in enumerate(zip(table, told["makesOffer"], strict=True)):
        night, is_room = divmod(number, 2)
        free = offer["inventoryLevel"]["value"]
        unit = "phòng" if is_room else "chỗ"
        closed = night == 6 and not is_room
        assert words == ("nghỉ" if closed else f"{free} {unit}" if free else "hết"), number
        assert offer["price"] == price or closed
        assert offer["availability"] == SCHEMA + (
            "SoldOut" if not free else "LimitedAvailability" if free <= 2 else "InStock"
        )
        assert offer["availabilityStarts"] == f"{day(night)}T14:00:00+07:00"
        assert offer["availabilityEnds"] == f"{day(night + 1)}T11:00:00+07:00"
        assert offer["itemOffered"]["@id"] == told["containsPlace"][is_room]["@id"]
        assert f"arrives_on={day(night)}" in offer["url"]
    frees = [offer["inventoryLevel"]["value"] for offer in told["makesOffer"]]
    assert frees[::2][:8] == [4, 2, 2, 4, 0, 4, 0, 4]
    assert frees[1::2][:4] == [1, 1, 0, 1]


async def test_as_few_rooms_as_hold_them(db, client):
    """Who does not say how many rooms gets as few as hold the party; the form that is sent as it came books (3)."""
    async with db.transaction() as session:
        house = await make_house(session, rooms=3)
    path = f"/stays/{house.stay.slug}/book"
    page = (await client.get(path)).text
    assert "120.000 ₫ một đêm, tối thứ Sáu, thứ Bảy 150.000 ₫" in page.replace("\u00a0", " ")
    assert page.count("tối thứ Sáu") == 1
    typed = dict(re.findall(r'<input[^>]* name="(id|units|heads)"[^>]* value="([^"]*)"', page))
    typed |= {"place_id": str(house.rooms.id), "arrives_on": str(day(3)), "leaves_on": str(day(4))}
    who = {"contact_name": "Chị Mai", "contact_phone": "0912 345 678"}
    for heads, words in ((typed["heads"], "1 phòng"), ("4", "2 phòng")):
        made = await client.post(path, data={**typed, **who, "id": str(uuid7()), "heads": heads})
        assert made.status_code == 303, made.text
        assert words in (await client.get(made.headers["location"])).text


async def test_two_weeks_at_a_time(db, client):
    """The table turns its leaves as far as nights are made; an address that names no night shows the first."""
    async with db.transaction() as session:
        house = await make_house(session)
    path = f"/stays/{house.stay.slug}"
    first = (await client.get(path)).text
    assert "Hai tuần trước" not in first and f"?start={day(14)}" in first
    second = (await client.get(path, params={"start": str(day(14))})).text
    assert f'href="{path}"' in second and "T5 26/11" in second
    last = (await client.get(path, params={"start": str(day(112))})).text
    assert "Hai tuần sau" not in last and len(read_table(last)) == 16
    for odd in ("x", "2020-01-01", str(day(120))):
        assert "T5 12/11" in (await client.get(path, params={"start": odd})).text
    async with db.transaction() as session:
        await session.execute(StayNight.__table__.delete())
    house_client = (await client.get(path, params={"start": str(day(28))})).text
    assert "Chưa có đêm nào mở" in house_client


async def test_the_hosts_calendar_shows_who_sleeps(session):
    """Each paid stay is an event: when, how many, where, never who; a cancelled one stays as cancelled (22)."""
    house = await make_house(session)
    facts = {"producer_id": house.producer.id, "person_id": house.host.id}
    feed = await feeds.open_for_member(session, **facts, secret=SECRET, language="vi", now=NOW)
    paths = Paths(host="cho.example", tour=str, stay=lambda slug: f"https://cho.example/stays/{slug}")

    async def ask():
        sheet, _language = await feeds.read(
            session, feeds.token_of(feed, SECRET), paths=paths, source="https://cho.example/x.ics", now=NOW
        )
        return list(Calendar.from_ical(calendars.write(sheet, str)).walk("VEVENT"))

    made, gone = await book(session, house, units=2, heads=2), await book(session, house, after=9)
    await book(session, house, after=12)
    assert await ask() == []
    await pay(session, made)
    await pay(session, gone)
    events = await ask()
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CONFIRMED"]
    assert [int(event["SEQUENCE"]) for event in events] == [0, 0]
    assert events[0]["DTSTART"].dt == made.starts_at and events[0]["DTEND"].dt == made.ends_at
    assert "Chị Mai" not in events[0].to_ical().decode() and "Gian giữa" in str(events[0]["DESCRIPTION"])
    await cancelling.cancel_booking(session, booking_id=gone.id, now=NOW + timedelta(minutes=1))
    facts = {"producer_id": house.producer.id, "person_id": house.host.id}
    await door.receive(session, code=made.code, **facts, now=NOW + timedelta(days=3))
    events = await ask()
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CANCELLED"]
    assert [int(event["SEQUENCE"]) for event in events] == [1, 1]


async def test_a_member_looks_and_does_not_touch(db, new_client):
    """A plain member sees who sleeps here without their numbers and notes, and what was paid is not theirs to read."""
    async with db.transaction() as session:
        house = await make_house(session)
        made = await book(session, house, after=0, note="Có cụ già")
        await pay(session, made)
        packer = await make_membership(session, producer_id=house.producer.id, role=Role.PACKER)
    async with new_client() as member:
        async with db.transaction() as session:
            await log_in(session, member, packer.person_id)
        tonight = (await member.get("/producer/stays/tonight")).text
        party = (await member.get(f"/producer/stays/bookings/{made.id}")).text
        empty = (await member.get("/producer/stays/door")).text
        found = (await member.get("/producer/stays/door", params={"code": made.code})).text
        slip = await member.get("/producer/stays/door", params={"code": "ABCDEFG"})
    assert "Chị Mai" in tonight and "0912 345 678" not in tonight and "Có cụ già" not in tonight
    assert "240.000" not in party and "Khách đã đến" not in tonight
    assert "Khách đã đến" not in found and "Mã khách đọc" in empty
    assert slip.status_code == 404 and "sai một chữ" in slip.text


async def test_tonight_is_kept_on_the_phone(db, client):
    """Today's and tomorrow's page are kept; let in without signal, guests came at the phone's hour, and only once (17)."""
    async with db.transaction() as session:
        home = await make_house(session)
        made, coming = await book(session, home, after=0, nights=1), await book(session, home, after=1)
        await pay(session, made)
        await pay(session, coming)
        phone = await make_phone(session, client, producer_id=home.producer.id)
    pages = [page["path"] for page in (await client.get("/offline/bundle")).json()["pages"]]
    assert {"/producer/stays/tonight", f"/producer/stays/tonight?on={day(1)}"} <= set(pages)
    tomorrow = (await client.get("/producer/stays/tonight", params={"on": str(day(1))})).text
    assert tomorrow.count("data-offline data-title") == 1 and coming.code in tomorrow
    later = (await client.get("/producer/stays/tonight", params={"on": str(day(2))})).text
    assert "data-offline data-title" not in later
    at = NOW - timedelta(minutes=30)
    facts = {"fields": {"code": made.code}, "captured_at": at.isoformat()}
    [result] = await phone.send(phone.write("/producer/stays/door", **facts))
    assert result["state"] == "stored"
    [again] = await phone.send(phone.write("/producer/stays/door", **facts))
    assert again["state"] == "refused"
    async with db.transaction() as session:
        assert (await bookings.get_booking(session, made.id)).came_at == at


async def test_who_lets_no_beds_keeps_no_page(db, client):
    """A producer without a house has no page of sleepers on its phones."""
    async with db.transaction() as session:
        await make_phone(session, client, producer_id=(await make_producer(session)).id)
    assert "/producer/stays" not in (await client.get("/offline/bundle")).text


@pytest.fixture
async def paid(db, client):
    """A paid stay whose host's accountant is logged in: (its page, the host's page of its invoice, its id)."""
    async with db.transaction() as session:
        house = await make_house(session)
        made = await book(session, house, after=1, nights=3, units=2, heads=2)
        await pay(session, made)
        accountant = await make_membership(session, role=Role.ACCOUNTANT, producer_id=house.producer.id)
        await log_in(session, client, accountant.person_id)
    return f"/staying/{bookings.token_of(made, SECRET)}", f"/producer/stays/bookings/{made.id}", made.id


async def test_an_invoice_from_the_wish_to_the_paper(client, new_client, house, paid):
    """The guest says whom it is for, a provider issues it once, and the guest finds it (20)."""
    link, party, booking_id = paid
    guest = new_client()
    assert "Cần hóa đơn điện tử?" in (await guest.get(link)).text
    wrong = await guest.post(f"{link}/invoice", data=BUYER | {"tax_code": "12"})
    assert wrong.status_code == 422 and "Mã số thuế có 10" in wrong.text
    assert (await guest.post(f"{link}/invoice", data=BUYER)).status_code == 303
    assert "đã nhận yêu cầu" in (await guest.get(link)).text
    work = re.search(r'href="([^"]+/invoice)"', (await client.get(party)).text)[1]
    assert BUYER["name"] in (await client.get(work)).text
    provider = FakeEInvoices()
    house.provide(EInvoices, provider)
    try:
        for _press in range(2):
            assert (await client.post(f"{work}/issue")).headers["location"] == work
    finally:
        house.provide(EInvoices, ByHand())
    [draft] = provider.asked
    assert (draft.key, draft.buyer_name, draft.total_minor) == (booking_id, BUYER["name"], 840_000)
    assert [(line.amount_minor, line.quantity) for line in draft.lines] == [(240_000, "2"), (600_000, "4")]
    assert "1C26TAA · 00000001" in (await guest.get(link)).text
    late = await guest.post(f"{link}/invoice", data=BUYER)
    assert late.status_code == 409


async def test_an_invoice_typed_by_the_host(client, new_client, paid):
    """What was issued elsewhere is written down; a wrong number is said beside its field (20)."""
    link, party, _id = paid
    assert (await client.post(f"{party}/invoice", data=FORM | {"number": "số 7"})).status_code == 422
    assert (await client.post(f"{party}/invoice", data=FORM)).status_code == 303
    assert "1C26TAA · 00000007" in (await new_client().get(link)).text


async def test_only_what_is_paid_is_invoiced(session):
    """Not a hold, and nothing of another host (20)."""
    house = await make_house(session)
    held = await book(session, house)
    producer = await session.get_one(Producer, house.producer.id)
    with pytest.raises(NotSoldError):
        await invoicing.draft_invoice(session, booking_id=held.id, producer=producer)
    with pytest.raises(StayBookingNotFoundError):
        await invoicing.draft_invoice(session, booking_id=held.id, producer=await make_producer(session))


async def test_a_form_that_booked_already_says_so(db, client):
    """The same again is the first booking; changed it books nothing and shows the ways on; only a visitor's page is kept (5)."""
    async with db.transaction() as session:
        house = await make_house(session)
    path = f"/stays/{house.stay.slug}/book"
    shown = await client.get(path)
    assert shown.headers["cache-control"] == "private, no-cache"
    body = dict(re.findall(r'<input[^>]* name="(id|units|heads)"[^>]* value="([^"]*)"', shown.text)) | {
        "place_id": str(house.beds.id),
        "arrives_on": str(day(3)),
        "leaves_on": str(day(4)),
        "contact_name": "Chị Mai",
        "contact_phone": "0912 345 678",
    }
    first, again = [await client.post(path, data=body) for _press in range(2)]
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    changed = await client.post(path, data=body | {"leaves_on": str(day(5))})
    assert changed.status_code == 409 and "Trang này đã đặt một lần rồi" in changed.text
    assert f'href="{first.headers["location"]}"' in changed.text
    anew = re.search(r'href="([^"]*/book\?[^"]*)"', changed.text)[1].replace("&amp;", "&")
    page = (await client.get(anew)).text
    assert f'value="{day(5)}"' in page and body["id"] not in page
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(StayBooking)) == 1
        await log_in(session, client, house.host.id)
    assert (await client.get(path)).headers["cache-control"] == "private, no-store"
