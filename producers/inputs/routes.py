"""Inputs over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.farms.words import CROP_WORDS
from producers.inputs import service
from producers.inputs.models import InputInterval, InputKind
from producers.inputs.pages import InputFormPage, InputLine, InputsPage
from producers.inputs.schemas import NewInput

router = APIRouter(prefix="/producer/inputs")
KIND_WORDS = {
    InputKind.FERTILISER: _("Phân bón"),
    InputKind.PESTICIDE: _("Thuốc bảo vệ thực vật"),
    InputKind.FEED: _("Thức ăn cho cá"),
    InputKind.DRUG: _("Thuốc cho cá"),
}


@router.get("", name="producers.inputs.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """What the producer may use, with the waits."""
    member.require(Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
    found = await service.list_inputs(session, producer_id=member.producer.id)
    waits = await service.list_intervals(session, [one.id for one in found])
    lines = [InputLine(one, KIND_WORDS[one.kind], [_say(wait) for wait in waits[one.id]]) for one in found]
    return await render(request, InputsPage(lines=lines, can_add=member.has(Role.MEMBER)))


def _say(wait: InputInterval) -> Text:
    crop = CROP_WORDS[wait.crop]
    if wait.days is not None:
        return _("%(crop)s: cách ly %(days)s ngày", crop=crop, days=wait.days)
    return _("%(crop)s: ngừng thuốc %(figure)s độ-ngày", crop=crop, figure=wait.degree_days)


@router.get("/new", name="producers.inputs.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(Role.MEMBER)
    return await _show(request, Form())


@router.post("/new", name="producers.inputs.create")
async def create(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Keep an input of the producer's own."""
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
    await service.create_input(
        session, producer_id=member.producer.id, product=fields, photo_id=photos.last(kept), now=now
    )
    return RedirectResponse(str(request.app.url_path_for("producers.inputs.list")), HTTPStatus.SEE_OTHER)


async def _show(
    request: Request, form: Form, *, kept: Sequence[UUID] = (), status: int = HTTPStatus.OK
) -> Response:
    page = InputFormPage(
        form=form,
        kinds=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        crops=[(crop.value, words) for crop, words in CROP_WORDS.items()],
        kept=kept,
    )
    return await render(request, page, status=status)
