"""Bundles over HTTP: a box is put together on a phone, with or without script; it is then kept as any listing."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.errors import AppError
from app.core.i18n import _
from app.core.ids import uuid7
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.listings import bundling, service
from producers.listings.pages import BundleChoice, BundleFormPage
from producers.listings.schemas import CONTENT, BundleFields, read_contents
from producers.listings.service import Content

router = APIRouter(prefix="/producer/listings/bundles")
PHOTOS = "photos"
_NAME = _("Hộp quà")


@router.get("/new", name="producers.listings.new_bundle")
async def new(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """An empty form: the own packs, each with a field for how many of it go into one box."""
    member.require(Role.MANAGER, Role.MEMBER)
    choices = await bundling.list_choices(session, member.producer.id)
    form = Form({"id": str(uuid7()), "name": str(_NAME)})
    return await render(request, _page(form, choices))


@router.post("/new", name="producers.listings.create_bundle")
async def create(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Make a bundle; with `publish` it goes into the shop window at once. Sent again it makes no second one."""
    member.require(Role.MANAGER, Role.MEMBER)
    submission = await read_submission(request)
    known = _read_uuid(submission.form.values.get("id", ""))
    if known and await service.get_listings(session, [known]):
        await service.get_own_listing(session, listing_id=known, producer_id=member.producer.id)
        return _to_list(request)
    fields, form = submission.read(BundleFields)
    contents, content_errors = read_contents(form.values)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name=PHOTOS, owner_id=member.person.id, is_public=True, now=now
    )
    form = Form(form.values, {**form.errors, **content_errors, **photo_errors})
    choices = await bundling.list_choices(session, member.producer.id)
    if fields is None or form.errors:
        page = _page(form, choices, kept=kept)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        listing = await bundling.create_bundle(
            session,
            listing_id=known,
            producer_id=member.producer.id,
            fields=fields,
            contents=contents,
            photos=kept,
            now=now,
        )
    except AppError as error:
        return await render(request, _page(form.refused(error), choices, kept=kept), status=status_of(error))
    if "publish" in form.values:
        await service.publish_listing(session, listing_id=listing.id, now=now)
    return _to_list(request)


def _page(form: Form, choices: list[Content], kept: list[UUID] | None = None) -> BundleFormPage:
    return BundleFormPage(
        form=form,
        choices=[
            BundleChoice(
                f"{CONTENT}{one.variant.id}",
                f"{one.listing.title} · {one.variant.name}",
                one.variant.price_minor,
            )
            for one in choices
        ],
        kept_photo_ids=kept or [],
    )


def _to_list(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("producers.listings.list"), HTTPStatus.SEE_OTHER)


def _read_uuid(text: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(text)
    return None
