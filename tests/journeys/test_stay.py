"""Two nights at a farmer's house over HTTP: invited, booked, paid at the demo's bank, received, and the host paid after."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import delete, select

from app.accounts.models import StaffRole
from app.core.clock import today
from app.core.jobs import Jobs
from app.main import create_app
from app.wiring import make_house as make_own
from app.wiring import wire_jobs
from producers.cooperatives.models import Producer, Role
from storefront.payouts.models import Payout
from storefront.stays import service as stays
from storefront.stays.models import StayNight
from tests.books import list_breaches
from tests.factories.payouts import PAYEE
from tests.factories.people import log_in, make_person, make_staff, picture_bytes
from tests.factories.producers import make_membership
from tests.factories.stays import WORDS, day, make_house
from tests.fakes import sepay

PHONE = "0912 345 678"


@pytest.fixture
async def demo(house, settings, database_url):
    """The demo's house, with its bank, on the tests' database and clock."""
    other = make_own(
        settings.model_copy(update={"demo": True, "stripe_secret_key": ""}),
        database_url,
        clock=house.clock,
        sms=house.sms,
        pool_size=6,
    )
    yield other
    await other.database.close()


@pytest.fixture
def visit_demo(demo):
    """Makes visitors of the demo."""
    app = create_app(demo)

    def make():
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://127.0.0.1:8000",
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "vi"},
        )

    return make


async def fill_form(guest, house, **overrides):
    """Open the booking form and send it as a browser would."""
    path = f"/stays/{house.stay.slug}/book"
    page = (await guest.get(path)).text
    values = {
        "id": re.search(r'name="id" value="([^"]+)"', page)[1],
        "place_id": str(house.beds.id),
        "arrives_on": str(day(3)),
        "leaves_on": str(day(5)),
        "units": "2",
        "heads": "2",
        "contact_name": "Chị Mai",
        "contact_phone": PHONE,
        "note": "Đến muộn",
    }
    return await guest.post(path, data=values | overrides)


async def test_two_nights_from_the_table_to_the_payout(visit_demo, demo, house, db):
    """A guest books two nights, pays at the demo's bank, is checked in, and only then is the host paid."""
    async with db.transaction() as session:
        home = await make_house(session)
        producer = await session.get_one(Producer, home.producer.id)
        for name, value in PAYEE.items():
            setattr(producer, name, value)
        staff = await make_staff(session, role=StaffRole.ACCOUNTANT)
    async with visit_demo() as guest, visit_demo() as host, visit_demo() as office:
        async with db.transaction() as session:
            await log_in(session, host, home.host.id)
            await log_in(session, office, staff.person_id)
        table = (await guest.get(f"/stays/{home.stay.slug}")).text
        assert "8 chỗ" in table and "120.000" in table
        made = await fill_form(guest, home)
        assert made.status_code == 303
        link = made.headers["location"]
        waiting = (await guest.get(link)).text
        assert "480.000" in waiting and "Mã nhận chỗ" not in waiting
        assert "6 chỗ" in (await guest.get(f"/stays/{home.stay.slug}")).text
        bank = re.search(r'href="(/demo/bank/[^"]+)"', waiting)[1].replace("&amp;", "&")
        assert (await guest.get(bank)).status_code == 200
        sent = await guest.post(bank.partition("?")[0], data={"act": "exact", "back": link})
        assert sent.headers["location"] == link
        ticket = (await guest.get(link)).text
        code = re.search(r'<p class="code">([A-Z2-9]{7})</p>', ticket)[1]
        jobs = Jobs(demo.database, demo.clock)
        wire_jobs(jobs, demo)
        await jobs.work(forever=False)
        told = dict(house.sms.sent)
        assert code in told["+84912345678"] and "Chị Mai" in told[home.host.phone]

        early = await host.post("/producer/stays/door", data={"code": code})
        assert early.status_code == 409 and "chưa đến ngày" in early.text
        house.clock.advance(days=3, hours=6)
        now = house.clock.now()
        async with db.transaction() as session:
            await log_in(session, host, home.host.id, now=now)
            await log_in(session, office, staff.person_id, now=now)
        tonight = (await host.get("/producer/stays/tonight")).text
        assert "Tối nay có 2 người ngủ lại" in tonight and "0912 345 678" in tonight and "Đến muộn" in tonight
        symbol = (await host.get("/producer/stays/door", params={"code": code.lower()})).text
        assert "Khách đã đến" in symbol
        assert (
            "Mời vào: Chị Mai, 2 người" in (await host.post("/producer/stays/door", data={"code": code})).text
        )
        again = await host.post("/producer/stays/door", data={"code": code})
        assert again.status_code == 409 and "đã nhận chỗ lúc 15:00 ngày 15/11" in again.text

        assert (await office.post("/admin/payouts")).status_code == 409
        assert "Hàng chưa tới, khách chưa đến" in (await office.get("/admin/payouts")).text
        house.clock.advance(days=2)
        now = house.clock.now()
        assert today(now) == day(5)
        async with db.transaction() as session:
            await log_in(session, host, home.host.id, now=now)
            await log_in(session, office, staff.person_id, now=now)
        leaving = (await host.get("/producer/stays/tonight")).text
        gone = re.search(r'href="(/producer/stays/bookings/[^"]+)"', leaving)[1]
        assert (await host.post(f"{gone}/gone", data={"frees": "1"})).status_code == 303
        assert "Đã về" in (await host.get(gone)).text
        assert (await office.post("/admin/payouts")).status_code == 303
        async with db.transaction() as session:
            [payout] = await session.scalars(select(Payout))
            assert (payout.producer_id, payout.amount_minor) == (home.producer.id, 480_000)
            assert await list_breaches(session, now=now) == []


async def test_a_hold_ends_and_is_booked_again(client, house, db):
    """After 15 minutes the page says so, and one link leads to the form with everything filled in; a tap keeps it on."""
    async with db.transaction() as session:
        home = await make_house(session)
    link = (await fill_form(client, home)).headers["location"]
    house.clock.advance(minutes=10)
    assert (await client.post(f"{link}/extend")).headers["location"] == link
    assert "Còn bấm được 9 lần" in (await client.get(link)).text
    house.clock.advance(minutes=16)
    page = (await client.get(link)).text
    assert "Đã hết giờ giữ chỗ nên" in page
    late = await client.post(f"{link}/extend")
    assert late.status_code == 409 and "Đã hết giờ" in late.text
    again = re.search(r'href="(/stays/[^"]+/book\?[^"]+)"', page)[1].replace("&amp;", "&")
    form = (await client.get(again)).text
    assert 'value="Chị Mai"' in form and "Đến muộn" in form and f'value="{day(3)}"' in form


async def test_refused_forms_keep_what_was_typed(client, db):
    """A full night, guests without a bed and a wrong number are said beside the form, with everything still there."""
    async with db.transaction() as session:
        home, other = await make_house(session, beds=1), await make_house(session)
    full = await fill_form(client, home)
    assert (
        full.status_code == 409 and "Đêm 15/11 chỉ còn 1 chỗ" in full.text and 'value="Chị Mai"' in full.text
    )
    crowd = await fill_form(client, home, units="1", heads="2")
    assert crowd.status_code == 422 and "ngủ được 1 người" in crowd.text
    assert (await fill_form(client, home, contact_phone="12")).status_code == 422
    assert (await fill_form(client, home, place_id=str(other.beds.id))).status_code == 404
    assert (await client.get("/stays/khong-co")).status_code == 404


async def test_a_guest_cancels_and_a_host_says_no(client, new_client, house, db, run_jobs):
    """A paid guest cancels in time and reads that the money comes back; another is told off, with the reason."""
    async with db.transaction() as session:
        home = await make_house(session)
    async with new_client() as host:
        async with db.transaction() as session:
            await log_in(session, host, home.host.id)
        links = []
        for _party in range(2):
            link = (await fill_form(client, home)).headers["location"]
            await _pay(client, house, link)
            links.append(link)
        assert (await client.post(f"{links[0]}/cancel")).status_code == 303
        assert "Đã hủy. Tiền 480.000" in (await client.get(links[0])).text
        day_page = (await host.get(f"/producer/stays/tonight?on={day(3)}")).text
        [party] = set(re.findall(r'href="(/producer/stays/bookings/[^"]+)"', day_page))
        assert (await host.post(f"{party}/off", data={"reason": "x"})).status_code == 422
        assert (await host.post(f"{party}/off", data={"reason": "road", "note": "sạt lở"})).status_code == 303
        assert "đường hỏng, không vào được: sạt lở" in (await host.get(party)).text
        await run_jobs()
        assert any("sạt lở" in text and "trả lại đủ 480.000" in text for _phone, text in house.sms.sent)
        page = (await client.get(links[1])).text
        assert "Chủ nhà không đón được" in page and "Tiền 480.000" in page
        paid = (await fill_form(client, home, arrives_on=str(day(1)), leaves_on=str(day(2)))).headers[
            "location"
        ]
        await _pay(client, house, paid)
        late = await client.post(f"{paid}/cancel")
        assert late.status_code == 409 and "Hạn hủy" in late.text
        evening = (await host.get(f"/producer/stays/tonight?on={day(1)}")).text
        [party] = set(re.findall(r'href="(/producer/stays/bookings/[^"]+)"', evening))
        assert "Không đón được khách này?" in (await host.get(party)).text
        house.clock.advance(days=3)
        assert "Không đón được khách này?" not in (await host.get(party)).text
        over = await host.post(f"{party}/off", data={"reason": "road"})
        assert over.status_code == 409 and "đã qua rồi" in over.text


async def _pay(client, house, link):
    page = (await client.get(link)).text
    amount = int(re.search(r'<p class="amount">([\d.]+)', page)[1].replace(".", ""))
    memo = re.search(r"CP[A-Z0-9]{7}", page)[0]
    body = sepay.make_body(content=memo, transferAmount=amount)
    assert (await sepay.send(client, body, now=house.clock.now())).status_code == 200


async def test_a_host_lets_beds(client, new_client, db):
    """Words, beds with a price, and the house stands in the shop for four months; put away it is gone."""
    async with db.transaction() as session:
        home = await make_house(session)
    async with new_client() as host:
        async with db.transaction() as session:
            await log_in(session, host, home.host.id)
        form = WORDS | {"title": "Nhà bà Páo"}
        assert (await host.get("/producer/stays/new")).status_code == 200
        wrong = await host.post("/producer/stays/new", data=form | {"commune_text": "không đâu cả"})
        assert wrong.status_code == 422
        nowhere = await host.post("/producer/stays/new", data=form | {"commune_text": ""})
        assert nowhere.status_code == 422 and "Nhà bà Páo" in nowhere.text
        places = (await host.post("/producer/stays/new", data=form)).headers["location"]
        base = places.removesuffix("/places")
        assert (await host.post(f"{base}/publish")).status_code == 422
        beds = {
            "kind": "shared",
            "name": "Gian giữa",
            "number": "6",
            "heads_each": "1",
            "price_minor": "100k",
        }
        assert (await host.post(places, data=beds | {"number": "0"})).status_code == 422
        assert (
            await host.post(places, data=beds | {"is_active": "1", "weekend_minor": "130k"})
        ).status_code == 303
        assert (await host.post(f"{base}/publish")).status_code == 303
        shown = (await client.get("/stays/nha-ba-pao")).text
        assert "6 chỗ" in shown and "100.000" in shown and "130.000" in shown
        assert "Nhà bà Páo" in (await client.get("/tours")).text
        assert "Nhà bà Páo" in (await client.get("/search", params={"q": "nha ba pao"})).text
        page = (await host.get(places)).text
        place_id = re.search(r"edit=([0-9a-f-]{36})", page)[1]
        form_page = (await host.get(places, params={"edit": place_id})).text
        assert f'name="place_id" value="{place_id}"' in form_page and 'value="100.000"' in form_page
        assert (await host.post(places, data=beds | {"place_id": place_id, "name": ""})).status_code == 422
        nights = f"{base}/nights"
        asked = {"place_id": place_id, "from_on": str(day(4))}
        for path, values, status in (
            ("close", {}, 303),
            ("open", {}, 303),
            ("beds", {"capacity": "3"}, 303),
            ("beds", {"capacity": ""}, 422),
            ("close", {"from_on": ""}, 422),
        ):
            assert (await host.post(f"{nights}/{path}", data=asked | values)).status_code == status, path
        calendar = (await host.get(nights)).text
        assert "0/3" in calendar and "0/6" in calendar
        assert "3 chỗ" in (await client.get("/stays/nha-ba-pao")).text
        assert (await host.get(base)).status_code == 200
        changed = form | {"title": "Nhà bà Páo mới"}
        assert (await host.post(base, data=changed | {"summary": ""})).status_code == 422
        assert (await host.post(base, data=changed)).status_code == 303
        assert "Nhà bà Páo mới" in (await host.get("/producer/stays")).text
        assert (await host.post(f"{base}/unpublish")).status_code == 303
        assert (await client.get("/stays/nha-ba-pao")).status_code == 404


async def test_photos_and_two_houses_of_one_name(client, new_client, db):
    """A photo sent with the form is shown, removed it is gone; a second house of the name has an address of its own."""
    async with db.transaction() as session:
        home = await make_house(session)
    async with new_client() as host:
        async with db.transaction() as session:
            await log_in(session, host, home.host.id)
        bad = {"photos": ("a.webp", b"no picture", "image/webp")}
        good = {"photos": ("a.png", picture_bytes(), "image/png")}
        assert (await host.post("/producer/stays/new", data=WORDS, files=bad)).status_code == 422
        bases = []
        for _house in range(2):
            made = await host.post("/producer/stays/new", data=WORDS, files=good)
            bases.append(made.headers["location"].removesuffix("/places"))
        async with db.transaction() as session:
            slugs = [one.slug for one in await stays.list_stays(session, home.producer.id)]
        assert "nha-san-ba-lua" in slugs and len({slug[:14] for slug in slugs if slug != home.stay.slug}) == 1
        assert len(set(slugs)) == 3
        page = (await host.get(bases[0])).text
        assert "/media/" in page
        photo_id = re.search(r'name="removed_photo" value="([^"]+)"', page)[1]
        gone = WORDS | {"removed_photo": photo_id}
        assert (await host.post(bases[0], data=gone, files=good)).status_code == 303
        page = (await host.get(bases[0])).text
        assert page.count('name="removed_photo"') == 1
        async with db.transaction() as session:
            await session.execute(delete(StayNight).where(StayNight.place_id == home.beds.id))
        calendar = await host.get(f"/producer/stays/{home.stay.id}/nights")
        assert "chưa mở" in calendar.text and "0/2" in calendar.text


async def test_who_booked_a_closed_night_is_named(client, new_client, house, db):
    """A host who closes a night with guests reads who keeps the beds."""
    async with db.transaction() as session:
        home = await make_house(session)
    async with new_client() as host:
        async with db.transaction() as session:
            await log_in(session, host, home.host.id)
        await _pay(client, house, (await fill_form(client, home)).headers["location"])
        asked = {"place_id": str(home.beds.id), "from_on": str(day(4)), "until_on": str(day(6))}
        calendar = f"/producer/stays/{home.stay.id}/nights"
        assert "vẫn được giữ chỗ" not in (await host.get(calendar)).text
        told = await host.post(f"{calendar}/close", data=asked)
        assert (told.status_code, told.headers["location"]) == (303, calendar)
        shown = (await host.get(calendar)).text
        assert "Không đón được ai thì bạn mở tên người đó ra báo" in shown and "nghỉ, đã đặt 2" in shown
        [party] = re.findall(r'href="([^"]+)">Chị Mai, 0912 345 678, 2 đêm', shown)
        assert "Báo khách, trả lại tiền" in (await host.get(party)).text
        async with db.transaction() as session:
            reader = await make_person(session)
            await make_membership(
                session, producer_id=home.producer.id, person_id=reader.id, role=Role.MEMBER
            )
            await log_in(session, client, reader.id)
        assert "vẫn được giữ chỗ" not in (await client.get(calendar)).text
        later = {"place_id": str(home.beds.id), "from_on": str(day(20))}
        shut = await host.post(f"{calendar}/close", data=later)
        assert shut.headers["location"].endswith(f"?start={day(20)}")
        assert "nghỉ" in (await host.get(shut.headers["location"])).text
        evening = (await host.get(f"/producer/stays/tonight?on={day(4)}")).text
        assert "Đêm này có 2 người ngủ lại" in evening and "khai báo lưu trú" not in evening
