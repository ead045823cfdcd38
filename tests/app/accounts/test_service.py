"""People and logins: codes, devices, roles; the rules without a web server."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.accounts import attempts, jobs, service
from app.accounts.errors import WrongCodeError
from app.accounts.models import Attempt, LoginSession, OtpChallenge, Person, StaffRole
from app.core.errors import LimitedError, NotFoundError
from tests.factories.people import NOW, make_person, make_staff

SECRET = b"a secret of thirty-two characters"
PHONE = "+84912345678"


async def ask(db, phone=PHONE):
    """Ask for a code and answer the challenge's id."""
    async with db.transaction() as session:
        return (await service.send_code(session, phone=phone, lang="vi", now=NOW)).id


async def try_code(db, challenge_id, code, now=NOW):
    """Try a code as the route does: the try is counted first, in its own transaction."""
    left = await attempts.use_try(db, challenge_id, now=now)
    async with db.transaction() as session:
        return await service.log_in(
            session,
            secret=SECRET,
            challenge_id=challenge_id,
            code=code,
            tries_left=left,
            device="Android · Zalo",
            language="en",
            now=now,
        )


def wrong(challenge_id):
    """A code that is not the right one."""
    return f"{(int(service.code_of(SECRET, challenge_id)) + 1) % 1_000_000:06d}"


async def test_get_people_answers_all_or_refuses(session):
    """People are found by id; an unknown id is refused, never left out in silence."""
    first, second = await make_person(session), await make_person(session, phone=None)
    assert await service.get_people(session, [first.id, second.id, first.id]) == {
        first.id: first,
        second.id: second,
    }
    assert await service.get_person(session, first.id) is first
    with pytest.raises(NotFoundError):
        await service.get_people(session, [first.id, uuid4()])
    with pytest.raises(NotFoundError):
        await service.get_person(session, uuid4())


async def test_a_number_is_one_person(session):
    """The same number is the same person, who keeps the own name."""
    made = await service.get_or_create_person(session, phone=PHONE, name="Hoa", now=NOW)
    again = await service.get_or_create_person(session, phone=PHONE, name="Someone else", now=NOW)
    assert again.id == made.id
    assert again.name == "Hoa"
    assert (await service.find_person_by_phone(session, PHONE)).id == made.id
    assert await service.find_person_by_phone(session, "+84987654321") is None


async def test_two_first_visits_at_once_make_one_person(db):
    """Two transactions that both find nobody end with the same person."""
    async with db.transaction() as one:
        assert await service.find_person_by_phone(one, PHONE) is None
        async with db.transaction() as other:
            first = await service.get_or_create_person(other, phone=PHONE, name="A", now=NOW)
        from app.accounts import repository

        second = await repository.insert_person(one, phone=PHONE, name="B", language="vi", now=NOW)
        assert second.id == first.id
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == 1


async def test_rename_and_language(session):
    """A person chooses name and language; a language that we do not speak is refused."""
    person = await make_person(session)
    await service.rename_person(session, person_id=person.id, name="Bà Hoa")
    await service.choose_language(session, person_id=person.id, language="en")
    await session.refresh(person)
    assert (person.name, person.language) == ("Bà Hoa", "en")
    with pytest.raises(NotFoundError):
        await service.choose_language(session, person_id=person.id, language="fr")


def test_codes_are_six_digits_and_keyed():
    """A code follows from secret and challenge alone, and has six digits with its zeros."""
    ids = [UUID(int=number) for number in range(200)]
    codes = [service.code_of(SECRET, one) for one in ids]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert any(code.startswith("0") for code in codes)
    assert len(set(codes)) > 190
    assert service.code_of(b"another", ids[0]) != codes[0]


@pytest.mark.parametrize(
    "sealed", [None, "", "x", "0" * 32, f"{'0' * 32}.abc", f"{'0' * 32}.ấ", "." + "a" * 26]
)
def test_a_forged_seal_opens_nothing(sealed):
    """A cookie that we did not make names no challenge."""
    assert service.open_seal(SECRET, sealed) is None


def test_a_seal_opens_its_challenge():
    """Our own cookie names its challenge, and only under our own secret."""
    challenge_id = uuid4()
    sealed = service.seal_challenge(SECRET, challenge_id)
    assert service.open_seal(SECRET, sealed) == challenge_id
    assert service.open_seal(b"another", sealed) is None


async def test_the_right_code_makes_the_person(db):
    """A new number becomes a person who goes by the number, and the device gets a token of which we keep the hash."""
    challenge_id = await ask(db)
    logged_in = await try_code(db, challenge_id, service.code_of(SECRET, challenge_id))
    assert (logged_in.person.phone, logged_in.person.name) == (PHONE, "0912 345 678")
    assert logged_in.person.language == "en"
    async with db.transaction() as session:
        login = await service.find_login(session, token=logged_in.token, now=NOW)
        kept = (await session.scalars(select(LoginSession.token_hash))).one()
    assert login.person.id == logged_in.person.id
    assert logged_in.token.encode() not in kept


async def test_a_code_is_good_once(db):
    """A used code is refused, before the try and in the race after it."""
    challenge_id = await ask(db)
    code = service.code_of(SECRET, challenge_id)
    await try_code(db, challenge_id, code)
    with pytest.raises(WrongCodeError, match="không còn dùng được"):
        await try_code(db, challenge_id, code)
    async with db.transaction() as session:
        with pytest.raises(WrongCodeError, match="không còn dùng được"):
            await service.log_in(
                session,
                secret=SECRET,
                challenge_id=challenge_id,
                code=code,
                tries_left=3,
                device="",
                language="vi",
                now=NOW,
            )


async def test_a_code_ends_after_five_minutes(db):
    """At five minutes the code is over."""
    challenge_id = await ask(db)
    code = service.code_of(SECRET, challenge_id)
    with pytest.raises(WrongCodeError, match="không còn dùng được"):
        await try_code(db, challenge_id, code, now=NOW + timedelta(minutes=5))
    await try_code(db, challenge_id, code, now=NOW + timedelta(minutes=5, seconds=-1))


async def test_tries_survive_the_rollback_and_end(db):
    """Each wrong code counts although its transaction is rolled back; the sixth try finds the door shut."""
    challenge_id = await ask(db)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCodeError) as refused:
            await try_code(db, challenge_id, wrong(challenge_id))
        assert refused.value.message.params == {"left": left}
        assert set(refused.value.fields) == {"code"}
    with pytest.raises(WrongCodeError, match="hết lượt thử"):
        await try_code(db, challenge_id, wrong(challenge_id))
    async with db.transaction() as session:
        assert await session.scalar(select(OtpChallenge.tries)) == 5
    with pytest.raises(WrongCodeError, match="nhiều lần quá"):
        await try_code(db, challenge_id, service.code_of(SECRET, challenge_id))


async def test_an_unknown_challenge_has_no_tries(db):
    """A challenge that never was is refused like one that is over."""
    with pytest.raises(WrongCodeError, match="không còn dùng được"):
        await attempts.use_try(db, uuid4(), now=NOW)


async def test_open_challenges_are_found_while_open(session):
    """Only a challenge whose code may still be typed is found."""
    challenge = await service.send_code(session, phone=PHONE, lang="vi", now=NOW)
    assert (await service.find_open_challenge(session, challenge.id, now=NOW)).phone == PHONE
    assert await service.find_open_challenge(session, None, now=NOW) is None
    assert await service.find_open_challenge(session, uuid4(), now=NOW) is None
    late = NOW + service.CODE_LIFE
    assert await service.find_open_challenge(session, challenge.id, now=late) is None
    challenge.consumed_at = NOW
    await session.flush()
    assert await service.find_open_challenge(session, challenge.id, now=NOW) is None


async def test_the_message_holds_the_code_and_no_link(db, house, run_jobs):
    """The message names the site and warns, and leads nowhere; neither table nor queue ever held the code."""
    challenge_id = await ask(db)
    code = service.code_of(house.secret, challenge_id)
    async with db.transaction() as session:
        from sqlalchemy import text

        queued = await session.scalar(text("SELECT args::text FROM jobs.procrastinate_jobs"))
    assert code not in queued
    await run_jobs()
    assert house.sms.last_to(PHONE) == f"Chợ Phiên: mã đăng nhập của bạn là {code}. Không đưa mã này cho ai."


async def test_a_late_job_sends_no_dead_code(db, house):
    """A code that is over by the time its message could go is not sent."""
    challenge_id = await ask(db)
    await jobs.send_otp(
        db,
        now=NOW + service.CODE_LIFE,
        challenge_id=str(challenge_id),
        lang="vi",
        sms=house.sms,
        secret=house.secret,
        catalogue=house.catalogue,
    )
    assert house.sms.sent == []


async def test_being_seen_prolongs_and_is_written_once_an_hour(session):
    """A login slides to 180 days after the last visit; visits within an hour write nothing."""
    person = await make_person(session)
    token = await service.open_login(session, person_id=person.id, device="", now=NOW)

    async def seen(at):
        login = await service.find_login(session, token=token, now=at)
        await session.refresh(login.device)
        return login.device.seen_at, login.device.expires_at

    assert await seen(NOW + timedelta(minutes=59)) == (NOW, NOW + timedelta(days=180))
    hour = NOW + timedelta(hours=1)
    assert await seen(hour) == (hour, hour + timedelta(days=180))
    late = hour + timedelta(days=179)
    assert await seen(late) == (late, late + timedelta(days=180))
    assert await service.find_login(session, token=token, now=late + timedelta(days=180)) is None


async def test_devices_are_closed_one_by_one_or_all(session):
    """A person closes own devices, never a stranger's."""
    person, stranger = await make_person(session), await make_person(session)
    tokens = [
        await service.open_login(session, person_id=one.id, device="d", now=NOW)
        for one in (person, person, stranger)
    ]
    logins = [await service.find_login(session, token=token, now=NOW) for token in tokens]
    assert len(await service.list_devices(session, person.id, now=NOW)) == 2
    with pytest.raises(NotFoundError):
        await service.revoke_device(session, person_id=person.id, login_id=logins[2].device.id, now=NOW)
    await service.revoke_device(session, person_id=person.id, login_id=logins[0].device.id, now=NOW)
    assert await service.find_login(session, token=tokens[0], now=NOW) is None
    assert await service.log_out_everywhere(session, person_id=person.id, now=NOW) == 1
    assert await service.list_devices(session, person.id, now=NOW) == []
    assert await service.find_login(session, token=tokens[2], now=NOW) is not None


async def test_staff_have_one_role(session):
    """A person is made staff, then given another role; nobody unknown is."""
    person = await make_person(session)
    assert await service.find_staff(session, person.id) is None
    await service.add_staff(session, person_id=person.id, role=StaffRole.ACCOUNTANT, now=NOW)
    await service.add_staff(session, person_id=person.id, role=StaffRole.ADMIN, now=NOW)
    assert (await service.find_staff(session, person.id)).role is StaffRole.ADMIN
    with pytest.raises(NotFoundError):
        await service.add_staff(session, person_id=uuid4(), role=StaffRole.ADMIN, now=NOW)
    assert (await make_staff(session)).role is StaffRole.ADMIN


async def test_a_limit_counts_in_its_own_transaction(db):
    """What is over the limit is refused and not counted; each key and kind has its own; waiting helps."""

    async def tap(at=NOW, key="a", kind="k"):
        await attempts.limit(db, kind=kind, key=key, most=2, per=timedelta(minutes=10), now=at)

    await tap()
    await tap(NOW + timedelta(minutes=1))
    for _turn in range(3):
        with pytest.raises(LimitedError):
            await tap(NOW + timedelta(minutes=2))
    await tap(key="b")
    await tap(kind="other")
    await tap(NOW + timedelta(minutes=10))
    with pytest.raises(LimitedError):
        await tap(NOW + timedelta(minutes=10, seconds=1))
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 5


async def test_old_rows_are_forgotten(session):
    """Attempts go after 7 days, ended codes and devices after 30; what is alive stays."""
    person = await make_person(session)
    kept = await service.open_login(session, person_id=person.id, device="kept", now=NOW)
    ended = await service.open_login(
        session, person_id=person.id, device="ended", now=NOW - timedelta(days=220)
    )
    revoked = await service.open_login(session, person_id=person.id, device="revoked", now=NOW)
    login = await service.find_login(session, token=revoked, now=NOW)
    login.device.revoked_at = NOW - timedelta(days=31)
    for age in (6, 8):
        session.add(Attempt(kind="k", key="a", created_at=NOW - timedelta(days=age)))
    for age in (0, 31):
        await service.send_code(session, phone=PHONE, lang="vi", now=NOW - timedelta(days=age))
    await session.flush()
    await jobs.forget_old(session, now=NOW)
    assert await session.scalar(select(func.count()).select_from(Attempt)) == 1
    assert await session.scalar(select(func.count()).select_from(OtpChallenge)) == 1
    assert (await session.scalars(select(LoginSession.device))).all() == ["kept"]
    assert await service.find_login(session, token=kept, now=NOW) is not None
    assert await service.find_login(session, token=ended, now=NOW) is None


async def test_a_login_is_ended_by_its_token(session):
    """The token opens nothing afterwards, ending it again changes nothing, and whose it was stays known."""
    person = await make_person(session)
    token = await service.open_login(session, person_id=person.id, device="", now=NOW)
    login = await service.find_login(session, token=token, now=NOW)
    assert login is not None
    for _time in range(2):
        await service.end_login(session, token=token, now=NOW)
    assert await service.find_login(session, token=token, now=NOW) is None
    found = await service.find_any_login(session, login.device.id)
    assert found is not None and (found.person_id, found.revoked_at) == (person.id, NOW)
    assert await service.find_any_login(session, uuid4()) is None
