"""A tour operator's clerk, from her log-in to a statement that is paid: over HTTP only (BOOKINGS.md, 70 to 79; BOOKS.md, BX6 to BX8)."""

from __future__ import annotations

import re
from datetime import timedelta

from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.ids import uuid7
from tests.factories.people import log_in, make_staff
from tests.factories.visits import NOW, make_visit
from tests.fakes import sepay

START = NOW + timedelta(days=9)
DAY = today(START)
PHONE = "0977 111 222"


async def enter(client, house, run_jobs):
    """Log in with the number that the office linked, by the code that is sent to it."""
    await client.post("/login", data={"phone": PHONE, "next": "/operator/"})
    await run_jobs()
    code = re.search(r"\d{6}", house.sms.last_to("+84977111222"))[0]
    done = await client.post("/login/code", data={"code": code, "next": "/operator/"})
    assert done.status_code == 303
    return done.headers["location"]


async def pay(client, house, page, amount, reference):
    """The operator's bank reports a transfer with the memo that the statement shows."""
    memo = re.search(r"CP[A-Z0-9]{7}", page)[0]
    body = sepay.make_body(
        id=reference,
        referenceCode=f"FT26316.{reference}",
        content=f"MBVCB {memo} tra tien",
        transferAmount=amount,
    )
    return await sepay.send(client, body, now=house.clock.now())


async def test_from_the_log_in_to_a_paid_statement(client, new_client, house, db, run_jobs):
    """The office opens a number, the host holds seats, the clerk sells, changes, prints and pays; everybody reads the same."""
    async with new_client() as office, new_client() as host, new_client() as visitor:
        async with db.transaction() as session:
            visit = await make_visit(session, capacity=10, starts_at=START)
            staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
            await log_in(session, office, staff.person_id)
            await log_in(session, host, visit.host.id)
        # The office writes the operator down, and whose number opens its pages.
        made = await office.post(
            "/admin/operators/new", data={"name": "Du lịch Ba Bể", "discount_percent": "10"}
        )
        desk = made.headers["location"]
        await office.post(desk, data={"name": "Chị Thảo", "phone": PHONE})
        await office.post(f"{desk}/limit", data={"limit_minor": "1.000.000"})
        assert (await client.get("/operator/")).headers["location"].startswith("/login")
        assert await enter(client, house, run_jobs) == "/operator/"
        home = (await client.get("/operator/")).text
        assert "Du lịch Ba Bể" in home and "135.000" in home and "150.000" in home

        # The host holds six of ten seats for it until three days before.
        held = {
            "operator_id": desk.rpartition("/")[2],
            "heads": "6",
            "release_days": "3",
            "departure_id": str(visit.departure.id),
        }
        allotments = f"/producer/tours/{visit.tour.id}/allotments"
        assert (await host.post(allotments, data=held)).status_code == 303
        assert "còn 4 chỗ" in (await visitor.get(f"/tours/{visit.tour.slug}")).text

        # She holds seats in a guest's name, and sells them by a second tap.
        [adult] = [unit.id for unit in visit.units.values() if unit.kind == "adult"]
        shop = f"/operator/visits/{visit.tour.id}"
        page = (await client.get(shop)).text
        assert "6 chỗ giữ riêng đến" in page
        form = {
            "id": re.search(r'name="id" value="([^"]+)"', page)[1],
            "departure_id": str(visit.departure.id),
            f"unit_{adult}": "4",
            "contact_name": "Đoàn cô Hằng",
            "contact_phone": "0912 345 678",
        }
        booking = (await client.post(shop, data=form)).headers["location"]
        assert (await client.post(f"{booking}/confirm")).headers["location"] == booking
        ticket = (await client.get(booking)).text
        code = re.search(r'<p class="code">([A-Z2-9]{7})</p>', ticket)[1]
        assert "còn 4 chỗ" in (await visitor.get(f"/tours/{visit.tour.slug}")).text
        assert "4 trên 6 chỗ đã đặt" in (await host.get(allotments)).text
        # Another party would be above what she may owe; one guest less, and it is not.
        again = form | {"id": str(uuid7()), "contact_name": "Ông Phúc"}
        refused = await client.post(shop, data=again)
        assert refused.status_code == 409 and "được nợ nhiều nhất 1.000.000" in refused.text
        second = (await client.post(shop, data=again | {f"unit_{adult}": "3"})).headers["location"]
        await client.post(f"{second}/confirm")
        changed = {key: value for key, value in again.items() if key != "id"} | {f"unit_{adult}": "2"}
        assert (await client.post(f"{second}/change", data=changed)).headers["location"] == second
        assert (await client.post(f"{second}/cancel")).status_code == 303

        # The driver's list, and the gate that opens to her guests.
        paper = (await client.get(f"/operator/day?on={DAY}")).text
        assert "Đoàn cô Hằng" in paper and code in paper and "Ông Phúc" not in paper
        gate = await host.get("/producer/tours/gate", params={"code": code})
        assert "Đoàn cô Hằng" in gate.text

        # One transfer pays what is owed: short, told twice, then the rest and a little more.
        statement = (await client.get("/operator/statement")).text
        assert "540.000" in statement and "VietQR" in statement
        for _time in range(2):
            assert (await pay(client, house, statement, 500_000, 7001)).status_code == 200
        short = (await client.get("/operator/statement")).text
        assert "40.000" in short and "VietQR" in short
        assert (await pay(client, house, statement, 45_000, 7002)).status_code == 200
        paid = (await client.get("/operator/statement")).text
        assert "Công ty đã trả trước 5.000" in paid and "VietQR" not in paid
        seen = (await office.get(f"{desk}/statement")).text
        assert "Đoàn cô Hằng" in seen and "545.000" in seen
        assert "đã trả trước" in (await office.get("/admin/operators")).text

        # The clock frees what she left, though no job ran.
        house.clock.advance(days=6)
        async with db.transaction() as session:
            await log_in(session, host, visit.host.id, now=house.clock.now())
        assert "còn 6 chỗ" in (await visitor.get(f"/tours/{visit.tour.slug}/book")).text
        assert "Chưa giữ chỗ nào" in (await host.get(allotments)).text
