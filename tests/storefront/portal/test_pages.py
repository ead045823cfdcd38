"""The operators' pages over HTTP: a clerk books, changes, prints and reads what is owed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest

from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.ids import uuid7
from app.main import create_app
from app.wiring import make_house
from producers.cooperatives.models import Role
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import service as operators
from storefront.payments import receipts
from storefront.tours import allotments, calling_off
from storefront.tours import service as tours
from storefront.tours.allotments import Promise
from storefront.tours.models import CallOffReason, SeasonPrice, UnitType
from tests.concurrency.test_tours import book
from tests.factories.octo import CONTACT, make_key, reservation
from tests.factories.operators import make_clerk
from tests.factories.orders import BANK
from tests.factories.people import log_in, make_person, make_staff
from tests.factories.producers import make_membership
from tests.factories.visits import SITE, make_departure, make_visit
from tests.house import NOW

START = NOW + timedelta(days=5)
DAY = today(START)


class Desk:
    """A clerk at the pages of an operator, with a visit of ten seats."""

    def __init__(self, client, db, visit, clerk):
        self.client, self.db, self.visit, self.clerk = client, db, visit, clerk
        self.path = f"/operator/visits/{visit.tour.id}"

    def form(self, adults=2, **typed):
        """What is typed to hold seats."""
        return {
            "id": str(uuid7()),
            "departure_id": str(self.visit.departure.id),
            f"unit_{self.visit.units[UnitType.ADULT].id}": str(adults),
            "contact_name": "Bà Nguyễn Thu",
            "contact_phone": "0912 345 678",
            "note": "Có người ăn chay",
            **typed,
        }

    async def hold(self, adults=2, **typed):
        """Hold seats; the address of the booking's page."""
        answer = await self.client.post(self.path, data=self.form(adults, **typed))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sell(self, adults=2, **typed):
        """Hold and confirm."""
        page = await self.hold(adults, **typed)
        assert (await self.client.post(f"{page}/confirm")).status_code == 303
        return page

    async def read(self, page):
        """What a page says."""
        answer = await self.client.get(page)
        assert answer.status_code == 200
        return answer.text

    async def owed(self):
        """What the books say that the operator owes."""
        async with self.db.transaction() as session:
            return await ledger.balance(session, accounts.operator_receivable(self.clerk.operator.id))


@pytest.fixture
async def demo(house, settings, database_url):
    """A visitor of a demo, on the tests' database and clock."""
    other = make_house(
        settings.model_copy(update={"demo": True}),
        database_url,
        clock=house.clock,
        sms=house.sms,
        pool_size=5,
    )
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "vi"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(other)),
        base_url="http://127.0.0.1:8000",
        headers=headers,
    ) as visitor:
        yield visitor
    await other.database.close()


@pytest.fixture
async def desk(client, db):
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=10, starts_at=START)
    return Desk(client, db, visit, await make_clerk(db, client))


async def test_both_prices_and_dates_with_room(desk, db):
    """A clerk sees each visit with the operator's price beside the visitor's, and dates with room for it (BOOKINGS.md, 78)."""
    home = await desk.read("/operator/")
    for words in ("Du lịch Sông Cầu", "Một buổi hái chè", "135.000", "150.000", "Còn phải trả 0"):
        assert words in home
    async with db.transaction() as session:
        promise = Promise(operator_id=desk.clerk.operator.id, heads=4, release_days=2)
        await allotments.grant(session, departure_id=desk.visit.departure.id, promise=promise, now=NOW)
    page = await desk.read(desk.path)
    assert "135.000" in page and "150.000" in page
    assert "4 chỗ giữ riêng đến" in page
    await desk.hold(10)
    assert "đã hết chỗ" in await desk.read(desk.path)
    assert "hết chỗ những ngày tới" in await desk.read("/operator/")
    async with db.transaction() as session:
        await tours.unpublish_tour(session, tour_id=desk.visit.tour.id, now=NOW)
    assert (await desk.client.get(desk.path)).status_code == 404
    assert "Chưa nhà vườn nào" in await desk.read("/operator/")


async def test_hold_confirm_and_tickets(desk):
    """Held in a guest's name for two hours, sold by a second tap on the operator's account, with its tickets; each tap twice is once (BOOKINGS.md, 20 and 78)."""
    form = desk.form()
    first, again = [await desk.client.post(desk.path, data=form) for _ in range(2)]
    page = first.headers["location"]
    assert again.headers["location"] == page
    held = await desk.read(page)
    assert "Bà Nguyễn Thu" in held and "Giữ đến 11:00" in held and "270.000" in held
    assert await desk.owed() == 0
    assert (await desk.client.get(f"{page}/tickets")).headers["location"] == page
    for _time in range(2):
        assert (await desk.client.post(f"{page}/confirm")).status_code == 303
    assert await desk.owed() == 270_000
    sold = await desk.read(page)
    assert "Vé vào cổng" in sold and "Có người ăn chay" in sold and "Hủy, không tính tiền" in sold
    printed = await desk.read(f"{page}/tickets")
    assert printed.count('class="ticket"') == 2 and f'href="{page}"' in printed


async def test_what_is_wrong_is_said_beside_it(desk):
    """What was typed stays, and says what is wrong: nobody comes, no name, a day without room, an account that is full (BOOKINGS.md, 78)."""
    for wrong, status, words in (
        ({"adults": 0}, 422, "mấy người đi"),
        ({"contact_name": ""}, 422, "Bà Nguyễn Thu"),
        ({f"unit_{desk.visit.units[UnitType.CHILD].id}": "x"}, 422, "từ 0 đến"),
        ({"adults": 9, f"unit_{desk.visit.units[UnitType.CHILD].id}": "9"}, 422, "nhiều nhất 10 vé"),
        ({"departure_id": str(uuid7())}, 404, "Không tìm thấy ngày đi"),
    ):
        refused = await desk.client.post(desk.path, data=desk.form(**wrong))
        assert refused.status_code == status
        if "contact_name" not in wrong:
            assert words in refused.text and "Bà Nguyễn Thu" in refused.text
    assert (await desk.client.post(f"/operator/visits/{uuid7()}", data=desk.form())).status_code == 404
    await desk.hold(8)
    full = await desk.client.post(desk.path, data=desk.form(3))
    assert full.status_code == 409 and "Chỉ còn 2 chỗ" in full.text
    async with desk.db.transaction() as session:
        await operators.set_limit(session, operator_id=desk.clerk.operator.id, limit_minor=100_000)
    poor = await desk.client.post(desk.path, data=desk.form(1))
    assert poor.status_code == 409 and "được nợ nhiều nhất 100.000" in poor.text
    assert "được nợ đến 100.000" in await desk.read("/operator/")


async def test_a_hold_is_not_sold_above_the_limit(desk):
    """What was held before is not sold above the limit: the page says why, and the hold stays (BOOKS.md, BX6)."""
    page = await desk.hold(2)
    async with desk.db.transaction() as session:
        await operators.set_limit(session, operator_id=desk.clerk.operator.id, limit_minor=269_999)
    refused = await desk.client.post(f"{page}/confirm")
    assert refused.status_code == 409 and "Bạn chuyển tiền cho chợ trước" in refused.text
    assert "Chốt, ghi nợ" in refused.text and await desk.owed() == 0


async def test_a_guest_without_a_number(desk):
    """A guest without a number is reached by the operator's, and the paper says whose it is (BOOKINGS.md, 78)."""
    page = await desk.sell(contact_phone="")
    day = await desk.read(f"/operator/day?on={DAY}")
    assert "0987 654 321" in day and page.rpartition("/")[2] not in day
    assert day.count("gọi công ty") == 1
    assert "0987 654 321" not in await desk.read(f"{page}/change")
    own = await desk.sell()
    assert (await desk.read(f"/operator/day?on={DAY}")).count("gọi công ty") == 1
    assert "0912 345 678" in await desk.read(f"{own}/change")


async def test_change_and_cancel(desk, db):
    """Another day, party or name changes the booking and its sale; cancelled, nothing is owed; after the cut-off the page says why not (BOOKINGS.md, 23 and 78)."""
    async with db.transaction() as session:
        other = await make_departure(
            session, desk.visit.tour.id, starts_at=START + timedelta(days=1), capacity=10
        )
    page = await desk.sell(2)
    change = f"{page}/change"
    shown = await desk.read(change)
    assert "ngày đang đặt" in shown and str(other.id) in shown
    typed = {key: value for key, value in desk.form(2).items() if key != "id"}
    moved = typed | {"departure_id": str(other.id), "contact_name": "Ông Sáu", "contact_phone": ""}
    assert (await desk.client.post(change, data=moved)).headers["location"] == page
    assert "Ông Sáu" in await desk.read(page) and await desk.owed() == 270_000
    codes = re.findall(r'class="code">([A-Z0-9]+)<', await desk.read(f"{page}/tickets"))
    child = f"unit_{desk.visit.units[UnitType.CHILD].id}"
    adult = f"unit_{desk.visit.units[UnitType.ADULT].id}"
    assert (await desk.client.post(change, data=moved | {adult: "1", child: "2"})).status_code == 303
    assert await desk.owed() == 135_000 + 2 * 72_000
    kept = re.findall(r'class="code">([A-Z0-9]+)<', await desk.read(f"{page}/tickets"))
    assert codes[0] in kept and len(kept) == 3
    for wrong, status in (({"contact_name": ""}, 422), ({adult: "11"}, 422), ({child: "x"}, 422)):
        assert (await desk.client.post(change, data=moved | wrong)).status_code == status
    assert (await desk.client.post(f"{page}/cancel")).status_code == 303
    assert await desk.owed() == 0
    gone = await desk.read(page)
    assert "Đã hủy" in gone and "Đặt lại" in gone
    refused = await desk.client.post(change, data=moved)
    assert refused.status_code == 409
    refused = await desk.client.post(f"{page}/confirm")
    assert refused.status_code == 409


async def test_a_day_of_another_price_costs_that(desk, db):
    """The dates to change to say their price, and a sold party that goes there as it is stands with it on the account (23 and 88)."""
    async with db.transaction() as session:
        other = await make_departure(
            session, desk.visit.tour.id, starts_at=START + timedelta(days=1), capacity=10
        )
        session.add(
            SeasonPrice(
                option_id=desk.visit.option.id,
                name="Ngày hội",
                from_on=DAY + timedelta(days=1),
                until_on=DAY + timedelta(days=1),
                weekdays=[],
                adult_minor=200_000,
                created_at=NOW,
            )
        )
    page = await desk.sell(2)
    codes = re.findall(r'class="code">([A-Z0-9]+)<', await desk.read(f"{page}/tickets"))
    assert "180.000" in await desk.read(f"{page}/change")
    typed = {key: value for key, value in desk.form(2).items() if key != "id"}
    for day, owed in ((other, 360_000), (desk.visit.departure, 270_000)):
        moved = await desk.client.post(f"{page}/change", data=typed | {"departure_id": str(day.id)})
        assert moved.status_code == 303, moved.text
        assert await desk.owed() == owed
    assert codes == re.findall(r'class="code">([A-Z0-9]+)<', await desk.read(f"{page}/tickets"))


async def test_after_the_cutoff(desk, house):
    """After the tour's hours it is given back and changed no more, and the page says why (BOOKINGS.md, 10 and 78)."""
    page = await desk.sell(2)
    house.clock.advance(days=4, hours=1)
    shown = await desk.read(page)
    assert "Đã quá hạn hủy" in shown and "Đổi ngày, đổi người" not in shown
    refused = await desk.client.post(f"{page}/cancel")
    assert refused.status_code == 409 and await desk.owed() == 270_000
    typed = {key: value for key, value in desk.form(2).items() if key != "id"}
    refused = await desk.client.post(f"{page}/change", data=typed | {"contact_name": "Ai khác"})
    assert refused.status_code == 409 and "Đã quá hạn đổi ngày" in refused.text
    assert "Ai khác" not in await desk.read(page)


async def test_what_a_later_step_keeps_is_said_before(desk, db, house):
    """The button says what stays on the account, a step that ended meanwhile asks again, and then the page says it (81; BX3)."""
    async with db.transaction() as session:
        tour = await tours.get_tour(session, desk.visit.tour.id)
        tour.cancellation_steps = [[1, 50], [0, 0]]
    page = await desk.sell(2)
    assert "Hủy, không tính tiền" in await desk.read(page)
    house.clock.advance(days=4, hours=1)
    shown = await desk.read(page)
    assert "không tính tiền" not in shown and "Hủy, vẫn tính 135.000" in shown
    refused = await desk.client.post(f"{page}/cancel", data={"back_minor": "270000"})
    assert refused.status_code == 409 and "lấy lại 135.000" in refused.text
    assert await desk.owed() == 270_000
    assert (await desk.client.post(f"{page}/cancel", data={"back_minor": "135000"})).status_code == 303
    assert await desk.owed() == 135_000
    assert re.search(r"Trả lại chỗ.*135\.000.*Công ty trả.*135\.000", await desk.read(page), re.DOTALL)


async def test_a_page_from_before_it_was_sold_cancels_at_no_price(desk, db, house):
    """Who reads "held" gives seats back; sold meanwhile, and past the hours, the tap asks again (81)."""
    async with db.transaction() as session:
        tour = await tours.get_tour(session, desk.visit.tour.id)
        tour.cancellation_steps = [[1, 50], [0, 0]]
    house.clock.advance(days=4, hours=1)
    page = await desk.hold(2)
    [promised] = re.findall(r'name="back_minor" value="(\d+)"', await desk.read(page))
    await desk.client.post(f"{page}/confirm")
    refused = await desk.client.post(f"{page}/cancel", data={"back_minor": promised})
    assert refused.status_code == 409 and await desk.owed() == 270_000
    other = await desk.hold(1)
    assert (await desk.client.post(f"{other}/cancel", data={"back_minor": promised})).status_code == 303
    assert "Đã hủy" in await desk.read(other)


async def test_what_the_operators_system_booked(desk, db):
    """What came by the operator's own key is seen, moved and cancelled here; its people change there (BOOKINGS.md, 78)."""
    key = await make_key(db)
    async with db.transaction() as session:
        other = await make_departure(
            session, desk.visit.tour.id, starts_at=START + timedelta(days=1), capacity=10
        )
    held = (await desk.client.post("/octo/bookings", json=reservation(desk.visit), headers=key)).json()
    await desk.client.post(f"/octo/bookings/{held['uuid']}/confirm", json={"contact": CONTACT}, headers=key)
    page = f"/operator/bookings/{held['uuid']}"
    assert "Nguyễn Thu" in await desk.read(page)
    assert "do máy của công ty gửi sang" in await desk.read(f"{page}/change")
    moved = {"departure_id": str(other.id), "contact_name": "Ai khác"}
    adult = f"unit_{desk.visit.units[UnitType.ADULT].id}"
    refused = await desk.client.post(f"{page}/change", data=moved | {adult: "5"})
    assert refused.status_code == 409
    assert (await desk.client.post(f"{page}/change", data=moved)).status_code == 303
    told = (await desk.client.get(f"/octo/bookings/{held['uuid']}", headers=key)).json()
    assert told["contact"]["fullName"] == "Nguyễn Thu" and len(told["unitItems"]) == 2
    assert "Ai khác" not in await desk.read(page)
    assert (await desk.client.post(f"{page}/cancel")).status_code == 303
    assert await desk.owed() == 0


async def test_a_day_that_is_called_off(desk, db):
    """Of a day that the host called off nothing is sold, and nobody is on the driver's list (BOOKINGS.md, 22 and 79)."""
    page = await desk.sell(2)
    async with db.transaction() as session:
        await calling_off.call_off(
            session, departure_id=desk.visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
        )
    assert await desk.owed() == 0
    assert "Đã báo nghỉ" in await desk.read(page)
    assert "không có khách nào" in await desk.read(f"/operator/day?on={DAY}")


async def test_the_drivers_list(desk, db, new_client):
    """Who comes is listed by departure, with tickets only and nobody else's guests, in both languages (BOOKINGS.md, 79)."""
    assert "Chưa có khách nào sắp đi" in await desk.read("/operator/guests")
    await desk.sell(2)
    await desk.hold(1, contact_name="Chưa chốt")
    await book(db, desk.visit, 1, contact_name="Khách lẻ")
    async with new_client() as elsewhere:
        await make_clerk(db, elsewhere, name="Núi Xanh")
        other = Desk(elsewhere, db, desk.visit, None)
        await other.sell(1, contact_name="Khách Núi Xanh")
    guests = await desk.read("/operator/guests")
    assert "Bà Nguyễn Thu" in guests and "Chưa chốt" in guests and f"/operator/day?on={DAY}" in guests
    paper = await desk.read(f"/operator/day?on={DAY}")
    for words in ("Bà Nguyễn Thu", "0912 345 678", "Có người ăn chay", "Cổng nhà văn hóa xóm", "Người lớn"):
        assert words in paper
    for words in ("Chưa chốt", "Khách lẻ", "Khách Núi Xanh"):
        assert words not in paper
    english = await desk.read(f"/operator/day?on={DAY}&lang=en")
    assert "Guest list" in english and "Adult" in english
    assert "không có khách nào" in await desk.read("/operator/day?lang=vi")


async def test_holds_that_are_over_are_gone(desk, house):
    """A hold whose time is over is not among the guests, swept or not (BOOKINGS.md, 3 and 79)."""
    page = await desk.hold(2)
    house.clock.advance(hours=3)
    assert "Bà Nguyễn Thu" not in await desk.read("/operator/guests")
    assert "Đặt lại" in await desk.read(page)


async def test_another_operators_things_do_not_exist(desk, db, new_client, client):
    """Only who works for an operator gets in, and sees its own bookings alone (BOOKINGS.md, 77)."""
    page = await desk.sell(2)
    doors = ["", "/change", "/tickets"]
    async with new_client() as elsewhere, new_client() as nobody:
        async with db.transaction() as session:
            await log_in(session, nobody, (await make_person(session)).id)
        await make_clerk(db, elsewhere, name="Núi Xanh")
        for door in doors:
            assert (await elsewhere.get(f"{page}{door}")).status_code == 404
        for door in ("/confirm", "/cancel", "/change"):
            assert (await elsewhere.post(f"{page}{door}", data=desk.form())).status_code == 404
        same = await elsewhere.post(desk.path, data=desk.form(id=page.rpartition("/")[2]))
        assert same.status_code == 404
        lost = await nobody.get("/operator/")
        assert lost.status_code == 404 and "công ty du lịch" in lost.text
    assert await desk.owed() == 270_000


async def test_the_page_about_oneself_leads_there(desk):
    """A clerk finds the operator on the page about oneself, and keeps its bar there (BOOKINGS.md, 77)."""
    me = await desk.read("/me")
    assert "Du lịch Sông Cầu" in me and 'href="/operator/"' in me and 'data-area="operator"' in me


async def test_the_practice_garden_is_for_those_who_grow(desk, db):
    """A clerk is not offered the practice garden; one who works for a producer too is, as everybody else."""
    assert "Vào vườn tập" not in await desk.read("/me")
    async with db.transaction() as session:
        await make_membership(
            session, producer_id=desk.visit.producer.id, person_id=desk.clerk.person.id, role=Role.MEMBER
        )
    assert "Vào vườn tập" in await desk.read("/me")
    async with db.transaction() as session:
        await log_in(session, desk.client, (await make_person(session)).id)
    assert "Vào vườn tập" in await desk.read("/me")


class TestStatements:
    """A month of an operator."""

    async def test_a_month_adds_up(self, desk, db, house, new_client):
        """Opening and lines make the closing; what was bought, given back and paid stands line by line, for the operator, the office, and in files (BOOKS.md, BX8)."""
        await desk.sell(2)
        back = await desk.sell(1, contact_name="=Ông Sáu")
        await desk.client.post(f"{back}/cancel")
        shown = await desk.read("/operator/statement")
        for words in ("Bảng kê tháng 11/2026", "Bà Nguyễn Thu", "405.000", "135.000", "270.000", "VietQR"):
            assert words in shown
        async with db.transaction() as session:
            operator = await operators.get_operator(session, desk.clerk.operator.id)
            memo = operator.payment_code
            arrival = receipts.Arrival(
                provider="sepay",
                external_id=str(uuid7()),
                account=BANK,
                amount_minor=300_000,
                memo="",
                payment_id=None,
                arrived_at=NOW,
            )
            receipt = await receipts.record_arrival(session, arrival, now=NOW)
            person = await make_person(session)
            await operators.record_paid(
                session, operator_id=operator.id, receipt_id=receipt.id, person_id=person.id, now=NOW
            )
        assert memo in shown
        shown = await desk.read("/operator/statement?month=2026-11")
        assert "Công ty đã trả trước 30.000" in shown and "VietQR" not in shown
        text = (await desk.client.get("/operator/statement.csv?month=2026-11")).text
        assert "'=Ông Sáu" in text and "-300000" in text
        amounts = [int(line.rpartition(",")[2]) for line in text.strip().splitlines()[1:]]
        assert amounts[0] == 0 and sum(amounts[:-1]) == amounts[-1] == -30_000
        sheet = (await desk.client.get("/operator/statement.xlsx?month=2026-11")).content
        assert "Bà Nguyễn Thu" in ZipFile(BytesIO(sheet)).read("xl/sharedStrings.xml").decode()
        house.clock.advance(days=25)
        later = await desk.read("/operator/statement")
        assert "12/2026" in later and "Tháng này chưa có gì" in later and "month=2026-11" in later
        async with new_client() as office:
            async with db.transaction() as session:
                staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
                await log_in(session, office, staff.person_id)
            path = f"/admin/operators/{desk.clerk.operator.id}/statement"
            seen = await office.get(f"{path}?month=2026-11")
            assert "Bà Nguyễn Thu" in seen.text and "month=2026-12" in seen.text
            assert (await office.get(f"{path}.csv?month=2026-11")).text == text

    async def test_the_demos_bank_pays_it(self, desk, demo, db):
        """In a demo a statement leads to the bank: what is short stays owed, the rest pays it, twice told is once (BOOKS.md, BX7)."""
        await desk.sell(2)
        assert "ngân hàng dùng thử" not in await desk.read("/operator/statement")
        guest = Desk(demo, db, desk.visit, desk.clerk)
        async with db.transaction() as session:
            await log_in(session, demo, desk.clerk.person.id)
        for act, sent, owed in (("short", "270.000", 135_000), ("twice", "135.000", 0)):
            shown = await guest.read("/operator/statement")
            way = unescape(re.search(r'href="(/demo/bank/[^"]+)"', shown)[1])
            bank = await guest.read(way)
            assert sent in bank and "không phải tiền thật" in bank
            form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', bank))
            paid = await demo.post(way.partition("?")[0], data=form | {"act": act})
            assert (paid.status_code, paid.headers["location"]) == (303, "/operator/statement")
            assert await desk.owed() == owed
        assert "không còn nợ gì" in await guest.read("/operator/statement")

    async def test_nothing_owed(self, desk):
        """Who owes nothing is shown no code to pay (BOOKS.md, BX8)."""
        shown = await desk.read("/operator/statement")
        assert "không còn nợ gì" in shown and "VietQR" not in shown
