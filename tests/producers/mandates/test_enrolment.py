"""Enrolment and grants over HTTP: the farmer scans, the code goes to her phone, she takes it back with one button."""

from __future__ import annotations

import asyncio
import re

import pytest

from app.accounts import attempts
from app.accounts import service as accounts
from app.core.ids import uuid7
from producers.mandates import enrolments, repository, service
from producers.mandates.enrolments import NewFarmer
from tests.factories.people import NOW, log_in
from tests.instants import look_too_early


@pytest.fixture
async def token(db, house, coop) -> str:
    """The manager wrote Lan down: the link's token."""
    made_id = uuid7()
    farmer = NewFarmer(id=made_id, name="Hoàng Thị Lan", phone=None, producer_id=coop.producer_id)
    async with db.transaction() as session:
        await enrolments.enrol(
            session, farmer=farmer, helper_id=coop.manager_id, secret=house.secret, now=NOW
        )
    return enrolments.token_of(house.secret, made_id)


async def test_the_link_logs_in_once(new_client, token):
    """It says who invites; one button logs in; afterwards it says that it is used; a forged one is unknown."""
    async with new_client() as phone, new_client() as other:
        assert "Trần Văn Quản mời Hoàng Thị Lan vào chợ" in (await phone.get(f"/enrol/{token}")).text
        answer = await phone.post(f"/enrol/{token}")
        assert answer.status_code == 303
        assert "Chào bác" in (await phone.get(answer.headers["location"])).text
        again = await other.post(f"/enrol/{token}")
        assert again.status_code == 410 and "đã dùng rồi" in again.text and not other.cookies
        assert (await other.get("/enrol/" + "a" * 26)).status_code == 404


async def test_an_expired_link_says_so(house, new_client, token):
    """After half an hour nobody gets in."""
    house.clock.advance(minutes=31)
    async with new_client() as phone:
        for answer in (await phone.get(f"/enrol/{token}"), await phone.post(f"/enrol/{token}")):
            assert answer.status_code == 410 and "đã hết hạn" in answer.text


async def test_two_at_once_log_in_once(new_client, token):
    """The same link pressed on six phones at the same instant lets one in."""
    phones = [new_client() for _ in range(6)]
    answers = await asyncio.gather(*(phone.post(f"/enrol/{token}") for phone in phones))
    for phone in phones:
        await phone.aclose()
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]


async def test_reading_before_spending_lets_several_in(new_client, token, monkeypatch):
    """Negative control: with a look first and a write afterwards, two phones both get in."""
    both_looked = asyncio.Barrier(2)

    async def use_enrolment(session, token_hash, *, now):
        found = await repository.find_enrolment_by_token(session, token_hash)
        if found is None or found.used_at is not None:
            return None
        await both_looked.wait()
        found.used_at = now
        return found

    monkeypatch.setattr(repository, "use_enrolment", use_enrolment)
    phones = [new_client() for _ in range(2)]
    answers = await asyncio.gather(*(phone.post(f"/enrol/{token}") for phone in phones))
    for phone in phones:
        await phone.aclose()
    assert [answer.status_code for answer in answers] == [303, 303]


@pytest.fixture
async def asked(db, client, house, coop, run_jobs):
    """The manager asked the owner of the farm for a code: the page where it is typed, and the message with it."""
    async with db.transaction() as session:
        owner = await accounts.get_person(session, coop.owner_id)
        phone = owner.phone
    form = {"phone": phone, "scopes": ["diary", "lots"], "months": "12", "proof": "otp"}
    sent = await client.post("/producer/help/new", data=form)
    assert sent.status_code == 303, sent.text
    await run_jobs()
    return sent.headers["location"], str(house.sms.sent[-1])


def read_code(message):
    """The code in a message."""
    return re.search(r"mã (\d{6})", message)[1]


async def test_a_code_from_the_farmers_phone_grants(db, client, coop, asked):
    """The message names helper and work; its code grants, twice is once; the farmer takes it back."""
    page, text = asked
    assert "Trần Văn Quản xin bạn cho ghi nhật ký, lập lô hàng giúp bạn" in text and "http" not in text
    wrong = await client.post(page, data={"code": "000000"})
    assert wrong.status_code == 422 and "Mã chưa đúng" in wrong.text
    for _ in range(2):
        granted = await client.post(page, data={"code": read_code(text)})
        assert granted.status_code == 303
    assert "làm giúp Nguyễn Thị Mận được" in (await client.get(granted.headers["location"])).text
    mandate_id = granted.headers["location"].rpartition("=")[2]
    async with db.transaction() as session:
        await log_in(session, client, coop.owner_id)
    assert "Thu lại" in (await client.get("/producer/helped")).text
    assert (await client.post(f"/producer/helped/{mandate_id}/revoke")).status_code == 303
    assert "Đã thu lại ngày 12/11/2026" in (await client.get("/producer/helped")).text


async def test_the_second_of_two_taps_is_led_to_what_the_first_granted(client, asked, monkeypatch):
    """Who looked a moment too early finds the code spent, by the first sending of the same form, and is told no wrong."""
    page, text = asked
    first = await client.post(page, data={"code": read_code(text)})

    async def use_try(*_values, **_named):
        return 4

    for is_counted in (True, False):
        look_too_early(monkeypatch, service, "find_granted")
        if not is_counted:  # both tries were counted before either spent the code
            monkeypatch.setattr(attempts, "use_try", use_try)
        again = await client.post(page, data={"code": read_code(text)})
        assert (again.status_code, again.headers.get("location")) == (303, first.headers["location"])


async def test_the_pages_open(client, coop):
    """The helper's pages open for anybody who is logged in."""
    for path in ("help", "help/new", "help/enrol", "helped", "village"):
        assert (await client.get(f"/producer/{path}")).status_code == 200, path
