"""A season over HTTP: a rule makes the days, hosts change them, rest, call a day off; guests choose (BOOKINGS.md, 30-39)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import select

from app.core.clock import in_vietnam, today
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.tours import jobs
from storefront.tours.models import Booking, Departure
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, make_departure
from tests.journeys.test_visit import fill_form, open_visit, transfer

SATURDAY = date(2026, 11, 14)
"""The day after tomorrow; what is open there already has 09:00."""
SUNDAY = SATURDAY + timedelta(days=1)
RULE = {
    "from_on": "2026-11-13",
    "until_on": "2026-12-31",
    "weekdays": ["5", "6"],
    "starts": "08:00",
    "capacity": "12",
}


async def list_starts(db, tour_id):
    """Every departure that stands, as (day, hour, seats, state)."""
    async with db.transaction() as session:
        rows = await session.scalars(
            select(Departure)
            .where(Departure.tour_id == tour_id, Departure.dropped_at.is_(None))
            .order_by(Departure.starts_at)
        )
        return [
            (one.local_on, f"{in_vietnam(one.starts_at):%H:%M}", one.capacity, one.state.value)
            for one in rows
        ]


async def find_departure(db, tour_id, day, hour="08:00"):
    """The departure of a day at an hour."""
    async with db.transaction() as session:
        rows = await session.scalars(
            select(Departure).where(Departure.tour_id == tour_id, Departure.local_on == day)
        )
        return next(one for one in rows if f"{in_vietnam(one.starts_at):%H:%M}" == hour)


async def come(client, house, visit, departure, amount=380_000):
    """A party of three books a departure and pays: the link of its page."""
    _values, answer = await fill_form(client, visit, departure_id=str(departure.id))
    assert answer.status_code == 303, answer.text
    link = answer.headers["location"]
    await transfer(client, house, (await client.get(link)).text, amount)
    return link


async def owed(db, link_code):
    """What the books owe the visitor of a booking."""
    async with db.transaction() as session:
        booking = await session.scalar(select(Booking).where(Booking.code == link_code))
        return -await ledger.balance(session, accounts.refund_payable(PayableKind.BOOKING, booking.id))


async def lapse(db, house):
    """The job of every minute."""
    async with db.transaction() as session:
        await jobs.lapse_choices(session, now=house.clock.now())


def code_of(page):
    """The code of the booking whose page this is."""
    return re.search(r"<title>[^<]* · ([A-Z2-9]{7}) ·", page)[1]


async def test_a_season_makes_its_days(client, new_client, db):
    """Big buttons for the weekdays, hours and seats: the days stand in the shop, once, also when it is saved twice (30)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        path = f"/producer/tours/{visit.tour.id}/seasons"
        form = (await host.get(path)).text
        assert form.count('name="weekdays"') == 7 and form.count('class="tile"') >= 7
        refused = await host.post(path, data=RULE | {"weekdays": []})
        assert refused.status_code == 422 and 'value="08:00"' in refused.text
        made = await host.post(path, data=RULE)
        assert made.status_code == 303
        days = [day for day, hour, _seats, _state in await list_starts(db, visit.tour.id) if hour == "08:00"]
        assert days[0] == SATURDAY and {day.weekday() for day in days} == {5, 6}
        assert len(days) == 14 and days[-1] == date(2026, 12, 27)
        shown = (await client.get(f"/tours/{visit.tour.slug}")).text
        assert "thứ Bảy 14/11/2026, lúc 08:00" in shown and "còn 12 chỗ" in shown
        again = await host.post(path, data=RULE)
        assert again.status_code == 409
        assert len(await list_starts(db, visit.tour.id)) == 15
        page = (await host.get(made.headers["location"])).text
        assert "thứ Bảy, Chủ nhật" in page and "08:00" in page


async def test_this_day_only_and_this_and_following(client, new_client, house, db):
    """One day moves alone; from a day on all do, but for days with guests, which stay and are named (31, 32)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        await host.post(f"/producer/tours/{visit.tour.id}/seasons", data=RULE)
        first = await find_departure(db, visit.tour.id, SUNDAY)
        change = f"/producer/tours/departures/{first.id}/change"
        assert "08:00" in (await host.get(change)).text
        moved = await host.post(change, data={"starts": "10:00", "capacity": "6"})
        assert moved.status_code == 303
        assert (SUNDAY, "10:00", 6, "open") in await list_starts(db, visit.tour.id)
        assert (SUNDAY, "08:00", 12, "open") not in await list_starts(db, visit.tour.id)

        booked = await find_departure(db, visit.tour.id, SATURDAY + timedelta(days=7))
        await come(client, house, visit, booked)
        refused = await host.post(
            f"/producer/tours/departures/{booked.id}/change", data={"starts": "11:00", "capacity": "12"}
        )
        assert refused.status_code == 409 and "Đã có 3 người đặt" in refused.text

        rule = f"/producer/tours/seasons/{booked.rule_id}"
        following = {**RULE, "from_on": str(SATURDAY + timedelta(days=7)), "starts": "09:30", "capacity": "8"}
        split = await host.post(rule, data=following)
        assert split.status_code == 303 and split.headers["location"] != rule
        told = (await host.get(split.headers["location"])).text
        assert "1 ngày đã có khách nên giữ nguyên" in told
        assert "thứ Bảy 21/11/2026, lúc 08:00" in told
        starts = await list_starts(db, visit.tour.id)
        assert (SUNDAY, "10:00", 6, "open") in starts
        assert (SATURDAY + timedelta(days=7), "08:00", 12, "open") in starts
        assert not [one for one in starts if one[:2] == (SATURDAY + timedelta(days=7), "09:30")]
        assert (SUNDAY + timedelta(days=7), "09:30", 8, "open") in starts
        assert not [one for one in starts if one[0] > SUNDAY and one[1] == "08:00" and one[2] != 12]
        assert len([one for one in starts if one[1] == "08:00"]) == 2
        assert (await host.post(rule, data=following)).headers["location"] == split.headers["location"]
        assert (await host.post(rule, data=following | {"capacity": "9"})).status_code == 422

        ended = await host.post(f"{split.headers['location']}/end", data={"from_on": "2026-12-01"})
        assert ended.status_code == 303
        assert not [one for one in await list_starts(db, visit.tour.id) if one[0] >= date(2026, 12, 1)]


async def test_days_on_which_nobody_is_received(client, new_client, house, db):
    """A blackout day closes what nobody booked, names what somebody did, and opens again when it is taken back (33)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        await host.post(f"/producer/tours/{visit.tour.id}/seasons", data=RULE)
        booked = await find_departure(db, visit.tour.id, SATURDAY)
        await come(client, house, visit, booked)
        path = "/producer/tours/blackouts"
        assert (await host.get(path)).status_code == 200
        assert (await host.post(path, data={"from_on": "x"})).status_code == 422
        span = {"from_on": str(SATURDAY), "until_on": str(SUNDAY), "note": "Cưới con gái"}
        assert (await host.post(path, data=span)).status_code == 303
        assert (await host.post(path, data=span)).status_code == 303
        page = (await host.get(path)).text
        assert "Cưới con gái" in page and "1 nhóm, 3 người đã đặt" in page
        shown = (await client.get(f"/tours/{visit.tour.slug}")).text
        assert "14/11/2026" not in shown and "15/11/2026" not in shown
        _values, late = await fill_form(client, visit, departure_id=str(booked.id))
        assert late.status_code == 409
        one = {"from_on": str(SUNDAY), "starts": "15:00", "capacity": "5"}
        assert (await host.post(f"/producer/tours/{visit.tour.id}/dates", data=one)).status_code == 422
        assert (await host.post(f"/producer/tours/departures/{booked.id}/open")).status_code == 409
        for found in re.findall(r'action="(/producer/tours/blackouts/[^"]+/remove)"', page):
            assert (await host.post(found)).status_code == 303
        assert "14/11/2026, lúc 08:00" in (await client.get(f"/tours/{visit.tour.slug}")).text


async def test_booked_in_time_or_not_at_all(client, new_client, house, db):
    """So many hours before, and not after an hour of the day before: said on the page, and kept (34)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        words = {
            "title": "Hái chè",
            "summary": "Hái chè.",
            "meeting_point": "Cổng",
            "commune_text": "La Bằng",
            "duration_minutes": "180",
            "availability_type": "start_time",
            "cancellation_cutoff_hours": "24",
            "booking_lead_hours": "12",
            "booking_until": "17:00",
        }
        base = f"/producer/tours/{visit.tour.id}"
        assert (await host.post(base, data=words)).status_code == 303
        edit = (await host.get(base)).text
        assert 'value="17:00"' in edit
        shown = (await client.get(f"/tours/{visit.tour.slug}")).text
        assert "Đặt trước ít nhất 12 giờ" in shown and "17:00 hôm trước" in shown
        assert "Đặt ngày này" in shown
        # 16:59 on Friday, then 17:00.
        house.clock.advance(hours=31, minutes=59)
        values, in_time = await fill_form(client, visit)
        assert in_time.status_code == 303
        house.clock.advance(minutes=1)
        late = await client.post(f"/tours/{visit.tour.slug}/book", data=values | {"id": str(uuid7())})
        assert late.status_code == 409 and "không nhận khách nữa" in late.text


async def test_a_day_pass_from_gate_to_gate(client, new_client, house, db):
    """Opening hours by rule: the hours are shown, a pass is bought at noon and opens the gate the same afternoon (35)."""
    async with new_client() as host:
        visit = await open_visit(
            db,
            host,
            availability_type="opening_hours",
            starts_at=NOW + timedelta(days=9),
            duration_minutes=60,
        )
        path = f"/producer/tours/{visit.tour.id}/seasons"
        hours = RULE | {"starts": "07:00", "closes": "17:30", "capacity": "40"}
        assert (await host.post(path, data=hours | {"closes": "06:00"})).status_code == 422
        assert (await host.post(path, data=hours | {"starts_2": "09:00"})).status_code == 422
        assert (await host.post(path, data=hours)).status_code == 303
        assert (
            "thứ Bảy 14/11/2026, cả ngày, mở cổng 07:00 đến 17:30"
            in (await client.get(f"/tours/{visit.tour.slug}")).text
        )
        house.clock.advance(days=2, hours=3)  # Saturday, noon
        departure = await find_departure(db, visit.tour.id, SATURDAY, "07:00")
        link = await come(client, house, visit, departure)
        ticket = (await client.get(link)).text
        assert "mở cổng 07:00 đến 17:30" in ticket
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        code = re.search(r'<p class="code">([A-Z2-9]{7})</p>', ticket)[1]
        assert "Mời vào" in (await host.post("/producer/tours/gate", data={"code": code})).text
        house.clock.advance(hours=5, minutes=30)
        _values, late = await fill_form(client, visit, departure_id=str(departure.id))
        assert late.status_code == 409


async def test_a_whole_day_called_off_and_everybody_chooses(client, new_client, house, db, run_jobs):
    """One tap: who paid hears why, one takes another day, one takes the money, one says nothing and gets it (36, 37)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        await host.post(f"/producer/tours/{visit.tour.id}/seasons", data=RULE)
        early = await find_departure(db, visit.tour.id, SATURDAY)
        later = await find_departure(db, visit.tour.id, SUNDAY)
        moves, takes, silent = [
            await come(client, house, visit, one) for one in (early, visit.departure, early)
        ]
        _values, unpaid = await fill_form(client, visit)
        house.sms.sent.clear()
        path = "/producer/tours/day-off"
        page = (await host.get(path, params={"on": str(SATURDAY)})).text
        assert "3 nhóm" in page and "9 người" in page
        assert (await host.post(path, data={"on": str(SATURDAY)})).status_code == 422
        storm = {"on": str(SATURDAY), "reason": "weather", "note": "Bão số 9"}
        for _tap in range(2):
            done = await host.post(path, data=storm)
            assert done.status_code == 303
        page = (await host.get(done.headers["location"])).text
        assert "2 nhóm chưa chọn" in page and "1 nhóm chưa chọn" in page
        await run_jobs()
        assert sum("đừng chuyển tiền nữa" in text for _number, text in house.sms.sent) == 1
        assert any("Khách đã được nhắn tin" in text for _number, text in house.sms.sent)
        told = [text for _number, text in house.sms.sent if "bạn chọn ngày khác" in text]
        assert len(told) == 3 and all("mưa bão" in text for text in told)
        # The message leads to the party's own page, and that one to the choice.
        site = re.escape(house.settings.public_url.rstrip("/"))
        links = {re.search(rf"{site}(/bookings/\S+)\. Không chọn", text)[1] for text in told}
        assert links == {moves, takes, silent}
        for link in links:
            assert f'href="{link}/choice"' in (await client.get(link)).text
        off = (await client.get(unpaid.headers["location"])).text
        assert "Nhà vườn báo nghỉ, chỗ này không giữ nữa." in off and "Bạn chưa mất đồng nào." in off
        assert "Đã hủy" in (await client.get(unpaid.headers["location"])).text
        assert "Đã báo nghỉ" in (await client.get(f"/tours/{visit.tour.slug}")).text

        ticket = (await client.get(moves)).text
        assert "Vé vào cổng" not in ticket and "mưa bão" in ticket and "Bão số 9" in ticket
        assert f'href="{moves}/choice"' in ticket
        gate = await host.get("/producer/tours/gate", params={"code": code_of(ticket)})
        assert "báo nghỉ" in gate.text
        choice = (await client.get(f"{moves}/choice")).text
        assert str(later.id) in choice and str(early.id) not in choice and "380.000" in choice
        assert (await client.post(f"{moves}/choice/day", data={"departure_id": ""})).status_code == 422
        assert (
            await client.post(f"{moves}/choice/day", data={"departure_id": str(early.id)})
        ).status_code == 409
        chosen = await client.post(f"{moves}/choice/day", data={"departure_id": str(later.id)})
        assert (chosen.status_code, chosen.headers["location"]) == (303, moves)
        assert "15/11/2026" in (await client.get(moves)).text
        other = await client.post(f"{moves}/choice/money")
        assert other.status_code == 409 and "đã chọn" in other.text

        code = code_of((await client.get(takes)).text)
        for _tap in range(2):
            assert (await client.post(f"{takes}/choice/money")).status_code == 303
        assert await owed(db, code) == 380_000
        assert "380.000" in (await client.get(takes)).text

        house.clock.advance(hours=71)
        await lapse(db, house)
        code = code_of((await client.get(silent)).text)
        assert await owed(db, code) == 0
        house.clock.advance(hours=2)
        for _again in range(2):
            await lapse(db, house)
        await run_jobs()
        assert any("đã hết hạn chọn" in text for _number, text in house.sms.sent)
        assert await owed(db, code) == 380_000
        assert (
            await client.post(f"{silent}/choice/day", data={"departure_id": str(later.id)})
        ).status_code == 409
        async with db.transaction() as session:
            assert [
                (await session.get_one(Departure, one.id)).taken for one in (early, visit.departure, later)
            ] == [0, 0, 3]


async def test_only_the_hosts_people_call_a_day_off(client, new_client, db):
    """Another producer's people see nothing of the day, a plain member of this one may not call it off (36)."""
    async with new_client() as host, new_client() as other, new_client() as member:
        visit = await open_visit(db, host)
        await open_visit(db, other)
        async with db.transaction() as session:
            person = await make_person(session)
            await make_membership(
                session, producer_id=visit.producer.id, person_id=person.id, role=Role.MEMBER
            )
            await log_in(session, member, person.id)
            strange = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=20))
        off = {"on": str(SATURDAY), "reason": "road"}
        path = "/producer/tours/day-off"
        assert (await member.post(path, data=off)).status_code == 403
        assert (await client.post(path, data=off)).headers["location"].startswith("/login")
        # The other producer calls its own day off, nobody else's.
        assert (await other.post(path, data=off)).status_code == 303
        assert {one[3] for one in await list_starts(db, visit.tour.id)} == {"open"}
        for act in ("change", "off"):
            door = f"/producer/tours/departures/{strange.id}/{act}"
            assert (await other.get(door)).status_code == 404
        assert (
            await other.post(f"/producer/tours/departures/{strange.id}/off", data={"reason": "road"})
        ).status_code == 404
        assert today(NOW) < SATURDAY


async def test_one_departure_called_off(client, new_client, house, db):
    """One departure alone goes the same way; a reason is needed, and visitors inside make it stand (36)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        path = f"/producer/tours/departures/{visit.departure.id}/off"
        nobody = (await host.get(path)).text
        assert "Chưa có ai trả tiền cho ngày này." in nobody and "nhắn cho khách" not in nobody
        link = await come(client, house, visit, visit.departure)
        assert path in (await host.get(f"/producer/tours/{visit.tour.id}/dates")).text
        shown = (await client.get(f"/tours/{visit.tour.slug}/book")).text
        assert "Không thấy ngày bạn muốn?" not in shown
        assert "1 nhóm, 3 người đã trả tiền" in (await host.get(path)).text
        assert (await host.post(path, data={"reason": "boredom"})).status_code == 422
        house.clock.advance(days=2, minutes=-30)
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        code = code_of((await client.get(link)).text)
        assert (await host.post("/producer/tours/gate", data={"code": code})).status_code == 200
        refused = await host.post(path, data={"reason": "weather"})
        assert refused.status_code == 409 and "Đã có khách vào cổng" in refused.text
        assert "không báo nghỉ được" in (await host.get(path)).text


async def test_a_day_gone_by_is_not_called_off(new_client, db):
    """Yesterday cannot be called off, and a form without a day never means today (36)."""
    async with new_client() as host:
        visit = await open_visit(db, host, starts_at=NOW + timedelta(hours=1))
        path = "/producer/tours/day-off"
        gone = {"on": str(today(NOW) - timedelta(days=1)), "reason": "farm"}
        refused = await host.post(path, data=gone)
        assert refused.status_code == 422 and "đã qua rồi" in refused.text
        assert (await host.post(path, data={"reason": "farm"})).status_code == 422
        assert [one[3] for one in await list_starts(db, visit.tour.id)] == ["open"]


async def test_seasons_refused_in_words(new_client, db):
    """What cannot be is said beside the field, and what was typed stays (30-33)."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        made = await host.post(f"/producer/tours/{visit.tour.id}/seasons", data=RULE)
        rule = made.headers["location"]
        unread = await host.post(rule, data=RULE | {"capacity": "nhiều"})
        assert unread.status_code == 422 and 'value="nhiều"' in unread.text
        outside = await host.post(rule, data=RULE | {"from_on": "2027-03-01", "until_on": "2027-04-01"})
        assert outside.status_code == 422 and "nằm ngoài lịch" in outside.text
        for day in ("x", "2027-03-01"):
            assert (await host.post(f"{rule}/end", data={"from_on": day})).status_code == 422
        change = f"/producer/tours/departures/{visit.departure.id}/change"
        assert (await host.post(change, data={"starts": "", "capacity": "3"})).status_code == 422
        assert (await host.post(change, data={"starts": "08:00", "capacity": "3"})).status_code == 422
        gone = {"from_on": "2026-01-01"}
        assert (await host.post("/producer/tours/blackouts", data=gone)).status_code == 422
        unread = await host.post(f"/producer/tours/{visit.tour.id}/seasons", data=RULE | {"capacity": "0"})
        assert unread.status_code == 422
        day = await find_departure(db, visit.tour.id, SATURDAY)
        page = await host.get(f"/producer/tours/departures/{day.id}/change")
        assert f"{rule}?from_on={SATURDAY}" in page.text
        assert f'value="{SATURDAY}"' in (await host.get(f"{rule}?from_on={SATURDAY}")).text
