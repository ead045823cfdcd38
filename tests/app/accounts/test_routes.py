"""Logging in and out over HTTP, and the page about oneself."""

import re

import httpx
import pytest
from fastapi import APIRouter
from sqlalchemy import func, select

from app.accounts.dependencies import CurrentStaff, MaybePerson
from app.accounts.models import LoginSession, Person, StaffRole
from app.accounts.workplaces import Workplaces
from app.core.errors import ForbiddenError
from app.main import create_app
from app.wiring import make_house
from tests.factories.people import log_in, make_person, make_staff

PHONE = "+84912345678"
staff_router = APIRouter()


@staff_router.get("/probe/visitor", name="app.probe.visitor")
async def visitor_probe(person: MaybePerson) -> str:
    """A page for everybody that greets whom it knows."""
    return person.name if person else "?"


@staff_router.get("/probe/staff", name="app.probe.staff")
async def staff_probe(staff: CurrentStaff) -> str:
    """A page of the staff; the accountant's."""
    staff.require(StaffRole.ACCOUNTANT)
    return staff.person.name


async def ask(client, phone="0912 345 678", next_path="/me"):
    """Ask for a code."""
    return await client.post("/login", data={"phone": phone, "next": next_path})


async def read_code(house, run_jobs, phone=PHONE):
    """Read the code from the phone."""
    await run_jobs()
    return re.search(r"\b\d{6}\b", house.sms.last_to(phone))[0]


def cookies_of(response):
    """The Set-Cookie lines by cookie name."""
    return {line.split("=", 1)[0]: line for line in response.headers.get_list("set-cookie")}


async def test_log_in_from_phone_to_page(client, house, run_jobs):
    """Phone, code, and back to the page that one wanted; the cookies are out of a script's reach."""
    page = await client.get("/login?next=/notices")
    assert page.status_code == 200
    assert 'value="/notices"' in page.text
    sent = await ask(client, next_path="/notices")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login/code?next=%2Fnotices")
    challenge = cookies_of(sent)["login"].lower()
    assert "httponly" in challenge and "samesite=lax" in challenge and "path=/login" in challenge
    assert "max-age=300" in challenge and "secure" not in challenge
    page = await client.get(sent.headers["location"])
    assert "0912 345 678" in page.text
    code = await read_code(house, run_jobs)
    done = await client.post("/login/code", data={"code": f"{code[:3]} {code[3:]}", "next": "/notices"})
    assert (done.status_code, done.headers["location"]) == (303, "/notices")
    session_cookie = cookies_of(done)["session"].lower()
    assert "httponly" in session_cookie and "samesite=lax" in session_cookie and "path=/;" in session_cookie
    assert "secure" not in session_cookie
    assert (await client.get("/notices")).status_code == 200
    assert (await client.get("/login?next=/notices")).headers["location"] == "/notices"


@pytest.mark.parametrize(
    "typed", ["0912345678", "0912.345.678", "+84 912 345 678", "84912345678", " (0912) 345-678 "]
)
async def test_a_phone_is_read_in_any_spelling(client, house, run_jobs, typed):
    """However the number is written, the code goes to the same phone."""
    assert (await ask(client, typed)).status_code == 303
    assert await read_code(house, run_jobs)


@pytest.mark.parametrize("typed", ["", "12", "bà Hoa", "01234567890"])
async def test_a_bad_phone_stays_and_is_explained(client, house, typed):
    """What was typed stays in its field, with the reason beside it, and no message goes."""
    answer = await ask(client, typed)
    assert answer.status_code == 422
    assert 'id="e-phone"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert house.sms.sent == []


async def test_known_and_unknown_phones_get_the_same_words(db, new_client):
    """Nobody learns from the log-in whether a number has been here."""
    async with db.transaction() as session:
        await make_person(session, phone=PHONE)
    seen = set()
    for phone in (PHONE, "+84987654321"):
        async with new_client() as visitor:
            sent = await ask(visitor, phone)
            page = await visitor.get(sent.headers["location"])
            shown = f"0{phone[3:6]} {phone[6:9]} {phone[9:]}"
            body = page.text.replace(shown, "#").replace(phone, "#")
            seen.add((sent.status_code, sent.headers["location"], page.status_code, body))
    assert len(seen) == 1


async def test_wrong_code_says_what_is_left(client, house, run_jobs):
    """A wrong code is refused beside the field with the tries left, five times, and then a new code is needed."""
    await ask(client)
    code = await read_code(house, run_jobs)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1):
        answer = await client.post("/login/code", data={"code": wrong})
        assert answer.status_code == 422
        assert f"còn {left} lần thử" in answer.text
        assert f'value="{wrong}"' in answer.text
    assert "hết lượt thử" in (await client.post("/login/code", data={"code": wrong})).text
    shut = await client.post("/login/code", data={"code": code})
    assert shut.status_code == 422
    assert "session" not in cookies_of(shut)
    assert "nhiều lần quá" in shut.text


async def test_a_misspelled_code_costs_no_try(client, house, run_jobs):
    """Five digits are not a code; the typed text stays."""
    await ask(client)
    code = await read_code(house, run_jobs)
    for typed in ("12345", "1234567", "abcdef", "", "１２３４５６"):
        answer = await client.post("/login/code", data={"code": typed})
        assert answer.status_code == 422
        assert 'id="e-code"' in answer.text
    answer = await client.post("/login/code", data={"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert "còn 4 lần thử" in answer.text


async def test_a_code_too_late_leads_back_to_the_phone(client, house, run_jobs):
    """After five minutes the page says so and offers a new code."""
    await ask(client)
    code = await read_code(house, run_jobs)
    house.clock.advance(minutes=5)
    answer = await client.post("/login/code", data={"code": code, "next": "/notices"})
    assert answer.status_code == 422
    assert "không còn dùng được" in answer.text
    assert 'name="phone"' in answer.text
    assert 'value="/notices"' in answer.text
    again = await client.get("/login/code?next=/notices")
    assert (again.status_code, again.headers["location"]) == (303, "/login?next=%2Fnotices")


async def test_a_used_code_logs_nobody_in_again(client, house, run_jobs):
    """The same browser with the same code a second time gets nothing."""
    await ask(client)
    sealed = client.cookies["login"]
    code = await read_code(house, run_jobs)
    assert (await client.post("/login/code", data={"code": code})).status_code == 303
    client.cookies.clear()
    client.cookies.set("login", sealed)
    again = await client.post("/login/code", data={"code": code})
    assert again.status_code == 422
    assert "session" not in cookies_of(again)


async def test_a_code_is_tied_to_the_browser_that_asked(client, new_client, house, run_jobs):
    """A stranger's browser cannot use the code, nor be logged in to the stranger's account by one."""
    await ask(client)
    code = await read_code(house, run_jobs)
    async with new_client() as other:
        answer = await other.post("/login/code", data={"code": code})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fme")
        other.cookies.set("login", client.cookies["login"][:-1] + "!")
        assert (
            (await other.post("/login/code", data={"code": code})).headers["location"].startswith("/login?")
        )
        assert "session" not in other.cookies
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await client.post("/login/code", data={"code": code}, headers=foreign)).status_code == 403


async def test_three_codes_in_ten_minutes(client, new_client, house):
    """A fourth code for a phone within ten minutes is refused in plain words, whoever asks; the form stays."""
    for _turn in range(3):
        assert (await ask(client)).status_code == 303
        house.clock.advance(minutes=1)
    async with new_client() as other:
        refused = await ask(other, "0912345678")
    assert refused.status_code == 429
    assert "thử nhiều lần quá" in refused.text
    assert 'value="0912345678"' in refused.text
    house.clock.advance(minutes=7)
    assert (await ask(client)).status_code == 303


async def test_twenty_codes_a_day_for_a_phone(client, house):
    """However patiently codes are asked for, a day gives a guesser no more than a hundred tries at one phone."""
    for _turn in range(20):
        assert (await ask(client)).status_code == 303
        house.clock.advance(minutes=10)
    assert (await ask(client)).status_code == 429
    house.clock.advance(hours=21)
    assert (await ask(client)).status_code == 303


async def test_twenty_codes_an_hour_from_one_visitor(client, house):
    """One visitor cannot make us send messages to all the world."""
    for number in range(20):
        assert (await ask(client, f"09123456{number:02d}")).status_code == 303
    assert (await ask(client, "0987654321")).status_code == 429
    house.clock.advance(hours=1)
    assert (await ask(client, "0987654321")).status_code == 303


@pytest.mark.parametrize(
    "wished", ["//evil.vn", "/\\evil.vn", "https://evil.vn", "/\t/evil.vn", "javascript:alert(1)"]
)
async def test_no_open_redirect(client, house, run_jobs, wished):
    """Wherever the address to go back to is given, it cannot leave the site."""
    assert 'value="/me"' in (await client.get("/login", params={"next": wished})).text
    assert (await ask(client, next_path=wished)).headers["location"] == "/login/code?next=%2Fme"
    code = await read_code(house, run_jobs)
    done = await client.post("/login/code", data={"code": code, "next": wished})
    assert done.headers["location"] == "/me"
    assert (await client.get("/login", params={"next": wished})).headers["location"] == "/me"


async def test_cookies_are_secure_behind_https(settings, database_url, db, run_jobs, house):
    """With an https address both cookies are `Secure`."""
    secure = settings.model_copy(update={"public_url": "https://cho.example"})
    safe_house = make_house(secure, database_url, clock=house.clock, sms=house.sms, pool_size=4)
    transport = httpx.ASGITransport(app=create_app(safe_house))
    headers = {"Sec-Fetch-Site": "same-origin"}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="https://cho.example", headers=headers
        ) as visitor:
            sent = await ask(visitor)
            assert "secure" in cookies_of(sent)["login"].lower()
            code = await read_code(house, run_jobs)
            done = await visitor.post("/login/code", data={"code": code})
            assert "secure" in cookies_of(done)["session"].lower()
    finally:
        await safe_house.database.close()


async def test_private_pages_lead_to_the_log_in_and_back(client):
    """Logged out, a private page leads to the log-in with the way back; an act leads to the start."""
    answer = await client.get("/notices?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/notices%3Fx%3D1")
    assert (await client.post("/me/name", data={"name": "x"})).headers["location"] == "/login?next=/"
    client.cookies.set("session", "forged")
    assert (await client.get("/notices")).status_code == 303


async def test_me_works_logged_out(client):
    """Logged out, the page offers to log in and to find one's orders."""
    page = await client.get("/me")
    assert page.status_code == 200
    assert 'href="/login"' in page.text
    assert 'href="/orders"' in page.text


async def test_me_changes_the_name(client, db):
    """The name is kept; an empty or endless one is refused with the words beside the field."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    assert person.name in (await client.get("/me")).text
    done = await client.post("/me/name", data={"name": "  Bà Hoa "})
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    assert 'value="Bà Hoa"' in (await client.get("/me")).text
    for bad in ("", "...", "x" * 81):
        refused = await client.post("/me/name", data={"name": bad})
        assert refused.status_code == 422
        assert 'id="e-name"' in refused.text
    assert f'value="{"x" * 81}"' in refused.text


async def test_me_changes_the_language(client, db):
    """Pages and messages speak the chosen language from then on; one that we do not speak is refused."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    assert (await client.post("/me/language", data={"language": "en"})).status_code == 303
    assert "Log out everywhere" in (await client.get("/me")).text
    async with db.transaction() as session:
        assert await session.scalar(select(Person.language)) == "en"
    refused = await client.post("/me/language", data={"language": "fr"})
    assert refused.status_code == 422
    assert f'value="{person.name}"' in refused.text


async def test_devices_are_listed_and_closed(client, new_client, db):
    """A person sees the devices and closes another one; a stranger's is not found."""
    async with db.transaction() as session:
        person, stranger = await make_person(session), await make_person(session)
        await log_in(session, client, person.id)
        async with new_client() as other, new_client() as theirs:
            await log_in(session, other, person.id)
            await log_in(session, theirs, stranger.id)
            tokens = dict(other.cookies)
    page = (await client.get("/me")).text
    assert page.count("Android · Chrome") == 2
    revoke = re.search(r"/me/devices/[0-9a-f-]+/revoke", page)[0]
    assert (await client.post(revoke)).status_code == 303
    assert (await client.post(revoke)).status_code == 404
    async with new_client() as other:
        other.cookies.update(tokens)
        assert (await other.get("/notices")).status_code == 303
    async with db.transaction() as session:
        statement = select(LoginSession.id).where(LoginSession.person_id == stranger.id)
        theirs_id = await session.scalar(statement)
    assert (await client.post(f"/me/devices/{theirs_id}/revoke")).status_code == 404


async def test_log_out(client, db):
    """Logging out ends the login on the server and takes the cookie; a second time does no harm."""
    async with db.transaction() as session:
        person = await make_person(session)
        token = await log_in(session, client, person.id)
    done = await client.post("/logout")
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    assert "max-age=0" in cookies_of(done)["session"].lower()
    client.cookies.set("session", token)
    assert (await client.get("/notices")).status_code == 303
    assert (await client.post("/logout")).status_code == 303


async def test_log_out_everywhere(client, new_client, db):
    """Logging out everywhere ends every device of the person."""
    async with db.transaction() as session, new_client() as other:
        person = await make_person(session)
        await log_in(session, client, person.id)
        await log_in(session, other, person.id)
        tokens = dict(other.cookies)
    assert (await client.post("/logout/everywhere")).status_code == 303
    async with new_client() as other:
        other.cookies.update(tokens)
        assert (await other.get("/notices")).status_code == 303
    async with db.transaction() as session:
        open_ones = select(func.count()).where(LoginSession.revoked_at.is_(None))
        assert await session.scalar(open_ones) == 0


async def test_a_visit_prolongs_the_login(client, db, house):
    """Someone who comes by every few months stays logged in; half a year away ends it."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    for _visit in range(3):
        house.clock.advance(days=179)
        assert (await client.get("/notices")).status_code == 200
    house.clock.advance(days=180)
    assert (await client.get("/notices")).status_code == 303


async def test_me_leads_to_work(client, db, house):
    """A member of a producer finds its work of the day here; wiring tells which producers."""

    class TwoGardens:
        async def list_names(self, _session, person_id):
            return ["HTX chè La Bằng"] if person_id == person.id else []

    before = dict(house._ports)
    house.provide(Workplaces, TwoGardens())
    try:
        async with db.transaction() as session:
            person = await make_person(session, phone=None)
            await log_in(session, client, person.id)
        page = (await client.get("/me")).text
    finally:
        house._ports.clear()
        house._ports.update(before)
    assert "HTX chè La Bằng" in page
    assert 'href="/producer/' in page
    assert 'data-area="farmer"' in page


async def test_the_bar_follows_a_person_onto_their_own_pages(client, new_client, db):
    """A buyer sees the shop's bar on the page "me" and in the notices, staff the office's."""
    async with new_client() as clerk:
        async with db.transaction() as session:
            await log_in(session, client, (await make_person(session)).id)
            await log_in(session, clerk, (await make_staff(session)).person_id)
        for path in ("/me", "/notices"):
            assert 'data-area="buyer"' in (await client.get(path)).text
            assert 'data-area="office"' in (await clerk.get(path)).text


async def test_the_desk_leads_staff_to_their_work(client, new_client, db):
    """The staff's menu links the desk of payments, refunds and the books; it is closed to others."""
    assert (await client.get("/admin/")).status_code == 303
    async with db.transaction() as session:
        await log_in(session, client, (await make_staff(session)).person_id)
    page = (await client.get("/admin/")).text
    main = page[page.index("<main") : page.index("</main>")]
    for path in ("/admin/payments", "/admin/refunds", "/admin/ledger"):
        assert f'href="{path}"' in main
    async with new_client() as stranger:
        async with db.transaction() as session:
            await log_in(session, stranger, (await make_person(session)).id)
        assert (await stranger.get("/admin/")).status_code == 403


async def test_staff_pages_are_for_staff(app, client, new_client, db):
    """Logged out to the log-in, others 403, staff by role; an admin may do all."""
    if not any(getattr(route, "name", "") == "app.probe.staff" for route in app.routes):
        app.include_router(staff_router)
    assert (await client.get("/probe/staff")).status_code == 303
    assert (await client.get("/probe/visitor")).json() == "?"
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session, name="Bà Hoa")).id)
    assert (await client.get("/probe/staff")).status_code == 403
    assert (await client.get("/probe/visitor")).json() == "Bà Hoa"
    for role in StaffRole:
        async with new_client() as visitor:
            async with db.transaction() as session:
                member = await make_staff(session, role=role)
                await log_in(session, visitor, member.person_id)
            assert (await visitor.get("/probe/staff")).status_code == 200


def test_a_role_is_required():
    """An accountant is no admin."""
    from app.accounts.dependencies import Staff

    with pytest.raises(ForbiddenError):
        Staff(Person(name="x"), StaffRole.ACCOUNTANT).require(StaffRole.ADMIN)
    Staff(Person(name="x"), StaffRole.ADMIN).require(StaffRole.ACCOUNTANT)


async def test_the_header_names_who_is_here(client, db):
    """Whoever is logged in is known to the frame of the page."""
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session, name="Bà Hoa")).id)
    assert "Bà Hoa" in (await client.get("/me")).text
