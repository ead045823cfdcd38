"""A shared phone over HTTP: who holds it, their PIN, and the logins that a PIN opens."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.accounts import attempts, shared_phone
from app.accounts.cookies import keep_session
from app.accounts.dependencies import SESSION_COOKIE, CurrentLogin, CurrentPerson, MaybeLogin, find_login
from app.accounts.pages import PhonePage, PinPage
from app.accounts.schemas import CredentialFields, PhoneKeyFields, UnlockFields
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.house import house_of
from app.web.pages import render

router = APIRouter()

# Nobody guesses 130 bits; this keeps one visitor from keeping the house busy. A hamlet may share one address.
UNLOCKS_PER_VISITOR = (120, timedelta(minutes=10))


@router.get("/producer/phone", name="app.accounts.phone")
async def show_phone(request: Request) -> Response:
    """Ask who holds the phone. Nothing personal is in the page: the phone draws its people itself."""
    return await render(request, PhonePage())


@router.get("/producer/phone/pin", name="app.accounts.phone_pin")
async def show_pin(request: Request, person: CurrentPerson) -> Response:
    """Set, change or take away the own PIN, and choose a face."""
    return await render(request, PinPage(person_id=person.id, name=person.name))


@router.post("/phone/credential", name="app.accounts.phone_credential")
async def issue_credential(
    house: TheHouse, session: DbSession, login: CurrentLogin, fields: CredentialFields, now: Now
) -> Response:
    """Hand this phone the token that it seals in the person's vault: shown once."""
    shared_phone.require_person(login, fields.person)
    credential = await shared_phone.issue_credential(session, login=login, phone_id=fields.phone, now=now)
    response = JSONResponse({"credential": credential}, headers={"Cache-Control": "no-store"})
    keep_session(house, response, credential)
    return response


@router.post("/phone/unlock", name="app.accounts.phone_unlock")
async def unlock(
    request: Request,
    session: DbSession,
    visitor: VisitorKey,
    fields: UnlockFields,
    now: Now,
) -> Response:
    """Let in whom the phone let in: the cookie becomes that person's, and whoever held it before leaves."""
    house = house_of(request)
    most, per = UNLOCKS_PER_VISITOR
    await attempts.limit(house.database, kind="phone_unlock", key=visitor, most=most, per=per, now=now)
    login = await shared_phone.open_phone(
        session, credential=fields.credential, phone_id=fields.phone, now=now
    )
    before = await find_login(request, session, now)
    if before is not None and before.device.id != login.device.id:
        await shared_phone.leave_phone(session, login=before, now=now)
    response = JSONResponse({"person": str(login.person.id), "name": login.person.name})
    keep_session(house, response, fields.credential)
    return response


@router.post("/phone/lock", name="app.accounts.phone_lock")
async def lock(session: DbSession, login: MaybeLogin, now: Now) -> Response:
    """Take the cookie away; doing it twice is as good as once."""
    if login is not None:
        await shared_phone.leave_phone(session, login=login, now=now)
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/phone/recovery", name="app.accounts.phone_deposit")
async def deposit_key(session: DbSession, login: CurrentLogin, fields: PhoneKeyFields, now: Now) -> Response:
    """Keep the way back to a PIN that may be forgotten."""
    shared_phone.require_person(login, fields.person)
    await shared_phone.deposit_key(
        session,
        person_id=login.person.id,
        key_id=fields.id,
        phone_id=fields.phone,
        secret=b64decode(fields.secret),
        now=now,
    )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/phone/recovery/{key_id}", name="app.accounts.phone_recovery")
async def return_key(session: DbSession, login: CurrentLogin, key_id: UUID, now: Now) -> Response:
    """Give the way back to somebody who has just logged in by code."""
    secret = await shared_phone.return_key(session, login=login, key_id=key_id, now=now)
    return JSONResponse({"secret": b64encode(secret).decode()}, headers={"Cache-Control": "no-store"})
