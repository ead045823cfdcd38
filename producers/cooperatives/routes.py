"""The page of the day, the producer's settings and its members, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.dependencies import CurrentPerson
from app.core.errors import AppError
from app.core.i18n import _
from app.core.phone import format_phone
from app.notices import service as notices
from app.places import service as places
from app.places.service import CommuneChoice
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import find_path, render
from producers.cooperatives import banks, photos, privacy, service
from producers.cooperatives.access import CurrentMember, MaybeMember, Member, remember_producer
from producers.cooperatives.errors import LastManagerError, NotAMemberError
from producers.cooperatives.models import Producer, Role
from producers.cooperatives.pages import (
    MemberRow,
    MembersPage,
    NobodyPage,
    SettingsPage,
    SwitchPage,
    Tile,
    TodayPage,
)
from producers.cooperatives.schemas import NewMember, ProducerSettings
from producers.cooperatives.work import DueWork, LatestWork, RepeatedWork

router = APIRouter(prefix="/producer")
ROLES = {
    Role.MANAGER: _("Quản lý"),
    Role.MEMBER: _("Hộ thành viên"),
    Role.PACKER: _("Người cân và đóng gói"),
    Role.ACCOUNTANT: _("Kế toán"),
    Role.GUIDE: _("Người dẫn khách"),
}
LATEST = 5
MOST_DUE = 6
MOST_REPEATS = 4


@router.get("/", name="producers.cooperatives.today")
async def today(
    request: Request, session: DbSession, house: TheHouse, member: MaybeMember, now: Now
) -> Response:
    """What there is to do, and what was done lately; somebody who belongs to nobody may practise."""
    if member is None:
        return await render(request, NobodyPage(), status=HTTPStatus.FORBIDDEN)
    keeps_books = member.has(Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
    reads_all = privacy.reads_all(member, Role.MEMBER, Role.PACKER)
    has_household = member.has(Role.MEMBER)
    lines = (
        await house.port(LatestWork).list_lines(session, producer_id=member.producer.id, limit=LATEST)  # type: ignore[type-abstract]  # a port is asked for by its protocol
        if keeps_books
        else []
    )
    producer_id, person_id = member.producer.id, member.person.id
    page = TodayPage(
        person_name=member.person.name,
        producer=member.producer,
        unread=0 if member.helper else await notices.count_unread(session, member.person.id),
        tiles=_tiles(request, house, "farmer_tiles", member),
        books=[
            *(_tiles(request, house, "farmer_books", member) if keeps_books else []),
            *(_tiles(request, house, "farmer_money", member) if reads_all else []),
            *(_tiles(request, house, "farmer_purse", member) if reads_all or has_household else []),
            *(_tiles(request, house, "farmer_office", member) if member.has(Role.MANAGER) else []),
            *([] if member.helper else _tiles(request, house, "farmer_help", member)),
        ],
        due=await house.port(DueWork).list_lines(session, producer_id=producer_id, now=now, limit=MOST_DUE)  # type: ignore[type-abstract]  # as above
        if keeps_books
        else [],
        repeats=await house.port(RepeatedWork).list_repeats(  # type: ignore[type-abstract]  # as above
            session, producer_id=producer_id, person_id=person_id, now=now, limit=MOST_REPEATS
        )
        if member.has(Role.MEMBER)
        else [],
        lines=lines,
        can_write=member.has(Role.MEMBER),
        can_switch=member.helper is None
        and len(await service.list_belongings(session, member.person.id)) > 1,
    )
    return await render(request, page)


def _tiles(request: Request, house: House, row: str, member: Member) -> list[Tile]:
    entries = [entry for entry in house.nav.get(row, ()) if member.may_enter(entry.route)]
    return [
        Tile(entry.label, href, entry.icon) for entry in entries if (href := find_path(request, entry.route))
    ]


@router.get("/switch", name="producers.cooperatives.switch")
async def switch(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """For which producer to work."""
    belongings = await service.list_belongings(session, member.person.id)
    return await render(request, SwitchPage(belongings=belongings, current_id=member.producer.id))


@router.post("/switch/{producer_id}", name="producers.cooperatives.choose")
async def choose(
    request: Request, producer_id: UUID, session: DbSession, house: TheHouse, person: CurrentPerson
) -> Response:
    """Work for another of one's own producers from now on."""
    if not await service.list_roles(session, producer_id=producer_id, person_id=person.id):
        raise NotAMemberError
    response = _to(request, "producers.cooperatives.today")
    remember_producer(response, producer_id, is_secure=house.settings.is_secure)
    return response


@router.get("/settings", name="producers.cooperatives.settings")
async def settings(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """The producer as it stands."""
    member.require(Role.MANAGER)
    producer = member.producer
    values = {name: str(getattr(producer, name) or "") for name in ProducerSettings.model_fields}
    values["phone"] = format_phone(producer.phone)
    values["commune_text"] = await places.describe(session, producer.commune_code)
    is_saved = "saved" in request.query_params
    return await render(request, _settings_page(producer, Form(values), is_saved=is_saved))


@router.post("/settings", name="producers.cooperatives.save_settings")
async def save_settings(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Save what a manager changed."""
    member.require(Role.MANAGER)
    producer = member.producer
    submission = await read_submission(request)
    typed = submission.form.values
    commune = await places.resolve_commune(
        session, text=typed.get("commune_text", ""), code=typed.get("commune_code")
    )
    fields, form = submission.read(ProducerSettings, commune_code=commune.code or "")
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=True, now=now
    )
    errors = {**form.errors, **photo_errors} | ({"commune_text": commune.problem} if commune.problem else {})
    if fields is None or errors:
        page = _settings_page(producer, Form(typed, errors), choices=commune.choices, kept=kept)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.update_producer(
            session, producer_id=producer.id, fields=fields, photo_id=photos.last(kept)
        )
    except AppError as error:
        page = _settings_page(producer, form.refused(error), kept=kept)
        return await render(request, page, status=status_of(error))
    return RedirectResponse(
        f"{request.app.url_path_for('producers.cooperatives.settings')}?saved=1", HTTPStatus.SEE_OTHER
    )


def _settings_page(
    producer: Producer,
    form: Form,
    *,
    choices: Sequence[CommuneChoice] = (),
    kept: Sequence[UUID] = (),
    is_saved: bool = False,
) -> SettingsPage:
    return SettingsPage(
        form=form,
        banks=[(bank.bin, bank.name) for bank in banks.list_banks()],
        choices=choices,
        photo_id=producer.photo_id,
        kept=kept,
        is_saved=is_saved,
    )


@router.get("/members", name="producers.cooperatives.members")
async def members(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Who belongs to the producer."""
    member.require(Role.MANAGER)
    return await _show_members(request, session, member.producer.id, Form())


@router.post("/members", name="producers.cooperatives.add_member")
async def add_member(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Let somebody in by phone number."""
    member.require(Role.MANAGER)
    submission = await read_submission(request)
    fields, form = submission.read(NewMember)
    if fields is None:
        return await _show_members(
            request, session, member.producer.id, form, HTTPStatus.UNPROCESSABLE_ENTITY
        )
    await service.require_real(session, member.producer.id)
    person = await accounts.get_or_create_person(session, phone=fields.phone, name=fields.name, now=now)
    await service.add_member(
        session, producer_id=member.producer.id, person_id=person.id, role=fields.role, now=now
    )
    return _to(request, "producers.cooperatives.members")


@router.post("/members/{membership_id}/end", name="producers.cooperatives.end_membership")
async def end_membership(
    request: Request, membership_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """End one role of one person."""
    member.require(Role.MANAGER)
    try:
        await service.end_membership(
            session, membership_id=membership_id, producer_id=member.producer.id, now=now
        )
    except LastManagerError as error:
        return await _show_members(
            request, session, member.producer.id, Form().refused(error), status_of(error)
        )
    return _to(request, "producers.cooperatives.members")


async def _show_members(
    request: Request, session: AsyncSession, producer_id: UUID, form: Form, status: int = HTTPStatus.OK
) -> Response:
    rows = [
        MemberRow(line.membership.id, line.person.name, line.person.phone, ROLES[line.membership.role])
        for line in await service.list_memberships(session, producer_id)
    ]
    page = MembersPage(form=form, rows=rows, roles=[(role.value, words) for role, words in ROLES.items()])
    return await render(request, page, status=status)


def _to(request: Request, route: str) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for(route)), HTTPStatus.SEE_OTHER)
