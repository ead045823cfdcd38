"""Stays over HTTP, as their hosts keep them: words, photos, sleeping places."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import InvalidError
from app.core.i18n import _
from app.core.ids import uuid7
from app.media import service as media
from app.places import service as places
from app.places.schemas import CommuneFields
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.stays import nights, service, sleeping
from storefront.stays.models import PlaceKind, SleepingPlace, Stay
from storefront.stays.pages import HostStay, HostStaysPage, PlaceLine, PlacesPage, StayFormPage
from storefront.stays.schemas import PlaceFields, StayFields
from storefront.stays.settlement import HOST_ROLES
from storefront.stays.words import say_cutoff, say_unit

router = APIRouter(prefix="/producer/stays")
CUTOFFS = (0, 12, 24, 48, 72, 168)
KINDS = [
    (PlaceKind.SHARED, _("Chỗ ngủ chung"), _("Đệm trên sàn, khách lạ ngủ cùng gian")),
    (PlaceKind.ROOM, _("Phòng riêng"), _("Một nhóm thuê cả phòng, không bán lẻ từng giường")),
]

NEW_PLACE = {"kind": PlaceKind.SHARED.value, "number": "8", "heads_each": "1", "is_active": "1"}


@router.get("", name="storefront.stays.manage")
async def manage(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """The houses in which the producer lets beds, with what is free tonight."""
    found = await service.list_stays(session, member.producer.id)
    ids = [stay.id for stay in found]
    by_stay = await service.list_places(session, ids)
    photos = await service.photo_ids(session, ids)
    tonight = today(now)
    shown = await nights.list_nights(
        session, [place for some in by_stay.values() for place in some], tonight, tonight, now=now
    )
    lines = []
    for stay in found:
        these = [one for one in shown if one.place.stay_id == stay.id]
        words = _("Đêm nay còn %(free)s chỗ", free=sum(one.free for one in these)) if these else None
        lowest = service.lowest_price(by_stay[stay.id])
        lines.append(HostStay(stay, next(iter(photos[stay.id]), None), lowest, words))
    return await render(request, HostStaysPage(stays=lines, can_edit=member.has(*HOST_ROLES)))


@router.get("/new", name="storefront.stays.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(*HOST_ROLES)
    values = {"check_in": "14:00", "check_out": "11:00", "cancellation_hours": "48"}
    return await render(request, _form_page(Form(values), member))


@router.post("/new", name="storefront.stays.create")
async def create(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Make a stay; where one sleeps comes next. Sent again it stays one."""
    member.require(*HOST_ROLES)
    submission = await read_submission(request)
    fields, form, resolution, photos = await _read(session, house, submission, member, now)
    if fields is None or resolution.code is None or form.errors:
        page = _form_page(form, member, choices=resolution.choices)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    stay = await service.create_stay(
        session,
        producer_id=member.producer.id,
        fields=fields,
        commune_code=resolution.code,
        photos=photos,
        stay_id=form.new_id(),
        now=now,
    )
    return to_stay(request, "storefront.stays.places", stay)


@router.get("/{stay_id}", name="storefront.stays.edit")
async def edit(request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember) -> Response:
    """The form of a stay as it stands."""
    stay = await own(session, stay_id, member)
    values = {name: str(getattr(stay, name)) for name in StayFields.model_fields}
    values |= {"check_in": f"{stay.check_in:%H:%M}", "check_out": f"{stay.check_out:%H:%M}"}
    values["commune_text"] = await places.describe(session, stay.commune_code)
    photos = (await service.photo_ids(session, [stay_id]))[stay_id]
    return await render(request, _form_page(Form(values), member, stay=stay, photos=photos))


@router.post("/{stay_id}", name="storefront.stays.save")
async def save(
    request: Request, stay_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Save a stay."""
    member.require(*HOST_ROLES)
    stay = await own(session, stay_id, member)
    shown = (await service.photo_ids(session, [stay_id]))[stay_id]
    submission = await read_submission(request)
    fields, form, resolution, photos = await _read(session, house, submission, member, now)
    if fields is None or resolution.code is None or form.errors:
        page = _form_page(form, member, stay=stay, photos=shown, choices=resolution.choices)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    removed = {str(value) for value in submission.data.getlist("removed_photo")}
    await service.update_stay(
        session,
        stay_id=stay_id,
        fields=fields,
        commune_code=resolution.code,
        photos=photos,
        removed_photos=[photo_id for photo_id in shown if str(photo_id) in removed],
        now=now,
    )
    return RedirectResponse(request.app.url_path_for("storefront.stays.manage"), HTTPStatus.SEE_OTHER)


@router.post("/{stay_id}/publish", name="storefront.stays.publish")
async def publish(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Put a stay into the shop window."""
    member.require(*HOST_ROLES)
    stay = await own(session, stay_id, member)
    await service.publish_stay(session, stay=stay, now=now)
    return to_stay(request, "storefront.stays.nights", stay)


@router.post("/{stay_id}/unpublish", name="storefront.stays.unpublish")
async def unpublish(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take a stay out of the shop window."""
    member.require(*HOST_ROLES)
    stay = await own(session, stay_id, member)
    await service.unpublish_stay(session, stay=stay, now=now)
    return to_stay(request, "storefront.stays.edit", stay)


@router.get("/{stay_id}/places", name="storefront.stays.places")
async def show_places(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, edit: str = ""
) -> Response:
    """Where one sleeps, and for how much; a form of the one that is to change, or of a new one."""
    stay = await own(session, stay_id, member)
    return await render(request, await _places_page(session, stay, member, wanted=edit))


@router.post("/{stay_id}/places", name="storefront.stays.save_place")
async def save_place(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Save one sleeping place."""
    member.require(*HOST_ROLES)
    stay = await own(session, stay_id, member)
    fields, form = (await read_submission(request)).read(PlaceFields)
    page = await _places_page(session, stay, member, wanted=form.values.get("place_id", ""), form=form)
    if fields is None:
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    place_id = page.edited.id if page.edited else None
    await sleeping.save_place(session, stay=stay, place_id=place_id, fields=fields, now=now)
    return to_stay(request, "storefront.stays.places", stay)


async def own(session: AsyncSession, stay_id: UUID, member: Member) -> Stay:
    """The stay, as far as it is this member's producer's."""
    return await service.get_own_stay(session, stay_id=stay_id, producer_id=member.producer.id)


async def _read(
    session: AsyncSession, house: House, submission: Submission, member: Member, now: datetime
) -> tuple[StayFields | None, Form, places.Resolution, list[UUID]]:
    """Read a stay's form: fields, words beside them, the commune, and photos that were kept."""
    fields, form = submission.read(StayFields)
    commune, commune_form = submission.read(CommuneFields)
    resolution = places.Resolution(None, [])
    errors = {**form.errors, **commune_form.errors}
    if commune is not None:
        resolution = await places.resolve_commune(
            session, text=commune.commune_text, code=commune.commune_code
        )
        if resolution.problem:
            errors["commune_text"] = resolution.problem
    photos = []
    for file in submission.files("photos") if not errors else []:
        try:
            photo = await media.store_photo(
                session,
                house.files,
                content=await file.read(),
                owner_id=member.person.id,
                is_public=True,
                now=now,
            )
        except InvalidError as error:
            errors["photos"] = error.message
        else:
            photos.append(photo.id)
    return fields, Form(form.values, errors), resolution, photos


def _form_page(
    form: Form,
    member: Member,
    *,
    stay: Stay | None = None,
    photos: list[UUID] | None = None,
    choices: list[places.CommuneChoice] | None = None,
) -> StayFormPage:
    return StayFormPage(
        form=form,
        stay=stay,
        choices=choices or [],
        photo_ids=photos or [],
        cutoffs=[(str(hours), say_cutoff(hours)) for hours in CUTOFFS],
        can_edit=member.has(*HOST_ROLES),
    )


async def _places_page(
    session: AsyncSession, stay: Stay, member: Member, *, wanted: str, form: Form | None = None
) -> PlacesPage:
    """The sleeping places of a stay; `wanted` names the one whose form it is."""
    found = (await service.list_places(session, [stay.id], with_inactive=True))[stay.id]
    edited = next((one for one in found if str(one.id) == wanted), None)
    return PlacesPage(
        stay=stay,
        places=[PlaceLine(one, say_unit(one), one.price_minor, one.weekend_minor) for one in found],
        edited=edited,
        new_id=str(uuid7()) if form is None else form.values.get("new_id", str(uuid7())),
        form=form or Form(_values(edited) if edited else NEW_PLACE),
        kinds=KINDS,
        can_edit=member.has(*HOST_ROLES),
    )


def _values(place: SleepingPlace) -> dict[str, str]:
    """A sleeping place as its form shows it."""
    return {
        "kind": place.kind.value,
        "name": place.name,
        "number": str(place.number),
        "heads_each": str(place.heads_each),
        "price_minor": f"{place.price_minor:,}".replace(",", "."),
        "weekend_minor": f"{place.weekend_minor:,}".replace(",", ".") if place.weekend_minor else "",
        "is_active": "1" if place.is_active else "",
    }


def to_stay(request: Request, route: str, stay: Stay, *, start: str = "") -> RedirectResponse:
    """To one of a stay's own pages; `start` is the first night that a table of nights shows."""
    path = request.app.url_path_for(route, stay_id=stay.id)
    return RedirectResponse(f"{path}?start={start}" if start else str(path), HTTPStatus.SEE_OTHER)
