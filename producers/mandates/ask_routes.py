"""Asking for a mandate over HTTP: by a code on the farmer's phone, a signed paper, or a recorded voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts import service as accounts
from app.accounts.dependencies import CurrentPerson, find_login
from app.accounts.errors import WrongCodeError, logged_out
from app.accounts.models import Person
from app.core.errors import AppError, LimitedError
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import keep_help
from producers.mandates import service
from producers.mandates.errors import MandateNotFoundError, ProofMissingError
from producers.mandates.models import Mandate, MandateRequest, ProofKind, Scope
from producers.mandates.pages import AskCodePage, AskPage
from producers.mandates.schemas import MONTHS, AskForm, CodeFields
from producers.mandates.words import SCOPE_ICONS, SCOPE_WORDS, say_scopes

router = APIRouter(prefix="/producer/help")
ASKED_PER_FARMER = (3, timedelta(minutes=10))
ASKED_PER_FARMER_A_DAY = (10, timedelta(days=1))
ASKED_PER_VISITOR = (20, timedelta(hours=1))
SCOPES = [(scope.value, SCOPE_WORDS[scope], SCOPE_ICONS[scope]) for scope in Scope]


@dataclass(frozen=True)
class _Whom:
    """Whom the form is about, as far as that is known, and where the farmer works."""

    farmer: Person | None = None
    phone: str | None = None
    producers: Sequence[tuple[str, str]] = ()


@router.get("/new", name="producers.mandates.ask")
async def show_form(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """An empty form; `farmer` names somebody whom this helper enrolled."""
    await keep_help(request, session, person)
    whom = await _find_enrolled(session, request.query_params.get("farmer"), person.id)
    values = {
        "months": "12",
        "proof": (ProofKind.OTP if whom.phone or not whom.farmer else ProofKind.PAPER).value,
    }
    return await _show(request, Form(values), whom, frozenset({Scope.DIARY.value}))


async def _find_enrolled(session: AsyncSession, typed: str | None, helper_id: UUID) -> _Whom:
    farmer_id = _read_uuid(typed)
    if farmer_id is None:
        return _Whom()
    if not await service.has_enrolled(session, helper_id=helper_id, person_id=farmer_id):
        raise MandateNotFoundError
    farmer = await accounts.get_person(session, farmer_id)
    return await _describe(session, farmer)


async def _describe(session: AsyncSession, farmer: Person) -> _Whom:
    belongings = await cooperatives.list_belongings(session, farmer.id)
    return _Whom(
        farmer,
        await service.find_phone(session, farmer),
        [(str(one.producer.id), one.producer.name) for one in belongings],
    )


async def _show(
    request: Request,
    form: Form,
    whom: _Whom,
    chosen: frozenset[str],
    *,
    kept: Sequence[UUID] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    is_enrolled = whom.farmer is not None and "phone" not in form.values
    if is_enrolled and whom.farmer is not None:
        form = Form({**form.values, "farmer_id": str(whom.farmer.id)}, form.errors)
    page = AskPage(
        form=form,
        farmer=whom.farmer.name if is_enrolled and whom.farmer else None,
        has_phone=whom.phone is not None or not is_enrolled,
        producers=whom.producers if len(whom.producers) > 1 else [],
        scopes=SCOPES,
        chosen=chosen,
        kept=kept,
    )
    return await render(request, page, status=status)


@router.post("/new", name="producers.mandates.send")
async def send(
    request: Request, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Send the code, or take the paper or the voice; sent again it asks for the same."""
    submission = await read_submission(request)
    fields, form = submission.read(AskForm)
    chosen = frozenset(str(value) for value in submission.data.getlist("scopes"))
    refused: AppError | None = None
    if fields is not None and fields.proof is ProofKind.OTP:
        try:
            await _count(house, visitor, fields.phone or str(fields.farmer_id), now)
        except LimitedError as error:
            refused = error
    person = await _enter(request, session, now)
    await keep_help(request, session, person)
    whom = await _find_enrolled(session, form.values.get("farmer_id"), person.id)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=person.id, is_public=False, now=now
    )
    form = Form(form.values, {**form.errors, **photo_errors})
    try:
        if refused is not None:
            raise refused
        if fields is not None and not photo_errors:
            async with session.begin_nested():
                whom = whom if whom.farmer else await _find_by_phone(session, fields, person.id)
                made = await _ask(
                    session,
                    house,
                    submission,
                    fields=fields,
                    whom=whom,
                    helper_id=person.id,
                    kept=kept,
                    now=now,
                )
            return _to_next(request, made)
    except AppError as error:
        form = form.refused(error)
        status = status_of(error)
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return await _show(request, form, whom, chosen, kept=kept, status=status)


async def _count(house: House, visitor: str, farmer: str, now: datetime) -> None:
    for kind, key, (most, per) in (
        ("mandate_visitor", visitor, ASKED_PER_VISITOR),
        ("mandate_farmer", farmer, ASKED_PER_FARMER),
        ("mandate_farmer_day", farmer, ASKED_PER_FARMER_A_DAY),
    ):
        await attempts.limit(house.database, kind=kind, key=key, most=most, per=per, now=now)


async def _enter(request: Request, session: AsyncSession, now: datetime) -> Person:
    """Who is logged in; asked here and not by a dependency, because attempts are counted before."""
    login = await find_login(request, session, now)
    if login is None:
        raise logged_out()
    return login.person


async def _find_by_phone(session: AsyncSession, fields: AskForm, helper_id: UUID) -> _Whom:
    return await _describe(
        session, await service.get_farmer(session, phone=fields.phone or "", helper_id=helper_id)
    )


async def _ask(
    session: AsyncSession,
    house: House,
    submission: Submission,
    *,
    fields: AskForm,
    whom: _Whom,
    helper_id: UUID,
    kept: Sequence[UUID],
    now: datetime,
) -> Mandate | MandateRequest:
    assert whom.farmer is not None  # noqa: S101 - found or refused before
    asked = service.Asked(
        farmer_id=whom.farmer.id,
        producer_id=fields.producer_id or UUID(whom.producers[0][0]),
        helper_id=helper_id,
        scopes=frozenset(fields.scopes),
        ends_at=now + timedelta(days=MONTHS[fields.months]),
        id=submission.form.new_id(),
    )
    if fields.proof is ProofKind.OTP:
        return await service.request_otp(session, asked=asked, now=now)
    if fields.proof is ProofKind.PAPER:
        if not kept:
            raise ProofMissingError
        return await service.grant_by_paper(session, asked=asked, photo_id=kept[-1], now=now)
    files = submission.files("recording")
    content = await files[0].read() if files else b""
    return await service.grant_by_voice(session, house.files, asked=asked, content=content, now=now)


def _to_next(request: Request, made: Mandate | MandateRequest) -> RedirectResponse:
    if isinstance(made, Mandate):
        path = f"{request.app.url_path_for('producers.mandates.help')}?granted={made.id}"
    else:
        path = str(request.app.url_path_for("producers.mandates.code", challenge_id=made.challenge_id))
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.get("/code/{challenge_id}", name="producers.mandates.code")
async def show_code(
    request: Request, challenge_id: UUID, session: DbSession, person: CurrentPerson
) -> Response:
    """Ask for the code that the farmer reads out."""
    asked = await service.get_request(session, challenge_id=challenge_id, helper_id=person.id)
    return await _show_code(request, session, asked, Form())


async def _show_code(
    request: Request, session: AsyncSession, asked: MandateRequest, form: Form, status: int = HTTPStatus.OK
) -> Response:
    page = AskCodePage(
        form=form,
        farmer=(await accounts.get_person(session, asked.farmer_id)).name,
        work=say_scopes(asked.scopes),
        ends_at=asked.ends_at,
        action=str(request.app.url_path_for("producers.mandates.grant", challenge_id=asked.challenge_id)),
    )
    return await render(request, page, status=status)


@router.post("/code/{challenge_id}", name="producers.mandates.grant")
async def grant(
    request: Request, challenge_id: UUID, *, session: DbSession, house: TheHouse, now: Now
) -> Response:
    """Check the code; a form that is sent again goes to what it granted."""
    fields, form = (await read_submission(request)).read(CodeFields)
    tries_left = 0
    spent: WrongCodeError | None = None
    if fields is not None:
        try:
            tries_left = await attempts.use_try(house.database, challenge_id, now=now)
        except WrongCodeError as error:
            spent = error
    person = await _enter(request, session, now)
    asked = await service.get_request(session, challenge_id=challenge_id, helper_id=person.id)
    known = await service.find_granted(session, asked)
    if known is not None:
        return _to_next(request, known)
    try:
        if spent is not None:
            raise spent
        if fields is not None:
            async with session.begin_nested():
                made = await service.grant_by_otp(
                    session,
                    request=asked,
                    secret=house.secret,
                    code=fields.code,
                    tries_left=tries_left,
                    now=now,
                )
            return _to_next(request, made)
    except AppError as error:
        # Of two taps at one instant the second waited for the first, which spent the code.
        known = await service.find_granted(session, asked)
        if known is not None:
            return _to_next(request, known)
        form = Form(form.values, {"code": next(iter(error.fields.values()), error.message)})
    return await _show_code(request, session, asked, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _read_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
