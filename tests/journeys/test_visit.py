"""A visit over HTTP: invited, booked, paid by transfer, let in once."""

from __future__ import annotations

import re
from datetime import timedelta

from app.core.clock import today
from producers.cooperatives.models import Role
from storefront.tours.models import Departure
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, make_departure, make_visit
from tests.fakes import sepay

PHONE = "0912 345 678"


async def fill_form(visitor, visit, **overrides):
    """Open the booking form and send it as a browser would: the response."""
    page = (await visitor.get(f"/tours/{visit.tour.slug}/book")).text
    booking_id = re.search(r'name="id" value="([^"]+)"', page)[1]
    adult, child, _family = (unit.id for unit in visit.units.values())
    values = {
        "id": booking_id,
        "departure_id": str(visit.departure.id),
        f"unit_{adult}": "2",
        f"unit_{child}": "1",
        "contact_name": "Chị Mai",
        "contact_phone": PHONE,
        "note": "Có cụ già",
    }
    return values, await visitor.post(f"/tours/{visit.tour.slug}/book", data=values | overrides)


async def open_visit(db, host, **overrides):
    """A tour with a departure; `host` is the browser of its manager."""
    async with db.transaction() as session:
        visit = await make_visit(session, **overrides)
        await log_in(session, host, visit.host.id)
    return visit


async def transfer(client, house, page, amount):
    """The visitor's bank reports the transfer that the page asks for."""
    memo = re.search(r"CP[A-Z0-9]{7}", page)[0]
    body = sepay.make_body(content=memo, transferAmount=amount)
    return await sepay.send(client, body, now=house.clock.now())


async def test_booked_paid_and_let_in_once(client, new_client, house, db, run_jobs):
    """Book, pay by transfer, show the ticket at the gate: the door opens once and names who opened it."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        assert "20" in (await client.get(f"/tours/{visit.tour.slug}")).text
        values, answer = await fill_form(client, visit)
        assert answer.status_code == 303
        link = answer.headers["location"]
        assert (await client.post(f"/tours/{visit.tour.slug}/book", data=values)).headers["location"] == link
        waiting = (await client.get(link)).text
        assert "380.000" in waiting
        assert "Vé vào cổng" not in waiting
        assert "còn 17 chỗ" in (await client.get(f"/tours/{visit.tour.slug}")).text

        assert (await transfer(client, house, waiting, 380_000)).status_code == 200
        ticket = (await client.get(link)).text
        assert "Vé vào cổng" in ticket
        code = re.search(r'<p class="code">([A-Z2-9]{7})</p>', ticket)[1]
        await run_jobs()
        sent = dict(house.sms.sent)
        assert code in sent["+84912345678"]
        assert "http" not in sent["+84912345678"]
        assert "Chị Mai" in sent[visit.host.phone]
        calendar = await client.get(f"{link}/visit.ics")
        assert calendar.content.startswith(b"BEGIN:VCALENDAR\r\n")

        early = await host.get("/producer/tours/gate", params={"code": code})
        assert "không phải của hôm nay" in early.text
        assert (await host.post("/producer/tours/gate", data={"code": code})).status_code == 409
        house.clock.advance(days=2, minutes=-30)
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        ready = await host.get("/producer/tours/gate", params={"code": code.lower()})
        assert "Vé đúng" in ready.text
        assert "380.000" in ready.text
        welcome = await host.post("/producer/tours/gate", data={"code": code})
        assert welcome.status_code == 200
        assert "Mời vào: Chị Mai, 3 người" in welcome.text
        again = await host.post("/producer/tours/gate", data={"code": code})
        assert again.status_code == 409
        assert "đã vào cổng lúc 08:30 hôm nay, do Anh Tuấn soát" in again.text
        manifest = await host.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})
        assert "0912 345 678" in manifest.text
        assert "3 đã vào" in manifest.text


async def test_a_hold_ends_and_is_booked_again(client, new_client, house, db):
    """After 15 minutes the page says so in words, and one link leads to the form with everything filled in."""
    async with new_client() as host:
        visit = await open_visit(db, host)
    _values, answer = await fill_form(client, visit)
    house.clock.advance(minutes=16)
    page = (await client.get(answer.headers["location"])).text
    assert "Đã hết giờ giữ chỗ nên" in page
    again = re.search(r'href="(/tours/[^"]+/book\?[^"]+)"', page)[1].replace("&amp;", "&")
    form = (await client.get(again)).text
    assert 'value="Chị Mai"' in form
    assert "Có cụ già" in form


async def test_a_hold_is_kept_longer(client, new_client, house, db):
    """The page says until when, in words; one button keeps the seats a quarter of an hour more (BOOKINGS.md, 40, 41)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
    _values, answer = await fill_form(client, visit)
    link = answer.headers["location"]
    page = (await client.get(link)).text
    assert re.search(r'<p role="status"[^>]*>Chỗ của bạn được giữ đến [^<]+</p>', page)
    assert "Còn bấm được 10 lần" in page
    house.clock.advance(minutes=10)
    assert (await client.post(f"{link}/extend")).headers["location"] == link
    house.clock.advance(minutes=14)
    page = (await client.get(link)).text
    assert "Còn bấm được 9 lần" in page
    assert (await transfer(client, house, page, 380_000)).status_code == 200
    assert "Vé vào cổng" in (await client.get(link)).text
    late = await client.post(f"{link}/extend")
    assert late.status_code == 409
    assert "Chỗ này đã trả tiền rồi" in late.text
    assert "Chỗ của bạn được giữ đến" not in late.text


async def test_cancelled_in_time_and_not_after(client, new_client, house, db):
    """A paid visitor cancels in time and gets all back; another, too late, is told why not."""
    async with new_client() as host:
        visit = await open_visit(db, host)
    _values, answer = await fill_form(client, visit)
    link = answer.headers["location"]
    await transfer(client, house, (await client.get(link)).text, 380_000)
    assert (await client.post(f"{link}/cancel")).status_code == 303
    assert "380.000" in (await client.get(link)).text
    assert "còn 20 chỗ" in (await client.get(f"/tours/{visit.tour.slug}")).text
    _values, answer = await fill_form(client, visit)
    link = answer.headers["location"]
    await transfer(client, house, (await client.get(link)).text, 380_000)
    house.clock.advance(hours=30)
    late = await client.post(f"{link}/cancel")
    assert late.status_code == 409
    assert "Đã quá hạn hủy" in late.text


async def test_refused_forms_keep_what_was_typed(client, new_client, db):
    """Sold out, nobody to come and a wrong number are said in words beside the form, with everything still there."""
    async with new_client() as host:
        visit = await open_visit(db, host, capacity=2)
    _values, sold_out = await fill_form(client, visit)
    assert sold_out.status_code == 409
    assert "Chỉ còn 2 chỗ" in sold_out.text
    assert 'value="Chị Mai"' in sold_out.text
    _values, wrong = await fill_form(client, visit, contact_phone="12")
    assert wrong.status_code == 422
    _values, odd = await fill_form(client, visit, unit_x="3")
    assert odd.status_code == 422
    assert (await client.get("/tours/khong-co")).status_code == 404
    assert (await client.get("/bookings/khong-co")).status_code == 404


async def test_a_host_invites_visitors(client, new_client, db):
    """Words, a price, dates, and the tour stands in the shop; unpublished it is gone."""
    async with new_client() as host:
        await open_visit(db, host)
        words = {
            "title": "Thăm ao cá tầm",
            "summary": "Xem cá, ăn cá.",
            "meeting_point": "Cổng trại",
            "duration_minutes": "240",
            "availability_type": "opening_hours",
            "cancellation_cutoff_hours": "24",
        }
        refused = await host.post("/producer/tours/new", data=words | {"commune_text": "không đâu cả"})
        assert refused.status_code == 422
        made = await host.post("/producer/tours/new", data=words | {"commune_text": "La Bằng"})
        assert made.status_code == 303
        prices = made.headers["location"]
        base = prices.removesuffix("/prices")
        assert (await host.post(f"{base}/publish")).status_code == 422
        empty = await host.post(prices, data={"name": "Vé ngày", "max_units": "10"})
        assert empty.status_code == 422
        priced = await host.post(prices, data={"name": "Vé ngày", "max_units": "10", "adult_minor": "50k"})
        assert priced.status_code == 303
        day = today(NOW) + timedelta(days=3)
        dates = {"from_on": str(day), "starts": "07:30", "capacity": "30"}
        assert (await host.post(f"{base}/dates", data=dates | {"from_on": "2020-01-01"})).status_code == 422
        assert (await host.post(f"{base}/dates", data=dates | {"from_on": "x"})).status_code == 422
        repeated = dates | {"until_on": str(day + timedelta(days=13)), "weekdays": ["5", "6"]}
        assert (await host.post(f"{base}/dates", data=repeated)).status_code == 303
        assert (await host.post(f"{base}/publish")).status_code == 303
        listed = (await client.get("/tours")).text
        assert "Thăm ao cá tầm" in listed
        assert "50.000" in listed
        shown = await client.get("/tours/tham-ao-ca-tam")
        assert shown.text.count("còn 30 chỗ") == 4
        assert "cả ngày, mở cổng 07:30 đến 11:30" in shown.text
        assert "Thăm ao cá tầm" in (await host.get("/producer/tours")).text
        for path in ("", "/prices", "/dates"):
            assert (await host.get(f"{base}{path}")).status_code == 200
        changed = words | {"commune_text": "La Bằng", "title": "Thăm ao cá hồi"}
        assert (await host.post(base, data=changed)).status_code == 303
        retyped = changed | {"availability_type": "start_time"}
        assert (await host.post(base, data=retyped)).status_code == 409
        assert (await host.post(base, data=changed | {"title": ""})).status_code == 422
        assert (await host.post(f"{base}/unpublish")).status_code == 303
        assert (await client.get("/tours/tham-ao-ca-tam")).status_code == 404


async def test_a_host_changes_a_date(client, new_client, house, db, run_jobs):
    """More seats, never fewer than taken; closed, opened again, called off: the visitor gets word and money back."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        _values, answer = await fill_form(client, visit)
        link = answer.headers["location"]
        await transfer(client, house, (await client.get(link)).text, 380_000)
        base = f"/producer/tours/departures/{visit.departure.id}"
        assert (await host.post(f"{base}/capacity", data={"capacity": "2"})).status_code == 409
        assert (await host.post(f"{base}/capacity", data={"capacity": "x"})).status_code == 422
        assert (await host.post(f"{base}/capacity", data={"capacity": "3"})).status_code == 303
        assert "hết chỗ" in (await client.get(f"/tours/{visit.tour.slug}")).text
        assert (await host.post(f"{base}/closed")).status_code == 303
        assert (await host.post(f"{base}/go")).status_code == 409
        assert (await host.post(f"{base}/open")).status_code == 303
        assert (await host.post(f"{base}/cancelled")).status_code == 409
        assert (await host.post(f"{base}/off", data={"reason": "road"})).status_code == 303
        await run_jobs()
        assert any("lấy lại đủ 380.000" in text for _phone, text in house.sms.sent)
        assert (await client.post(f"{link}/cancel")).status_code == 303
        async with db.transaction() as session:
            assert (await session.get_one(Departure, visit.departure.id)).taken == 0
        assert "Đã báo nghỉ" in (await client.get(f"/tours/{visit.tour.slug}")).text


async def test_the_gate_refuses_in_words(client, new_client, db):
    """An empty page asks for a code; a slip, an unknown code and a stranger's are refused in words."""
    async with new_client() as host, new_client() as other:
        await open_visit(db, host)
        stranger = await open_visit(db, other)
        _values, answer = await fill_form(client, stranger)
        assert (await host.get("/producer/tours/gate")).status_code == 200
        slip = await host.get("/producer/tours/gate", params={"code": "ABCDEFG"})
        assert slip.status_code == 404
        assert "sai một chữ" in slip.text
        page = (await client.get(answer.headers["location"])).text
        code = re.search(r"<title>[^<]* · ([A-Z2-9]{7}) ·", page)[1]
        foreign = await host.get("/producer/tours/gate", params={"code": code})
        assert foreign.status_code == 404
        unpaid = await other.get("/producer/tours/gate", params={"code": code})
        assert "chưa trả tiền" in unpaid.text
        assert (await host.post("/producer/tours/gate", data={"code": code})).status_code == 404
        assert (await client.get("/producer/tours/gate")).headers["location"].startswith("/login?next=")


async def test_a_member_looks_and_does_not_touch(new_client, house, db):
    """A plain member sees tours, dates and the gate, and is refused every act that changes something."""
    async with new_client() as host, new_client() as member:
        visit = await open_visit(db, host)
        async with db.transaction() as session:
            person = await make_person(session)
            await make_membership(
                session, producer_id=visit.producer.id, person_id=person.id, role=Role.MEMBER
            )
            await log_in(session, member, person.id)
        base = f"/producer/tours/{visit.tour.id}"
        for path in ("/producer/tours", f"{base}/dates", "/producer/tours/gate", "/producer/tours/day"):
            assert (await member.get(path)).status_code == 200
        assert "Thêm chuyến" not in (await member.get("/producer/tours")).text
        departure = f"/producer/tours/departures/{visit.departure.id}"
        for path in (base, f"{base}/dates", f"{base}/prices", f"{base}/unpublish", f"{departure}/off"):
            assert (await member.post(path, data={})).status_code == 403
        assert (await member.post("/producer/tours/gate", data={"code": "X"})).status_code == 403
        assert (await host.get("/producer/tours/new")).status_code == 200


async def test_photos_of_a_tour(new_client, db):
    """A photo sent with the form is shown; a file that is no photo is refused beside its field; removed it is gone."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        base = f"/producer/tours/{visit.tour.id}"
        words = {
            "title": "Hái chè",
            "summary": "Hái chè.",
            "meeting_point": "Cổng",
            "commune_text": "La Bằng",
            "duration_minutes": "180",
            "availability_type": "start_time",
            "cancellation_cutoff_hours": "24",
        }
        bad = await host.post(base, data=words, files={"photos": ("a.webp", b"no picture", "image/webp")})
        assert bad.status_code == 422
        good = {"photos": ("a.png", picture_bytes(), "image/png")}
        assert (await host.post(base, data=words, files=good)).status_code == 303
        photo_id = re.search(r'name="removed_photo" value="([^"]+)"', (await host.get(base)).text)[1]
        assert photo_id in (await host.get(f"/tours/{visit.tour.slug}")).text
        assert (await host.post(base, data=words | {"removed_photo": photo_id})).status_code == 303
        assert "removed_photo" not in (await host.get(base)).text


async def test_a_paid_party_goes_on_another_day(client, new_client, house, db, run_jobs):
    """On its own page a party sees the days that have room for all, moves, and both sides hear of it (BOOKINGS.md, 14)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        async with db.transaction() as session:
            other = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
            full = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=6), capacity=2)
        _values, answer = await fill_form(client, visit)
        link = answer.headers["location"]
        page = (await client.get(link)).text
        await transfer(client, house, page, 380_000)
        house.sms.sent.clear()
        assert f'href="{link}/day"' in (await client.get(link)).text
        choice = (await client.get(f"{link}/day")).text
        assert (
            str(other.id) in choice and str(full.id) not in choice and str(visit.departure.id) not in choice
        )
        refused = await client.post(f"{link}/day", data={"departure_id": str(full.id)})
        assert refused.status_code == 409 and "2" in refused.text
        assert (await client.post(f"{link}/day", data={"departure_id": ""})).status_code == 422
        moved = await client.post(f"{link}/day", data={"departure_id": str(other.id)})
        assert (moved.status_code, moved.headers["location"]) == (303, link)
        await run_jobs()
        ticket = (await client.get(link)).text
        assert "17/11/2026" in ticket and "14/11/2026" not in ticket
        told = [text for _number, text in house.sms.sent]
        assert any("đã đổi sang" in text for text in told) and any("Khách đổi ngày" in text for text in told)
        assert "Chị Mai" in (await host.get("/producer/tours/day?on=2026-11-17")).text
        assert "Chị Mai" not in (await host.get("/producer/tours/day?on=2026-11-14")).text
        house.clock.advance(days=4, hours=22)
        assert f'href="{link}/day"' not in (await client.get(link)).text
        assert "Đã quá hạn đổi ngày" in (await client.get(f"{link}/day")).text


async def test_a_party_that_never_stops_moving_is_stopped(client, new_client, house, db):
    """Ten moves a day: each is a short message to the host (BOOKINGS.md, 14)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        async with db.transaction() as session:
            other = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
        _values, answer = await fill_form(client, visit)
        link = answer.headers["location"]
        days = [other.id, visit.departure.id] * 5
        told = [
            await client.post(f"{link}/day", data={"departure_id": str(day)}) for day in [*days, other.id]
        ]
        assert [one.status_code for one in told] == [303] * 10 + [429]
        house.clock.advance(days=1, minutes=1)
        assert (await client.get(link)).status_code == 200
