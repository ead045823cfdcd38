"""The waiting list over HTTP: a sold-out day, names left, seats that come back to the first party that fits."""

from __future__ import annotations

import re
from datetime import timedelta

from storefront.tours import sweeping
from storefront.tours.models import UnitType
from tests.factories.people import log_in
from tests.journeys.test_visit import fill_form, open_visit, transfer

FIRST, SECOND = "0912 000 111", "0912 000 222"


async def wait_for(visitor, visit, *, adults, phone, name="Anh Nam", **overrides):
    """Open the form of the waiting list and send it as a browser would: (values, response)."""
    page = await visitor.get(
        f"/tours/{visit.tour.slug}/wait", params={"departure_id": str(visit.departure.id)}
    )
    assert page.status_code == 200
    values = {
        "id": re.search(r'name="id" value="([^"]+)"', page.text)[1],
        "departure_id": str(visit.departure.id),
        f"unit_{visit.units[UnitType.ADULT].id}": str(adults),
        "contact_name": name,
        "contact_phone": phone,
        "note": "",
    }
    values |= overrides
    return values, await visitor.post(f"/tours/{visit.tour.slug}/wait", data=values)


async def work(run_jobs):
    """The worker's rounds: what one job hands on is done in the next."""
    for _round in range(3):
        await run_jobs()


async def test_seats_come_back_to_the_first_party_that_fits(client, new_client, house, db, run_jobs):
    """Sold out, two parties wait; one cancels: the first that fits is offered its seats, lets them go, the next pays."""
    async with new_client() as host:
        visit = await open_visit(db, host, capacity=3, starts_at=house.clock.now() + timedelta(days=7))
        _values, answer = await fill_form(client, visit)
        booked = answer.headers["location"]
        await transfer(client, house, (await client.get(booked)).text, 380_000)
        await work(run_jobs)
        shown = (await client.get(f"/tours/{visit.tour.slug}")).text
        assert f"/tours/{visit.tour.slug}/wait?departure_id={visit.departure.id}" in shown

        values, answer = await wait_for(client, visit, adults=2, phone=FIRST)
        assert answer.status_code == 303
        first = answer.headers["location"]
        assert re.fullmatch(r"/waiting/[a-z2-7]{26}", first)
        again = await client.post(f"/tours/{visit.tour.slug}/wait", data=values)
        assert again.headers["location"] == first
        _values, twice = await wait_for(client, visit, adults=1, phone=FIRST)
        assert twice.status_code == 409
        assert "đang chờ ngày này rồi" in twice.text
        _values, answer = await wait_for(client, visit, adults=3, phone=SECOND, name="Chị Hoa")
        second = answer.headers["location"]
        assert "đang ở đầu danh sách" in (await client.get(first)).text
        assert "Trước bạn còn 1 nhóm" in (await client.get(second)).text
        day = await host.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})
        assert day.text.index("Anh Nam") < day.text.index("Chị Hoa")

        house.sms.sent.clear()
        assert (await client.post(f"{booked}/cancel")).status_code == 303
        await work(run_jobs)
        sent = dict(house.sms.sent)
        assert first in sent["+84912000111"]
        assert "+84912000222" not in sent
        offered = (await client.get(first)).text
        link = re.search(r'href="(/bookings/[a-z2-7]+)"', offered)[1]
        assert "300.000" in (await client.get(link)).text
        assert "còn 1 chỗ" in (await client.get(f"/tours/{visit.tour.slug}")).text

        house.sms.sent.clear()
        house.clock.advance(hours=12)
        async with db.transaction() as session:
            await sweeping.expire_holds(session, now=house.clock.now())
        await work(run_jobs)
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        assert "hết giờ giữ chỗ" in (await client.get(first)).text
        assert second in dict(house.sms.sent)["+84912000222"]
        link = re.search(r'href="(/bookings/[a-z2-7]+)"', (await client.get(second)).text)[1]
        page = (await client.get(link)).text
        assert (await transfer(client, house, page, 450_000)).status_code == 200
        assert "Vé vào cổng" in (await client.get(link)).text
        assert "Vé của bạn" in (await client.get(second)).text
        day = await host.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})
        assert "3 người đã trả tiền" in day.text
        assert "Anh Nam" not in day.text


async def test_leaving_the_list(client, new_client, house, db, run_jobs):
    """Whoever leaves is asked no more; whoever leaves with seats in hand gives them to the next (BOOKINGS.md, 46)."""
    async with new_client() as host:
        visit = await open_visit(db, host, capacity=3, starts_at=house.clock.now() + timedelta(days=7))
        _values, answer = await fill_form(client, visit)
        booked = answer.headers["location"]
        links = []
        for number in range(3):
            _values, answer = await wait_for(client, visit, adults=3, phone=f"0912 000 33{number}")
            links.append(answer.headers["location"])
        assert (await client.post(f"{links[0]}/leave")).headers["location"] == links[0]
        assert (await client.post(f"{links[0]}/leave")).status_code == 303
        assert "Bạn đã rời danh sách chờ" in (await client.get(links[0])).text
        await client.post(f"{booked}/cancel")
        await work(run_jobs)
        assert set(dict(house.sms.sent)) == {"+84912000331"}
        assert (await client.post(f"{links[1]}/leave")).status_code == 303
        await work(run_jobs)
        assert set(dict(house.sms.sent)) == {"+84912000331", "+84912000332"}
        base = f"/producer/tours/departures/{visit.departure.id}"
        assert (await host.post(f"{base}/off", data={"reason": "road"})).status_code == 303
        assert "nghỉ ngày này" in (await client.get(links[2])).text
        assert (await client.get("/waiting/khong-co")).status_code == 404


async def test_a_day_with_room_is_booked_not_waited_for(client, new_client, house, db, run_jobs):
    """Room for the party: the form leads to booking; too little room: the refusal leads to the list, all filled in."""
    async with new_client() as host:
        visit = await open_visit(db, host, capacity=2, starts_at=house.clock.now() + timedelta(days=7))
        _values, refused = await wait_for(client, visit, adults=2, phone=FIRST)
        assert refused.status_code == 409
        assert "Ngày này còn đủ chỗ" in refused.text
        _values, refused = await wait_for(client, visit, adults=3, phone="12")
        assert refused.status_code == 422
        _values, refused = await wait_for(client, visit, adults=0, phone=FIRST)
        assert refused.status_code == 422
        _values, sold_out = await fill_form(client, visit)
        assert sold_out.status_code == 409
        link = re.search(r'href="(/tours/[^"]+/wait\?[^"]+)"', sold_out.text)[1].replace("&amp;", "&")
        form = (await client.get(link)).text
        assert 'value="Chị Mai"' in form
        _values, answer = await wait_for(client, visit, adults=3, phone=FIRST)
        await work(run_jobs)
        assert house.sms.sent == []
        base = f"/producer/tours/departures/{visit.departure.id}"
        assert (await host.post(f"{base}/capacity", data={"capacity": "3"})).status_code == 303
        await work(run_jobs)
        assert answer.headers["location"] in dict(house.sms.sent)["+84912000111"]
