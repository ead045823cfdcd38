"""Enrolment over HTTP: the helper writes a farmer down, the farmer scans and is in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts, browsers
from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE, CurrentPerson, MaybePerson, find_login
from app.accounts.errors import logged_out
from app.accounts.models import Person
from app.core import qr
from app.core.clock import in_vietnam
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.places import service as places
from app.places.service import CommuneChoice
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import PRODUCER_COOKIE, keep_help
from producers.cooperatives.help import HELP_COOKIE
from producers.mandates import enrolments
from producers.mandates.enrolments import OPENERS, NewFarmer
from producers.mandates.pages import EnrolledPage, EnrolPage, InvitationPage
from producers.mandates.schemas import HOUSEHOLD, EnrolForm

router = APIRouter()
SESSION_COOKIE_AGE = 400 * 24 * 3600
ENROLLED_PER_VISITOR = (60, timedelta(days=1))
"""A helper's round through a village, mistakes in the form included, and no more."""


@router.get("/producer/help/enrol", name="producers.mandates.enrol")
async def show_form(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """An empty form with an id of its own."""
    await keep_help(request, session, person)
    places_ = await _list_places(session, person)
    return await _show(request, Form({"id": str(uuid7()), "place": places_[0][0]}), places_)


async def _list_places(session: AsyncSession, person: Person) -> list[tuple[str, str | Text]]:
    """Where the farmer may belong: the helper's own cooperatives, or a household of her own."""
    belongings = await cooperatives.list_belongings(session, person.id)
    return [
        *((str(one.producer.id), one.producer.name) for one in belongings if one.roles & OPENERS),
        (HOUSEHOLD, _("Lập hộ riêng cho bác ấy")),
    ]


async def _show(
    request: Request,
    form: Form,
    where: Sequence[tuple[str, str | Text]],
    *,
    choices: Sequence[CommuneChoice] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    page = EnrolPage(
        form=form, places=where, choices=choices, has_household=form.values.get("place") == HOUSEHOLD
    )
    return await render(request, page, status=status)


@router.post("/producer/help/enrol", name="producers.mandates.write_down")
async def write_down(
    request: Request, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Write a farmer down; a form that is sent again goes to what it made."""
    most, per = ENROLLED_PER_VISITOR
    await attempts.limit(house.database, kind="enrol", key=visitor, most=most, per=per, now=now)
    submission = await read_submission(request)
    login = await find_login(request, session, now)
    if login is None:
        raise logged_out()
    person = login.person
    await keep_help(request, session, person)
    where = await _list_places(session, person)
    typed = submission.form.values
    fields, form = submission.read(EnrolForm)
    is_household = typed.get("place", HOUSEHOLD) == HOUSEHOLD
    commune = await places.resolve_commune(
        session, text=typed.get("commune_text", ""), code=typed.get("commune_code")
    )
    errors = dict(form.errors)
    if is_household and commune.problem:
        errors["commune_text"] = commune.problem
    if typed.get("place", HOUSEHOLD) not in {value for value, _words in where}:
        errors["place"] = _("Bạn chọn một trong các ô có sẵn.")
    if fields is None or errors:
        return await _show(
            request,
            Form(typed, errors),
            where,
            choices=commune.choices,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    farmer = NewFarmer(
        id=fields.id,
        name=fields.name,
        phone=fields.phone,
        producer_id=None if is_household else UUID(fields.place),
        commune_code=commune.code,
        hamlet=fields.hamlet,
    )
    try:
        async with session.begin_nested():
            made = await enrolments.enrol(
                session, farmer=farmer, helper_id=person.id, secret=house.secret, now=now
            )
    except AppError as error:
        return await _show(
            request, form.refused(error), where, choices=commune.choices, status=status_of(error)
        )
    return RedirectResponse(
        request.app.url_path_for("producers.mandates.enrolled", enrolment_id=made.id), HTTPStatus.SEE_OTHER
    )


@router.get("/producer/help/enrol/{enrolment_id}", name="producers.mandates.enrolled")
async def show_enrolled(
    request: Request,
    enrolment_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    person: CurrentPerson,
    now: Now,
) -> Response:
    """The code to scan, and the way on to the mandate."""
    await keep_help(request, session, person)
    enrolment = await enrolments.get_own(session, enrolment_id=enrolment_id, helper_id=person.id)
    farmer = await accounts.get_person(session, enrolment.person_id)
    token = enrolments.token_of(house.secret, enrolment.id)
    path = request.app.url_path_for("producers.mandates.invitation", token=token)
    link = f"{house.settings.public_url.rstrip('/')}{path}"
    label = house.catalogue.translate(_("Mã để %(farmer)s quét", farmer=farmer.name), language_of(request))
    state = "used" if enrolment.used_at else "over" if enrolment.expires_at <= now else "open"
    page = EnrolledPage(
        enrolment_id=enrolment.id,
        farmer_id=farmer.id,
        farmer=farmer.name,
        state=state,
        qr=Markup(qr.svg(link, label=label)) if state == "open" else "",  # noqa: S704 - our own drawing
        link=link,
        until=in_vietnam(enrolment.expires_at).strftime("%H:%M"),
    )
    return await render(request, page)


@router.post("/producer/help/enrol/{enrolment_id}/renew", name="producers.mandates.renew")
async def renew(
    request: Request, enrolment_id: UUID, session: DbSession, person: CurrentPerson, now: Now
) -> Response:
    """Let an unused code live for another half hour."""
    await enrolments.renew(session, enrolment_id=enrolment_id, helper_id=person.id, now=now)
    return RedirectResponse(
        request.app.url_path_for("producers.mandates.enrolled", enrolment_id=enrolment_id),
        HTTPStatus.SEE_OTHER,
    )


@router.get("/enrol/{token}", name="producers.mandates.invitation")
async def show_invitation(
    request: Request, token: str, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """Who invites, to what; nothing happens before the button is pressed."""
    found = await enrolments.read_invitation(session, token=token, now=now)
    page = InvitationPage(
        token=token,
        helper=found.helper_name,
        farmer=found.farmer_name,
        producer=found.producer_name,
        logged_in_as=person.name if person else None,
    )
    return await render(request, page)


@router.post("/enrol/{token}", name="producers.mandates.accept")
async def accept(request: Request, token: str, session: DbSession, house: TheHouse, now: Now) -> Response:
    """Log this phone in as the farmer who was written down."""
    device = browsers.name_device(request.headers.get("user-agent", ""))
    login_token = await enrolments.accept(session, token=token, device=device, now=now)
    response = RedirectResponse(
        f"{request.app.url_path_for('producers.mandates.helped')}?welcome=1", HTTPStatus.SEE_OTHER
    )
    response.set_cookie(
        SESSION_COOKIE,
        login_token,
        max_age=SESSION_COOKIE_AGE,
        httponly=True,
        samesite="lax",
        secure=house.settings.is_secure,
    )
    for left_behind in (HELP_COOKIE, PRODUCER_COOKIE):
        response.delete_cookie(left_behind)
    return response
