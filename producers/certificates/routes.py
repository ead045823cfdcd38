"""Certificates over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.certificates import service
from producers.certificates.pages import CertificateFormPage, CertificateLine, CertificatesPage
from producers.certificates.schemas import NewCertificate
from producers.certificates.words import KIND_WORDS, badge_words
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.farms import service as farms

router = APIRouter(prefix="/producer/certificates")


@router.get("", name="producers.certificates.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """The producer's papers; those that are over say so, and the shop no longer shows them."""
    member.require(Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
    on = today(now)
    lines = []
    for one in await service.list_certificates(session, member.producer.id):
        if one.valid_until < on:
            state, kind = _("Đã hết hạn, khách không thấy nữa"), "bad"
        elif one.valid_from > on:
            state, kind = _("Chưa tới ngày có hiệu lực"), "wait"
        else:
            state, kind = _("Còn hạn"), "good"
        lines.append(CertificateLine(one, badge_words(one), state, kind))
    return await render(request, CertificatesPage(lines=lines, can_add=member.has(Role.MANAGER)))


@router.get("/new", name="producers.certificates.new")
async def new(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(Role.MANAGER)
    return await _show(request, session, member, Form())


@router.post("/new", name="producers.certificates.create")
async def create(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Keep a certificate; sent again it stays one."""
    member.require(Role.MANAGER)
    submission = await read_submission(request)
    fields, form = submission.read(NewCertificate)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=True, now=now
    )
    errors = {**form.errors, **photo_errors}
    if fields is None or errors:
        form = Form(form.values, errors)
        return await _show(request, session, member, form, kept=kept, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.create_certificate(
            session,
            producer_id=member.producer.id,
            certificate=fields,
            photo_id=photos.last(kept),
            certificate_id=form.new_id(),
            now=now,
        )
    except AppError as error:
        refused = form.refused(error)
        return await _show(request, session, member, refused, kept=kept, status=status_of(error))
    return RedirectResponse(
        str(request.app.url_path_for("producers.certificates.list")), HTTPStatus.SEE_OTHER
    )


async def _show(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form,
    *,
    kept: Sequence[UUID] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    found = await farms.list_farms(session, member.producer.id)
    page = CertificateFormPage(
        form=form,
        kinds=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        farms=[(str(farm.id), farm.name) for farm in found],
        kept=kept,
    )
    return await render(request, page, status=status)
