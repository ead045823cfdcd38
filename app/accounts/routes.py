"""Logging in and out over HTTP, and the page about oneself."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import attempts, browsers, service
from app.accounts.bars import keep_bar
from app.accounts.cookies import keep_session, set_cookie
from app.accounts.dependencies import (
    SESSION_COOKIE,
    CurrentLogin,
    CurrentPerson,
    CurrentStaff,
    MaybeLogin,
)
from app.accounts.models import OtpChallenge
from app.accounts.pages import CodePage, DeskPage, DeviceLine, LoginPage, MePage, Workplace
from app.accounts.schemas import CodeFields, LanguageFields, NameFields, PhoneFields
from app.core.errors import AppError, LimitedError
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House, house_of
from app.web.pages import LANGUAGE_COOKIE, language_of, render

router = APIRouter()

CHALLENGE_COOKIE = "login"
CODES_PER_PHONE = (3, timedelta(minutes=10))
# Five tries for each code: a day's codes leave a guesser one chance in ten thousand, whatever addresses they come from.
CODES_PER_PHONE_A_DAY = (20, timedelta(days=1))
CODES_PER_VISITOR = (20, timedelta(hours=1))


def _next(request: Request, wished: object) -> str:
    return browsers.local_path(str(wished or ""), str(request.app.url_path_for("app.accounts.me")))


def _demo_phone(request: Request, next_path: str) -> str | None:
    if not house_of(request).settings.demo:
        return None
    return f"{request.app.url_path_for('app.accounts.demo_phone')}?{urlencode({'next': next_path})}"


async def _show_login(request: Request, form: Form, next_path: str, status: int = HTTPStatus.OK) -> Response:
    page = LoginPage(form=form, next_path=next_path, demo_phone_href=_demo_phone(request, next_path))
    return await render(request, page, status=status)


@router.get("/login", name="app.accounts.login")
async def show_login(request: Request, login: MaybeLogin) -> Response:
    """Ask for the phone number; whoever is logged in already goes where they wanted to go."""
    next_path = _next(request, request.query_params.get("next"))
    if login is not None:
        return RedirectResponse(next_path, HTTPStatus.SEE_OTHER)
    return await _show_login(request, Form(), next_path)


@router.post("/login", name="app.accounts.send_code")
async def send_code(
    request: Request, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Send a code to a number, known or not: the answer is the same."""
    submission = await read_submission(request)
    next_path = _next(request, submission.form.values.get("next"))
    fields, form = submission.read(PhoneFields)
    if fields is None:
        return await _show_login(request, form, next_path, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        for kind, key, (most, per) in (
            ("code_visitor", visitor, CODES_PER_VISITOR),
            ("code_phone", fields.phone, CODES_PER_PHONE),
            ("code_phone_day", fields.phone, CODES_PER_PHONE_A_DAY),
        ):
            await attempts.limit(house.database, kind=kind, key=key, most=most, per=per, now=now)
    except LimitedError as error:
        return await _show_login(request, form.refused(error), next_path, status_of(error))
    challenge = await service.send_code(session, phone=fields.phone, lang=language_of(request), now=now)
    target = f"{request.app.url_path_for('app.accounts.code')}?{urlencode({'next': next_path})}"
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    sealed = service.seal_challenge(house.secret, challenge.id)
    set_cookie(house, response, CHALLENGE_COOKIE, sealed, max_age=_seconds(service.CODE_LIFE), path="/login")
    return response


def _seconds(life: timedelta) -> int:
    return int(life.total_seconds())


def _challenge_id(request: Request, house: House) -> UUID | None:
    return service.open_seal(house.secret, request.cookies.get(CHALLENGE_COOKIE))


async def _show_code(
    request: Request, challenge: OtpChallenge, form: Form, next_path: str, status: int = HTTPStatus.OK
) -> Response:
    page = CodePage(
        form=form, phone=challenge.phone, next_path=next_path, demo_phone_href=_demo_phone(request, next_path)
    )
    return await render(request, page, status=status)


def _start_again(request: Request, next_path: str) -> Response:
    target = f"{request.app.url_path_for('app.accounts.login')}?{urlencode({'next': next_path})}"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.get("/login/code", name="app.accounts.code")
async def show_code(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Ask for the code; a browser that asked for none starts again."""
    next_path = _next(request, request.query_params.get("next"))
    challenge = await service.find_open_challenge(session, _challenge_id(request, house), now=now)
    if challenge is None:
        return _start_again(request, next_path)
    return await _show_code(request, challenge, Form(), next_path)


@router.post("/login/code", name="app.accounts.check_code")
async def check_code(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Check the code and log this device in."""
    submission = await read_submission(request)
    next_path = _next(request, submission.form.values.get("next"))
    challenge_id = _challenge_id(request, house)
    if challenge_id is None:
        return _start_again(request, next_path)
    fields, form = submission.read(CodeFields)
    try:
        if fields is not None:
            tries_left = await attempts.use_try(house.database, challenge_id, now=now)
            logged_in = await service.log_in(
                session,
                secret=house.secret,
                challenge_id=challenge_id,
                code=fields.code,
                tries_left=tries_left,
                device=browsers.name_device(request.headers.get("user-agent", "")),
                language=language_of(request),
                now=now,
            )
            return _welcome(house, logged_in, next_path)
    except AppError as error:
        form = form.refused(error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    challenge = await service.find_open_challenge(session, challenge_id, now=now)
    if challenge is None:  # expired or used: only a new code helps, and the words say so
        first = Form(errors={"": form.errors["code"]})
        return await _show_login(request, first, next_path, status)
    return await _show_code(request, challenge, form, next_path, status)


def _welcome(house: House, logged_in: service.LoggedIn, next_path: str) -> Response:
    response = RedirectResponse(next_path, HTTPStatus.SEE_OTHER)
    keep_session(house, response, logged_in.token)
    response.delete_cookie(CHALLENGE_COOKIE, path="/login")
    return response


def _goodbye(request: Request) -> Response:
    response = RedirectResponse(request.app.url_path_for("app.accounts.me"), HTTPStatus.SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/logout", name="app.accounts.log_out")
async def log_out(request: Request, session: DbSession, login: MaybeLogin, now: Now) -> Response:
    """Log this device out; doing it twice is as good as once."""
    if login is not None:
        await service.revoke_device(session, person_id=login.person.id, login_id=login.device.id, now=now)
    return _goodbye(request)


@router.post("/logout/everywhere", name="app.accounts.log_out_everywhere")
async def log_out_everywhere(
    request: Request, session: DbSession, person: CurrentPerson, now: Now
) -> Response:
    """Log every device of this person out."""
    await service.log_out_everywhere(session, person_id=person.id, now=now)
    return _goodbye(request)


async def _show_me(
    request: Request,
    session: DbSession,
    login: service.Login,
    *,
    form: Form,
    now: Now,
    status: int = HTTPStatus.OK,
) -> Response:
    belonging = await keep_bar(request, session, login.person.id)
    devices = [
        DeviceLine(device.id, device.device, device.seen_at, device.id == login.device.id)
        for device in await service.list_devices(session, login.person.id, now=now)
    ]
    page = MePage(
        form=form,
        phone=login.person.phone,
        language=login.person.language,
        is_logged_in=True,
        devices=devices,
        workplaces=[
            Workplace(name, str(request.app.url_path_for("producers.cooperatives.today")))
            for name in belonging.workplaces
        ]
        + [
            Workplace(name, str(request.app.url_path_for(route)))
            for name, route in filter(None, [belonging.desk])
        ],
        is_staff=belonging.is_staff,
        # Whoever only books for a tour operator grows nothing, and has nothing to practise.
        can_practise=bool(belonging.workplaces) or belonging.desk is None,
    )
    return await render(request, page, status=status)


@router.get("/me", name="app.accounts.me")
async def show_me(request: Request, session: DbSession, login: MaybeLogin, now: Now) -> Response:
    """Show what a person keeps with us, or the way to log in."""
    if login is None:
        page = MePage(form=Form(), phone=None, language=language_of(request), is_logged_in=False)
        return await render(request, page)
    return await _show_me(request, session, login, form=Form({"name": login.person.name}), now=now)


@router.get("/admin/", name="app.accounts.desk")
async def show_desk(request: Request, _staff: CurrentStaff) -> Response:
    """Show the staff's menu."""
    return await render(request, DeskPage())


def _back_to_me(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("app.accounts.me"), HTTPStatus.SEE_OTHER)


@router.post("/me/name", name="app.accounts.rename")
async def rename(request: Request, session: DbSession, login: CurrentLogin, now: Now) -> Response:
    """Write the person's name."""
    submission = await read_submission(request)
    fields, form = submission.read(NameFields)
    if fields is None:
        return await _show_me(
            request, session, login, form=form, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    await service.rename_person(session, person_id=login.person.id, name=fields.name)
    return _back_to_me(request)


@router.post("/me/language", name="app.accounts.language")
async def choose_language(
    request: Request, house: TheHouse, session: DbSession, login: CurrentLogin, now: Now
) -> Response:
    """Write the language of pages and messages."""
    submission = await read_submission(request)
    fields, form = submission.read(LanguageFields)
    if fields is None:
        form = Form({"name": login.person.name}, form.errors)
        return await _show_me(
            request, session, login, form=form, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    await service.choose_language(session, person_id=login.person.id, language=fields.language)
    response = _back_to_me(request)
    response.set_cookie(
        LANGUAGE_COOKIE,
        fields.language,
        max_age=31_536_000,
        samesite="lax",
        secure=house.settings.is_secure,
    )
    return response


@router.post("/me/devices/{login_id}/revoke", name="app.accounts.revoke_device")
async def revoke_device(
    request: Request, session: DbSession, person: CurrentPerson, now: Now, login_id: UUID
) -> Response:
    """Log another device of this person out."""
    await service.revoke_device(session, person_id=person.id, login_id=login_id, now=now)
    return _back_to_me(request)
