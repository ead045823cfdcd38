"""Farms and sites over HTTP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.quantity import format_scaled
from app.places import service as places
from app.places.service import CommuneChoice
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.farms import service
from producers.farms.models import Crop, Farm, Site
from producers.farms.pages import FarmCard, FarmFormPage, FarmsPage, SiteFormPage
from producers.farms.schemas import NewFarm, NewSite
from producers.farms.words import CROP_WORDS, SITE_WORDS

router = APIRouter(prefix="/producer")
READERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)
_MICRO = 6


@router.get("/farms", name="producers.farms.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """The farms of the producer with their sites."""
    member.require(*READERS)
    farms = await service.list_farms(session, member.producer.id)
    sites: dict[UUID, list[tuple[Site, Text]]] = defaultdict(list)
    for site in await service.list_sites(session, member.producer.id):
        said = _("%(kind)s, %(crop)s", kind=SITE_WORDS[site.kind], crop=CROP_WORDS[site.crop])
        sites[site.farm_id].append((site, said))
    described = await places.describe_many(session, {farm.commune_code for farm in farms})
    cards = [FarmCard(farm, described[farm.commune_code], sites[farm.id]) for farm in farms]
    return await render(request, FarmsPage(cards=cards, can_edit=member.has(Role.MANAGER)))


@router.get("/farms/new", name="producers.farms.new_farm")
async def new_farm(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """An empty form of a farm."""
    member.require(Role.MANAGER)
    values = {"commune_text": await places.describe(session, member.producer.commune_code)}
    return await _show_farm(request, session, member, Form(values))


@router.post("/farms/new", name="producers.farms.create_farm")
async def create_farm(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Make a farm; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form, choices = await _read_farm(request, session)
    if fields is None:
        return await _show_farm(
            request, session, member, form, choices=choices, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        await service.create_farm(
            session, producer_id=member.producer.id, farm=fields, now=now, farm_id=form.new_id()
        )
    except AppError as error:
        return await _show_farm(request, session, member, form.refused(error), status=status_of(error))
    return _to_list(request)


@router.get("/farms/{farm_id}", name="producers.farms.edit_farm")
async def edit_farm(request: Request, farm_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """The form of a farm as it stands."""
    member.require(Role.MANAGER)
    farm = await service.get_own_farm(session, farm_id=farm_id, producer_id=member.producer.id)
    values = {
        "name": farm.name,
        "hamlet": farm.hamlet,
        "commune_text": await places.describe(session, farm.commune_code),
        "owner_id": str(farm.owner_id or ""),
        "latitude_e6": _degrees(farm.latitude_e6),
        "longitude_e6": _degrees(farm.longitude_e6),
        "altitude_m": "" if farm.altitude_m is None else str(farm.altitude_m),
    }
    return await _show_farm(request, session, member, Form(values), farm=farm)


@router.post("/farms/{farm_id}", name="producers.farms.save_farm")
async def save_farm(request: Request, farm_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Save a farm."""
    member.require(Role.MANAGER)
    farm = await service.get_own_farm(session, farm_id=farm_id, producer_id=member.producer.id)
    fields, form, choices = await _read_farm(request, session)
    if fields is None:
        return await _show_farm(
            request,
            session,
            member,
            form,
            farm=farm,
            choices=choices,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    try:
        await service.update_farm(session, farm_id=farm_id, producer_id=member.producer.id, farm=fields)
    except AppError as error:
        refused = form.refused(error)
        return await _show_farm(request, session, member, refused, farm=farm, status=status_of(error))
    return _to_list(request)


async def _read_farm(
    request: Request, session: AsyncSession
) -> tuple[NewFarm | None, Form, Sequence[CommuneChoice]]:
    submission = await read_submission(request)
    typed = submission.form.values
    commune = await places.resolve_commune(
        session, text=typed.get("commune_text", ""), code=typed.get("commune_code")
    )
    fields, form = submission.read(NewFarm, commune_code=commune.code or "")
    if commune.problem:
        fields, form = None, Form(typed, {**form.errors, "commune_text": commune.problem})
    return fields, form, commune.choices


async def _show_farm(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form,
    *,
    farm: Farm | None = None,
    choices: Sequence[CommuneChoice] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    people = await cooperatives.list_members(session, member.producer.id)
    url = request.app.url_path_for
    page = FarmFormPage(
        form=form,
        title=_("Sửa nhà vườn") if farm else _("Thêm nhà vườn"),
        action=url("producers.farms.save_farm", farm_id=farm.id)
        if farm
        else url("producers.farms.create_farm"),
        choices=choices,
        owners=[(str(person.id), person.name) for person in people],
    )
    return await render(request, page, status=status)


@router.get("/farms/{farm_id}/sites/new", name="producers.farms.new_site")
async def new_site(request: Request, farm_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """An empty form of a site."""
    member.require(Role.MANAGER)
    farm = await service.get_own_farm(session, farm_id=farm_id, producer_id=member.producer.id)
    return await _show_site(request, farm, Form())


@router.post("/farms/{farm_id}/sites/new", name="producers.farms.create_site")
async def create_site(
    request: Request, farm_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Make a site; sent again it stays one."""
    member.require(Role.MANAGER)
    farm = await service.get_own_farm(session, farm_id=farm_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(NewSite)
    if fields is None:
        return await _show_site(request, farm, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.create_site(session, farm_id=farm.id, site=fields, now=now, site_id=form.new_id())
    return _to_list(request)


@router.get("/sites/{site_id}", name="producers.farms.edit_site")
async def edit_site(request: Request, site_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """The form of a site as it stands."""
    member.require(Role.MANAGER)
    site = await service.get_own_site(session, site_id=site_id, producer_id=member.producer.id)
    values = {
        name: "" if (value := getattr(site, name)) is None else str(value) for name in NewSite.model_fields
    }
    farm = await service.get_farm(session, site.farm_id)
    return await _show_site(request, farm, Form(values), site=site)


@router.post("/sites/{site_id}", name="producers.farms.save_site")
async def save_site(request: Request, site_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Save a site."""
    member.require(Role.MANAGER)
    site = await service.get_own_site(session, site_id=site_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(NewSite)
    if fields is None:
        farm = await service.get_farm(session, site.farm_id)
        return await _show_site(request, farm, form, site=site, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.update_site(session, site_id=site_id, producer_id=member.producer.id, site=fields)
    return _to_list(request)


async def _show_site(
    request: Request, farm: Farm, form: Form, *, site: Site | None = None, status: int = HTTPStatus.OK
) -> Response:
    url = request.app.url_path_for
    page = SiteFormPage(
        form=form,
        title=_("Sửa nơi trồng, nơi nuôi") if site else _("Thêm nơi trồng, nơi nuôi"),
        action=url("producers.farms.save_site", site_id=site.id)
        if site
        else url("producers.farms.create_site", farm_id=farm.id),
        farm_name=farm.name,
        kinds=[(kind.value, words) for kind, words in SITE_WORDS.items()],
        crops=[
            (crop.value, words, "leaf" if crop is Crop.TEA else "fish") for crop, words in CROP_WORDS.items()
        ],
    )
    return await render(request, page, status=status)


def _degrees(micro: int | None) -> str:
    return "" if micro is None else format_scaled(micro, _MICRO)


def _to_list(request: Request) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for("producers.farms.list")), HTTPStatus.SEE_OTHER)
