"""A shared phone: logins that a PIN opens, and the way back to a forgotten one."""

from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.accounts import service, shared_phone
from app.accounts.models import Attempt, LoginSession, PhoneKey
from app.accounts.phone_routes import UNLOCKS_PER_VISITOR
from app.core.errors import ForbiddenError, LimitedError, NotFoundError, UnauthenticatedError
from app.core.ids import uuid7
from tests.factories.people import NOW, log_in, make_person, make_phone_key
from tests.instants import look_too_early

SECRET = bytes(range(32))
JSON = {"Accept": "application/problem+json"}


async def open_login(session, person, now=NOW):
    """A login by code, as the device has it."""
    token = await service.open_login(session, person_id=person.id, device="Android · Chrome", now=now)
    return await service.find_login(session, token=token, now=now)


async def post(client, path, **fields):
    """Post JSON as the phone's script does."""
    return await client.post(path, json={name: str(value) for name, value in fields.items()}, headers=JSON)


async def logged_in(db, client, name="Lường Thị Hoa"):
    """Somebody who is logged in as `client`; answers their id."""
    async with db.transaction() as session:
        person = await make_person(session, name=name)
        await log_in(session, client, person.id)
    return person.id


async def test_a_credential_opens_its_login_on_its_phone_alone(session):
    """A credential opens the login it was made for, on the phone it was made for, and nothing else does."""
    login = await open_login(session, await make_person(session))
    phone = uuid7()
    credential = await shared_phone.issue_credential(session, login=login, phone_id=phone, now=NOW)
    opened = await shared_phone.open_phone(session, credential=credential, phone_id=phone, now=NOW)
    assert opened.device.id == login.device.id
    for wrong, where in ((credential, uuid7()), ("a" * 26, phone)):
        with pytest.raises(UnauthenticatedError):
            await shared_phone.open_phone(session, credential=wrong, phone_id=where, now=NOW)


async def test_a_cookie_is_no_credential(session):
    """The token of a cookie opens no phone: only what was made for a vault does."""
    person, phone = await make_person(session), uuid7()
    token = await service.open_login(session, person_id=person.id, device="", now=NOW)
    login = await service.find_login(session, token=token, now=NOW)
    await shared_phone.issue_credential(session, login=login, phone_id=phone, now=NOW)
    with pytest.raises(UnauthenticatedError):
        await shared_phone.open_phone(session, credential=token, phone_id=phone, now=NOW)


async def test_a_phone_is_one_line_for_its_owner(session):
    """A new login with a PIN on the same phone ends the older one there; other phones and other people stay."""
    person, phone = await make_person(session), uuid7()
    old, elsewhere, new = [await open_login(session, person) for _ in range(3)]
    stranger = await open_login(session, await make_person(session))
    for login, where in ((old, phone), (elsewhere, uuid7()), (stranger, phone), (new, phone)):
        await shared_phone.issue_credential(session, login=login, phone_id=where, now=NOW)
    left = {device.id for device in await service.list_devices(session, person.id, now=NOW)}
    assert left == {elsewhere.device.id, new.device.id}
    assert len(await service.list_devices(session, stranger.person.id, now=NOW)) == 1


async def test_a_new_credential_replaces_the_old_one(session):
    """Only the last credential of a login opens it."""
    login, phone = await open_login(session, await make_person(session)), uuid7()
    first = await shared_phone.issue_credential(session, login=login, phone_id=phone, now=NOW)
    second = await shared_phone.issue_credential(session, login=login, phone_id=phone, now=NOW)
    with pytest.raises(UnauthenticatedError):
        await shared_phone.open_phone(session, credential=first, phone_id=phone, now=NOW)
    assert await shared_phone.open_phone(session, credential=second, phone_id=phone, now=NOW)


@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_an_ended_login_is_not_opened(session, end):
    """A login that expired, or was closed from another device, is not opened by its phone either."""
    login, phone = await open_login(session, await make_person(session)), uuid7()
    credential = await shared_phone.issue_credential(session, login=login, phone_id=phone, now=NOW)
    now = NOW
    if end == "expired":
        now += service.LOGIN_LIFE
    else:
        await service.revoke_device(session, person_id=login.person.id, login_id=login.device.id, now=NOW)
    with pytest.raises(UnauthenticatedError):
        await shared_phone.open_phone(session, credential=credential, phone_id=phone, now=now)


async def test_leaving_ends_a_login_that_nobody_can_open_again(session):
    """Whoever has no PIN and leaves is logged out; whoever has one comes back with it."""
    person = await make_person(session)
    plain, kept = await open_login(session, person), await open_login(session, person)
    await shared_phone.issue_credential(session, login=kept, phone_id=uuid7(), now=NOW)
    for login in (plain, kept):
        await shared_phone.leave_phone(session, login=login, now=NOW)
    assert [device.id for device in await service.list_devices(session, person.id, now=NOW)] == [
        kept.device.id
    ]


async def test_a_key_is_kept_once(session):
    """A key that is sent twice is kept once, as it came first; under another's id nothing is kept or told."""
    person, key_id, phone = await make_person(session), uuid7(), uuid7()
    for secret in (SECRET, bytes(32)):
        await shared_phone.deposit_key(
            session, person_id=person.id, key_id=key_id, phone_id=phone, secret=secret, now=NOW
        )
    assert (await session.scalars(select(PhoneKey.secret))).all() == [SECRET]
    stranger = await make_person(session)
    with pytest.raises(NotFoundError):
        await shared_phone.deposit_key(
            session, person_id=stranger.id, key_id=key_id, phone_id=phone, secret=SECRET, now=NOW
        )


async def test_nobody_fills_the_table_of_keys(session):
    """Twenty keys a day are more than any phone needs."""
    person = await make_person(session)
    for _ in range(shared_phone.KEYS_A_DAY):
        await make_phone_key(session, person_id=person.id)

    async def deposit(now):
        await shared_phone.deposit_key(
            session, person_id=person.id, key_id=uuid7(), phone_id=uuid7(), secret=SECRET, now=now
        )

    with pytest.raises(LimitedError):
        await deposit(NOW)
    await deposit(NOW + timedelta(days=1))


async def test_the_last_key_of_a_day_does_not_stand_in_its_own_way(session, monkeypatch):
    """A repeat that looked for itself a moment too early is not one key too many."""
    person, key_id = await make_person(session), uuid7()
    for _ in range(shared_phone.KEYS_A_DAY - 1):
        await make_phone_key(session, person_id=person.id)
    key = {"person_id": person.id, "phone_id": uuid7(), "secret": SECRET, "now": NOW}
    await shared_phone.deposit_key(session, key_id=key_id, **key)
    look_too_early(monkeypatch, shared_phone.repository, "find_phone_key")
    await shared_phone.deposit_key(session, key_id=key_id, **key)
    with pytest.raises(LimitedError):
        await shared_phone.deposit_key(session, key_id=uuid7(), **key)


async def test_a_key_goes_back_to_its_person_after_a_log_in_by_code_alone(session):
    """The way back is open for ten minutes after a code was typed, to the person whose key it is."""
    login = await open_login(session, await make_person(session))
    key = await make_phone_key(session, person_id=login.person.id, secret=SECRET)

    async def ask(who, now):
        return await shared_phone.return_key(session, login=who, key_id=key.id, now=now)

    assert await ask(login, NOW + timedelta(minutes=9, seconds=59)) == SECRET
    with pytest.raises(ForbiddenError) as refused:
        await ask(login, NOW + shared_phone.FRESH)
    assert refused.value.code == "login_too_old"
    with pytest.raises(NotFoundError):
        await ask(await open_login(session, await make_person(session)), NOW)


async def test_a_credential_does_not_make_a_login_young(session):
    """Opening the phone with a PIN is no log-in by code: the way back stays shut."""
    login, phone = await open_login(session, await make_person(session)), uuid7()
    key = await make_phone_key(session, person_id=login.person.id)
    later = NOW + timedelta(days=3)
    credential = await shared_phone.issue_credential(session, login=login, phone_id=phone, now=later)
    opened = await shared_phone.open_phone(session, credential=credential, phone_id=phone, now=later)
    with pytest.raises(ForbiddenError):
        await shared_phone.return_key(session, login=opened, key_id=key.id, now=later)


async def test_two_people_change_places_over_http(db, client, new_client):
    """Locking takes the cookie away, a credential brings its person's cookie: the header names who is in."""
    phone, credentials = uuid7(), {}
    for name in ("Bà Hoa", "Ông Páo"):
        person_id = await logged_in(db, client, name)
        issued = await post(client, "/phone/credential", phone=phone, person=person_id)
        assert issued.headers["cache-control"] == "no-store"
        cookie = issued.headers["set-cookie"].lower()
        assert "session=" in cookie and "httponly" in cookie and "samesite=lax" in cookie
        credentials[name] = issued.json()["credential"]
        left = await post(client, "/phone/lock")
        assert left.status_code == 204
        assert left.headers["set-cookie"].lower().startswith('session="";')
        client.cookies.clear()
    for name in ("Bà Hoa", "Ông Páo", "Bà Hoa"):
        opened = await post(client, "/phone/unlock", phone=phone, credential=credentials[name])
        assert (opened.status_code, opened.json()["name"]) == (200, name)
        assert f'value="{name}"' in (await client.get("/me")).text
        assert (await post(client, "/phone/lock")).status_code == 204
        assert (await client.get("/notices")).status_code == 303
    async with new_client() as stranger:
        refused = await post(stranger, "/phone/unlock", phone=uuid7(), credential=credentials["Bà Hoa"])
        assert refused.status_code == 401
        assert "session" not in stranger.cookies
        assert refused.json()["detail"] == "Máy này cần đăng nhập lại bằng số điện thoại."


async def test_a_renewed_credential_keeps_its_browser_logged_in(db, client):
    """A browser that shows a credential as its cookie gets the new one when it asks for one."""
    person_id, phone = await logged_in(db, client), uuid7()
    for _ in range(3):
        issued = await post(client, "/phone/credential", phone=phone, person=person_id)
        assert issued.status_code == 200
        assert (await client.get("/notices")).status_code == 200


async def test_locking_without_a_pin_is_logging_out(db, client):
    """A login without a credential is over once its cookie is gone, and locking twice is no error."""
    person_id = await logged_in(db, client)
    for _ in range(2):
        assert (await post(client, "/phone/lock")).status_code == 204
    async with db.transaction() as session:
        revoked = select(LoginSession.revoked_at).where(LoginSession.person_id == person_id)
        assert (await session.scalars(revoked)).one() is not None


async def test_unlocking_is_limited_and_refusals_count(db, client, house):
    """Every knock counts, also a refused one, until the time is over."""
    most, per = UNLOCKS_PER_VISITOR
    person_id = await logged_in(db, client)
    async with db.transaction() as session:
        session.add_all(Attempt(kind="phone_unlock", key="someone", created_at=NOW) for _ in range(most))
    phone = uuid7()
    issued = await post(client, "/phone/credential", phone=phone, person=person_id)
    credential = issued.json()["credential"]
    for _ in range(3):
        assert (await post(client, "/phone/unlock", phone=phone, credential="x" * 26)).status_code == 401
    async with db.transaction() as session:
        counted = select(func.count()).where(Attempt.kind == "phone_unlock", Attempt.key != "someone")
        assert (await session.execute(counted)).scalar_one() == 3
        key = (await session.scalars(select(Attempt.key).where(Attempt.key != "someone"))).first()
        session.add_all(
            Attempt(kind="phone_unlock", key=key, created_at=house.clock.now()) for _ in range(most - 3)
        )
    full = await post(client, "/phone/unlock", phone=phone, credential=credential)
    assert full.status_code == 429
    house.clock.advance(seconds=per.total_seconds())
    opened = await post(client, "/phone/unlock", phone=phone, credential=credential)
    assert opened.json()["person"] == str(person_id)


async def test_the_way_back_over_http(db, client, new_client, house):
    """The secret comes back word for word to its fresh owner; to an old login it says what to do, to others nothing."""
    person_id = await logged_in(db, client)
    key_id, said = uuid7(), b64encode(SECRET).decode()
    kept = await post(client, "/phone/recovery", id=key_id, phone=uuid7(), person=person_id, secret=said)
    assert kept.status_code == 204
    back = await client.post(f"/phone/recovery/{key_id}", headers=JSON)
    assert (back.json(), back.headers["cache-control"]) == ({"secret": said}, "no-store")
    async with new_client() as other:
        await logged_in(db, other)
        assert (await other.post(f"/phone/recovery/{key_id}", headers=JSON)).status_code == 404
    house.clock.advance(seconds=shared_phone.FRESH.total_seconds())
    old = await client.post(f"/phone/recovery/{key_id}", headers=JSON)
    assert (old.status_code, old.json()["type"]) == (403, "about:blank#login_too_old")
    assert "đặt số bí mật mới" in old.json()["detail"]


async def test_a_phone_never_keeps_one_persons_key_in_anothers_name(db, client):
    """A phone that changed hands without signal is refused until the right person is logged in."""
    person_id, said = await logged_in(db, client), b64encode(SECRET).decode()
    other = uuid7()
    for path, more in (("/phone/credential", {}), ("/phone/recovery", {"id": uuid7(), "secret": said})):
        refused = await post(client, path, phone=uuid7(), person=other, **more)
        assert (refused.status_code, refused.json()["type"]) == (409, "about:blank#other-person")
    async with db.transaction() as session:
        assert (await session.scalars(select(PhoneKey))).all() == []
        bound = select(LoginSession.phone_id).where(LoginSession.person_id == person_id)
        assert (await session.scalars(bound)).all() == [None]


async def test_a_change_of_hands_ends_a_login_without_a_pin(db, client, new_client):
    """When the phone passes from somebody without a PIN to somebody with one, the first is logged out."""
    phone = uuid7()
    async with new_client() as earlier:
        person_id = await logged_in(db, earlier, "Ông Páo")
        issued = await post(earlier, "/phone/credential", phone=phone, person=person_id)
    plain_id = await logged_in(db, client, "Bà Hoa")
    opened = await post(client, "/phone/unlock", phone=phone, credential=issued.json()["credential"])
    assert opened.json()["person"] == str(person_id)
    async with db.transaction() as session:
        assert await service.list_devices(session, plain_id, now=NOW) == []
        assert len(await service.list_devices(session, person_id, now=NOW)) == 1


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/phone/credential", {"phone": "nhà tôi", "person": uuid4()}),
        ("/phone/unlock", {"phone": uuid4(), "credential": ""}),
        ("/phone/recovery", {"id": uuid4(), "phone": uuid4(), "person": uuid4(), "secret": "ngắn"}),
    ],
)
async def test_a_malformed_request_is_refused_in_words(db, client, path, fields):
    """What has not the right shape is refused, and nothing is written."""
    await logged_in(db, client)
    answer = await post(client, path, **fields)
    assert (answer.status_code, answer.json()["type"]) == (422, "about:blank#invalid")


async def test_who_holds_the_phone_is_the_same_page_for_everybody(db, client, new_client):
    """The page that asks names nobody: a phone may keep it for all its people."""
    await logged_in(db, client, "Vàng Thị Mỷ")
    async with new_client() as visitor:
        assert (await client.get("/producer/phone")).text == (await visitor.get("/producer/phone")).text
    own = await client.get("/producer/phone/pin")
    assert own.status_code == 200
