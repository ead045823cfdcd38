"""Inputs over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.routing import NoMatchFound

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.quantity import retype_scaled
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.farms.words import CROP_WORDS
from producers.inputs import service
from producers.inputs.models import Input, InputInterval, LimitUnit
from producers.inputs.pages import InputFormPage, InputLabelPage, InputLine, InputsPage
from producers.inputs.schemas import Label, NewInput
from producers.inputs.words import KIND_ICONS, KIND_WORDS, UNIT_WORDS, say_limit, show_code

router = APIRouter(prefix="/producer/inputs")
_LONGEST_CODE = 40


@router.get("", name="producers.inputs.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """What the producer may use, with the waits."""
    member.require(Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
    found = await service.list_inputs(session, producer_id=member.producer.id)
    waits = await service.list_intervals(session, [one.id for one in found])
    can_add = member.has(Role.MEMBER)
    lines = [
        InputLine(
            one,
            KIND_WORDS[one.kind],
            KIND_ICONS[one.kind],
            [_say(wait) for wait in waits[one.id]],
            say_limit(one),
            can_complete=can_add and one.producer_id is not None,
        )
        for one in found
    ]
    return await render(request, InputsPage(lines=lines, can_add=can_add))


def _say(wait: InputInterval) -> Text:
    crop = CROP_WORDS[wait.crop]
    if wait.days is not None:
        return _("%(crop)s: cách ly %(days)s ngày", crop=crop, days=wait.days)
    return _("%(crop)s: ngừng thuốc %(figure)s độ-ngày", crop=crop, figure=wait.degree_days)


@router.get("/find", name="producers.inputs.find")
async def find(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Go on with the product whose pack bears this code: to the work's form, or to a new product with the code."""
    member.require(Role.MEMBER)
    code = (request.query_params.get("code") or "").strip()[:_LONGEST_CODE]
    found = await service.find_by_code(session, producer_id=member.producer.id, code=code)
    way = _way_back(request.query_params)
    if found is None:
        path = request.app.url_path_for("producers.inputs.new")
        return RedirectResponse(f"{path}?{urlencode({'code': code} | way)}", HTTPStatus.SEE_OTHER)
    return _to_work(request, found, way)


def _way_back(given: Mapping[str, str]) -> dict[str, str]:
    """The kind of work and the site for which a product is looked for."""
    return {name: given[name] for name in ("work", "site") if given.get(name)}


def _to_work(request: Request, product: Input, way: Mapping[str, str]) -> RedirectResponse:
    work = way.get("work", "")
    if not work.isidentifier():
        return _to_list(request)
    try:
        path = request.app.url_path_for("producers.diaries.new", kind=work)
    except NoMatchFound:  # pragma: no cover - a house without diaries
        return _to_list(request)
    query = {"site": way.get("site", ""), "input": str(product.id)}
    return RedirectResponse(f"{path}?{urlencode(query)}", HTTPStatus.SEE_OTHER)


def _to_list(request: Request) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for("producers.inputs.list")), HTTPStatus.SEE_OTHER)


@router.get("/new", name="producers.inputs.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form, but for the code that was looked for."""
    member.require(Role.MEMBER)
    code = (request.query_params.get("code") or "")[:_LONGEST_CODE]
    return await _show(request, Form({"pack_code": code} | _way_back(request.query_params)))


@router.post("/new", name="producers.inputs.create")
async def create(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Keep an input of the producer's own, and go on to the work for which it was looked for.

    Sent again it stays one.
    """
    member.require(Role.MEMBER)
    submission = await read_submission(request)
    fields, form = submission.read(NewInput)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=True, now=now
    )
    errors = {**form.errors, **photo_errors}
    if fields is None or errors:
        return await _show(
            request, Form(form.values, errors), kept=kept, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        made = await service.create_input(
            session,
            producer_id=member.producer.id,
            product=fields,
            photo_id=photos.last(kept),
            input_id=form.new_id(),
            now=now,
        )
    except AppError as error:
        return await _show(request, form.refused(error), kept=kept, status=status_of(error))
    return _to_work(request, made, _way_back(form.values))


async def _show(
    request: Request, form: Form, *, kept: Sequence[UUID] = (), status: int = HTTPStatus.OK
) -> Response:
    page = InputFormPage(
        form=form,
        kinds=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        crops=[(crop.value, words) for crop, words in CROP_WORDS.items()],
        units=[(unit.value, UNIT_WORDS[unit]) for unit in LimitUnit],
        kept=kept,
    )
    return await render(request, page, status=status)


@router.get("/{input_id}", name="producers.inputs.edit")
async def edit(request: Request, input_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """What else the label says, as far as it is written down."""
    member.require(Role.MEMBER)
    product = await service.get_own_input(session, input_id=input_id, producer_id=member.producer.id)
    values = {
        "pack_code": show_code(product),
        "max_dose_tenths": ""
        if product.max_dose_tenths is None
        else retype_scaled(product.max_dose_tenths, 1),
        "max_dose_unit": product.max_dose_unit or "",
        "max_uses": str(product.max_uses or ""),
    }
    return await _show_label(request, product, Form(values))


@router.post("/{input_id}", name="producers.inputs.complete")
async def complete(
    request: Request, input_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Write down what else the label says, and its photo."""
    member.require(Role.MEMBER)
    product = await service.get_own_input(session, input_id=input_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(Label)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=True, now=now
    )
    errors = {**form.errors, **photo_errors}
    if fields is None or errors:
        refused = Form(form.values, errors)
        return await _show_label(request, product, refused, kept=kept, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.complete_input(
            session,
            input_id=product.id,
            producer_id=member.producer.id,
            label=fields,
            photo_id=photos.last(kept),
        )
    except AppError as error:
        return await _show_label(request, product, form.refused(error), kept=kept, status=status_of(error))
    return _to_list(request)


async def _show_label(
    request: Request, product: Input, form: Form, *, kept: Sequence[UUID] = (), status: int = HTTPStatus.OK
) -> Response:
    units = service.LIMIT_UNITS.get(product.kind, ())
    page = InputLabelPage(
        form=form,
        product=product,
        units=[(unit.value, UNIT_WORDS[unit]) for unit in units],
        kept=kept,
    )
    return await render(request, page, status=status)
