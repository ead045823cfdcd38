"""Go or no go over HTTP: a day that needs enough guests, and a day that the host does not know yet."""

from __future__ import annotations

import re
from datetime import timedelta

from app.core.clock import today
from storefront.tours import jobs
from storefront.tours.models import BelowRule
from tests.factories.people import log_in
from tests.factories.visits import NOW
from tests.journeys.test_visit import fill_form, open_visit, transfer
from tests.journeys.test_waiting import FIRST, work

START = timedelta(days=7)
WORDS = {
    "title": "Hái chè xuân",
    "summary": "Hái chè.",
    "meeting_point": "Cổng",
    "commune_text": "La Bằng",
    "duration_minutes": "180",
    "availability_type": "start_time",
    "cancellation_cutoff_hours": "72",
}


async def look(db, house, run_jobs):
    """The clock's own look at the days that must be decided, then the worker."""
    async with db.transaction() as session:
        await jobs.look_for_undecided(session, now=house.clock.now())
    await work(run_jobs)


async def book_and_pay(client, house, visit, **overrides):
    """Three people book and pay: their page."""
    _values, answer = await fill_form(client, visit, **overrides)
    link = answer.headers["location"]
    await transfer(client, house, (await client.get(link)).text, 380_000)
    return link


async def test_too_few_guests(client, new_client, house, db, run_jobs):
    """Everybody reads what is needed and until when; nobody is bound before; below it the day is off, and who has paid chooses."""
    async with new_client() as host:
        visit = await open_visit(
            db,
            host,
            starts_at=house.clock.now() + START,
            minimum_heads=6,
            decide_hours=48,
            cancellation_cutoff_hours=72,
        )
        assert "đủ 6 người mới đi" in (await client.get(f"/tours/{visit.tour.slug}")).text
        assert "đủ 6 người mới đi" in (await client.get(f"/tours/{visit.tour.slug}/book")).text
        dates = f"/producer/tours/{visit.tour.id}/dates"
        assert "Chắc chắn đón, báo khách" in (await host.get(dates)).text
        first, second = [await book_and_pay(client, house, visit) for _party in range(2)]
        await work(run_jobs)
        assert "đủ 6 người mới đi" in dict(house.sms.sent)["+84912345678"]
        house.clock.advance(days=4, hours=12)
        page = (await client.get(first)).text
        assert "Hủy không mất tiền cho đến khi nhà vườn báo chắc chắn đi" in page
        assert (await client.post(f"{first}/cancel")).status_code == 303
        house.sms.sent.clear()
        house.clock.advance(hours=12)
        await look(db, house, run_jobs)
        sent = dict(house.sms.sent)
        assert "chưa đủ khách để đi" in sent["+84912345678"] and "380.000" in sent["+84912345678"]
        assert "chưa đủ khách để đi" in sent[visit.host.phone]
        assert "Chọn ngày khác hay lấy lại tiền" in (await client.get(second)).text
        assert (await client.post(f"{second}/cancel")).status_code == 303
        assert "Đã hủy" in (await client.get(second)).text
        assert "Đã báo nghỉ" in (await client.get(f"/tours/{visit.tour.slug}")).text


async def test_enough_guests(client, new_client, house, db, run_jobs):
    """At the hour enough have paid: it is sure, everybody hears of it, and is bound from then on."""
    async with new_client() as host:
        visit = await open_visit(
            db, host, starts_at=house.clock.now() + START, minimum_heads=6, cancellation_cutoff_hours=72
        )
        first, _second = [await book_and_pay(client, house, visit) for _party in range(2)]
        await work(run_jobs)
        house.sms.sent.clear()
        house.clock.advance(days=5)
        await look(db, house, run_jobs)
        told = [phone for phone, text in house.sms.sent if "chắc chắn đi" in text]
        assert told == ["+84912345678"] * 2
        assert (await client.post(f"{first}/cancel")).status_code == 409
        assert "người mới đi" not in (await client.get(first)).text


async def test_the_host_goes_anyway(client, new_client, house, db, run_jobs):
    """One tap on the day's page makes it sure, however few they are; who is asked and says nothing calls it off."""
    async with new_client() as host:
        visit = await open_visit(
            db, host, starts_at=house.clock.now() + START, minimum_heads=6, below=BelowRule.ASK
        )
        await book_and_pay(client, house, visit)
        house.clock.advance(days=5)
        await look(db, house, run_jobs)
        assert "Mới có 3 trên 6 người" in dict(house.sms.sent)[visit.host.phone]
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        day = (await host.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})).text
        assert "3 trên 6 người" in day
        act = re.search(r'action="(/producer/tours/departures/[^"]+/go)"', day)[1]
        assert (await host.post(act)).status_code == 303
        house.sms.sent.clear()
        await look(db, house, run_jobs)
        assert "chắc chắn đi" in dict(house.sms.sent)["+84912345678"]
        house.clock.advance(days=1)
        await look(db, house, run_jobs)
        day = (await host.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})).text
        assert "Vẫn đón" not in day


async def test_a_host_asks_for_enough_guests(new_client, db):
    """The form of a tour asks how many are needed, by when, and what happens below."""
    async with new_client() as host:
        await open_visit(db, host)
        needs = {"minimum_heads": "8", "decide_hours": "24", "below": "ask"}
        made = await host.post("/producer/tours/new", data=WORDS | needs)
        form = (await host.get(made.headers["location"].removesuffix("/prices"))).text
        assert re.search(r'name="minimum_heads"[^>]* value="8"', form)
        assert '<option value="24" selected>' in form
        assert (
            await host.post("/producer/tours/new", data=WORDS | {"minimum_heads": "x"})
        ).status_code == 422


async def test_a_day_that_the_host_does_not_know_yet(client, new_client, house, db, run_jobs):
    """Guests leave their names and pay nothing; the host confirms the day, and each party in turn has seats and a link."""
    async with new_client() as host:
        visit = await open_visit(db, host)
        base = f"/producer/tours/{visit.tour.id}/dates"
        day = today(NOW) + timedelta(days=9)
        dates = {"from_on": str(day), "starts": "07:30", "capacity": "3", "is_provisional": "1"}
        assert (await host.post(base, data=dates)).status_code == 303
        assert "Chốt ngày, nhắn khách trả tiền" in (await host.get(base)).text
        assert "Không thấy ngày bạn muốn?" in (await client.get(f"/tours/{visit.tour.slug}/book")).text
        shown = (await client.get(f"/tours/{visit.tour.slug}")).text
        assert "Chưa chốt ngày" in shown
        link = re.search(r'href="(/tours/[^"]+/wait\?departure_id=([^"]+))"', shown)
        form = (await client.get(link[1])).text
        adult = next(iter(visit.units.values())).id
        values = {
            "id": re.search(r'name="id" value="([^"]+)"', form)[1],
            "departure_id": link[2],
            f"unit_{adult}": "3",
            "contact_name": "Anh Nam",
            "contact_phone": FIRST,
        }
        answer = await client.post(f"/tours/{visit.tour.slug}/wait", data=values)
        place = answer.headers["location"]
        assert "chưa chốt ngày này" in (await client.get(place)).text
        booking = await client.post(f"/tours/{visit.tour.slug}/book", data=values)
        assert booking.status_code == 409
        await work(run_jobs)
        assert house.sms.sent == []
        assert (await host.post(f"/producer/tours/departures/{link[2]}/open")).status_code == 303
        assert "Xem và trả tiền" in (await client.get(place)).text
        assert "hết chỗ" in (await client.get(f"/tours/{visit.tour.slug}")).text
        await work(run_jobs)
        assert place in dict(house.sms.sent)["+84912000111"]


async def test_names_on_a_day_that_is_called_off(client, new_client, house, db, run_jobs):
    """Whoever left a name hears that the day is off, once, and has paid nothing."""
    async with new_client() as host:
        visit = await open_visit(db, host, capacity=3)
        values, _answer = await fill_form(client, visit)
        page = (await client.get(f"/tours/{visit.tour.slug}/wait")).text
        values |= {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "contact_phone": FIRST}
        assert (await client.post(f"/tours/{visit.tour.slug}/wait", data=values)).status_code == 303
        base = f"/producer/tours/departures/{visit.departure.id}"
        assert (await host.post(f"{base}/off", data={"reason": "road"})).status_code == 303
        for _time in range(2):
            async with db.transaction() as session:
                await jobs.think_of_waiting(session, now=house.clock.now())
            await work(run_jobs)
        [(phone, words)] = [one for one in house.sms.sent if "danh sách chờ" in one[1]]
        assert phone == "+84912000111" and "chưa mất đồng nào" in words
