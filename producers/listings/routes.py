"""Listings over HTTP: made on a phone in under a minute, with or without script."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.media import service as media
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.farms.models import Crop
from producers.listings import merging, service
from producers.listings.errors import ListingEditedError
from producers.listings.models import Listing, ListingState, SoldBy, Variant
from producers.listings.pages import Difference, ListingFormPage, ListingLine, ListingsPage
from producers.listings.schemas import BY_SCALE, ListingFields, read_changes, read_packs
from producers.listings.service import Content
from producers.listings.words import TAX_KIND_WORDS, TEMPERATURE_WORDS

router = APIRouter(prefix="/producer/listings")
NEW_ROWS = [1, 2, 3]
EDIT_ROWS = [1]
_NOTHING_INSIDE: Mapping[UUID, Sequence[Content]] = MappingProxyType({})
CROPS = [
    (Crop.TEA.value, _("Chè"), "leaf"),
    (Crop.STURGEON.value, _("Cá tầm"), "fish"),
    (Crop.SALMON.value, _("Cá hồi"), "fish"),
]
UNITS = [
    (SoldBy.PIECE.value, _("Bán từng gói, từng con")),
    (SoldBy.GRAM.value, _("Bán theo cân, giá một ký")),
    (BY_SCALE, _("Từng con, giá theo cân")),
]
STATES = {
    ListingState.DRAFT: (_("Chưa bày bán"), "plain"),
    ListingState.PUBLISHED: (_("Đang bán"), "good"),
    ListingState.PAUSED: (_("Tạm ngừng"), "wait"),
}
_WORDS = {
    "title": _("Tên món"),
    "crop": _("Loại"),
    "description": _("Vài lời về món này"),
    "storage": _("Cách để"),
    "temperature": _("Trên đường gửi phải giữ thế nào"),
    "tax_kind": _("Món này tính thuế là"),
    "shelf_life_days": _("Dùng được bao nhiêu ngày"),
    "sold_from": _("Bán từ ngày"),
    "sold_until": _("Bán đến hết ngày"),
}


@router.get("", name="producers.listings.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """All that the producer offers."""
    found = await service.list_listings(session, member.producer.id)
    ids = [listing.id for listing in found]
    photos = await service.photo_ids(session, ids)
    packs = await service.list_variants(session, ids)
    lines = [
        ListingLine(
            listing,
            next(iter(photos.get(listing.id, [])), None),
            min((pack.price_minor for pack in packs.get(listing.id, [])), default=None),
            *STATES[listing.state],
        )
        for listing in found
    ]
    reads_cash = privacy.reads_all(member, Role.PACKER)
    return await render(request, ListingsPage(lines=lines, reads_cash=reads_cash, is_manager=member.has()))


@router.get("/new", name="producers.listings.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(Role.MANAGER, Role.MEMBER)
    return await render(request, _form_page(Form({"id": str(uuid7()), "shelf_life_days": "365"})))


@router.post("/new", name="producers.listings.create")
async def create(
    request: Request, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Make a listing; with `publish` it goes into the shop window at once. Sent again it makes no second one."""
    member.require(Role.MANAGER, Role.MEMBER)
    submission = await read_submission(request)
    known = submission.form.new_id()
    if (await service.get_listings(session, [known])).keys():
        await service.get_own_listing(session, listing_id=known, producer_id=member.producer.id)
        return _to_list(request)
    fields, form = submission.read(ListingFields)
    packs, pack_errors = read_packs(form.values, NEW_ROWS)
    photos, photo_errors = await _keep_photos(session, house, submission, member, now)
    errors = {**form.errors, **pack_errors, **photo_errors}
    page = _form_page(Form(form.values, errors), kept=photos)
    if fields is None or errors:
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        listing = await service.create_listing(
            session,
            listing_id=known,
            producer_id=member.producer.id,
            fields=fields,
            packs=packs,
            photos=photos,
            now=now,
        )
    except AppError as error:
        refused = _form_page(form.refused(error), kept=photos)
        return await render(request, refused, status=status_of(error))
    if "publish" in form.values:
        await service.publish_listing(session, listing_id=listing.id, now=now)
    return _to_list(request)


@router.get("/{listing_id}", name="producers.listings.edit")
async def edit(request: Request, listing_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """The form of a listing as it stands."""
    listing = await service.get_own_listing(session, listing_id=listing_id, producer_id=member.producer.id)
    packs, photos = await _parts(session, listing_id)
    contents = await service.list_contents(session, packs)
    page = _form_page(
        Form(_values(listing, packs)), listing=listing, packs=packs, photos=photos, contents=contents
    )
    return await render(request, page)


@router.post("/{listing_id}", name="producers.listings.save")
async def save(
    request: Request,
    listing_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Save an edit; when somebody else saved meanwhile, show both and let the person decide."""
    member.require(Role.MANAGER, Role.MEMBER)
    listing = await service.get_own_listing(session, listing_id=listing_id, producer_id=member.producer.id)
    packs, photos = await _parts(session, listing_id)
    contents = await service.list_contents(session, packs)
    submission = await read_submission(request)
    fields, form = submission.read(ListingFields)
    # Packs that somebody added since this form was opened are not in it, and stay as they are.
    shown = [pack.id for pack in packs if f"pack_{pack.id}_name" in form.values]
    changes, change_errors = read_changes(form.values, shown)
    new_packs, pack_errors = read_packs(form.values, EDIT_ROWS)
    kept, photo_errors = await _keep_photos(session, house, submission, member, now)
    removed = _uuids(submission, "removed_photo")
    errors = {**form.errors, **change_errors, **pack_errors, **photo_errors}
    typed_version = form.values.get("version", "")
    version = int(typed_version) if typed_version.isdecimal() else 0
    base = merging.read_base(form.values)

    def again(
        form: Form, version: int, base: dict[str, str], differences: list[Difference]
    ) -> ListingFormPage:
        return _form_page(
            form,
            listing=listing,
            packs=packs,
            photos=photos,
            kept=kept,
            removed=set(removed),
            version=version,
            base=base,
            differences=differences,
            contents=contents,
        )

    if fields is None or errors:
        page = again(Form(form.values, errors), version, base, [])
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with session.begin_nested():
            await service.update_listing(
                session,
                listing_id=listing_id,
                version=version,
                base=base,
                fields=fields,
                changes=changes,
                packs=new_packs,
                pack_id=form.new_id(),
                photos=kept,
                removed_photos=removed,
                now=now,
            )
    except AppError as error:
        # The savepoint took back what the edit had begun: read the listing again before it is shown.
        listing = await service.get_own_listing(
            session, listing_id=listing_id, producer_id=member.producer.id
        )
        packs, photos = await _parts(session, listing_id)
        if isinstance(error, ListingEditedError):
            theirs = _values(listing, packs)
            differences = _differences(theirs, form.values, packs, error.conflicts)
            # What only the other one changed is theirs from here on: saving again must not undo it.
            merged = {
                name: value for name, value in theirs.items() if name not in {*error.conflicts, *error.typed}
            }
            form = Form({**form.values, **merged}).refused(error)
            page = again(form, error.version, theirs, differences)
        else:
            page = again(form.refused(error), version, base, [])
        return await render(request, page, status=status_of(error))
    return _to_list(request)


@router.post("/{listing_id}/publish", name="producers.listings.publish")
async def publish(
    request: Request, listing_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Put a listing into the shop window."""
    member.require(Role.MANAGER, Role.MEMBER)
    await service.get_own_listing(session, listing_id=listing_id, producer_id=member.producer.id)
    await service.publish_listing(session, listing_id=listing_id, now=now)
    return _to_list(request)


@router.post("/{listing_id}/pause", name="producers.listings.pause")
async def pause(
    request: Request, listing_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take a listing out of the shop window."""
    member.require(Role.MANAGER, Role.MEMBER)
    await service.get_own_listing(session, listing_id=listing_id, producer_id=member.producer.id)
    await service.pause_listing(session, listing_id=listing_id, now=now)
    return _to_list(request)


def _to_list(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("producers.listings.list"), HTTPStatus.SEE_OTHER)


async def _parts(session: AsyncSession, listing_id: UUID) -> tuple[list[Variant], list[UUID]]:
    packs = await service.list_variants(session, [listing_id], with_inactive=True)
    photos = await service.photo_ids(session, [listing_id])
    return packs[listing_id], photos[listing_id]


def _form_page(
    form: Form,
    *,
    listing: Listing | None = None,
    packs: list[Variant] | None = None,
    photos: list[UUID] | None = None,
    kept: list[UUID] | None = None,
    removed: set[UUID] | None = None,
    version: int | None = None,
    base: dict[str, str] | None = None,
    differences: list[Difference] | None = None,
    contents: Mapping[UUID, Sequence[Content]] = _NOTHING_INSIDE,
) -> ListingFormPage:
    current = listing.version if listing else 0
    return ListingFormPage(
        form=form,
        listing=listing,
        version=current if version is None else version,
        base=(_values(listing, packs or []) if listing else {}) if base is None else base,
        packs=packs or [],
        contents={bundle_id: [_say_content(one) for one in inside] for bundle_id, inside in contents.items()},
        is_bundle=bool(contents),
        rows=EDIT_ROWS if listing else NEW_ROWS,
        photo_ids=photos or [],
        kept_photo_ids=kept or [],
        removed_photo_ids=removed or set(),
        differences=differences or [],
        crops=CROPS,
        temperatures=[(one.value, words) for one, words in TEMPERATURE_WORDS.items()],
        tax_kinds=[(one.value, words) for one, words in TAX_KIND_WORDS.items()],
        units=UNITS,
    )


def _say_content(one: Content) -> Text:
    words = _(
        "%(count)s × %(name)s, %(title)s",
        count=one.quantity,
        name=one.variant.name,
        title=one.listing.title,
    )
    if service.is_on_sale(one.variant, one.listing):
        return words
    return _("%(content)s: đang ngừng bán nên hộp chưa bán được", content=words)


def _values(listing: Listing, packs: list[Variant]) -> dict[str, str]:
    """A listing as its form shows it."""
    values = {name: merging.say_value(getattr(listing, name)) for name in _WORDS}
    for pack in packs:
        values[f"pack_{pack.id}_name"] = pack.name
        values[f"pack_{pack.id}_price_minor"] = f"{pack.price_minor:,}".replace(",", ".")
        values[f"pack_{pack.id}_is_active"] = "1" if pack.is_active else ""
    return values


def _differences(
    theirs: Mapping[str, str], mine: Mapping[str, str], packs: list[Variant], conflicts: Sequence[str]
) -> list[Difference]:
    """The fields that two people changed, in the order of the form, with their names and values in words."""
    labels: dict[str, Text] = dict(_WORDS)
    for pack in packs:
        labels[f"pack_{pack.id}_name"] = _("Tên gói")
        labels[f"pack_{pack.id}_price_minor"] = _("Giá của %(pack)s", pack=pack.name)
        labels[f"pack_{pack.id}_is_active"] = _("%(pack)s còn bán không", pack=pack.name)
    return [
        Difference(
            name,
            labels[name],
            theirs[name],
            mine.get(name, ""),
            _say_value(name, theirs[name]),
            _say_value(name, mine.get(name, "")),
        )
        for name in labels
        if name in conflicts
    ]


def _say_value(name: str, value: str) -> str | Text:
    if name == "crop":
        return next((words for crop, words, _icon in CROPS if crop == value), value)
    if name == "temperature":
        return next((words for one, words in TEMPERATURE_WORDS.items() if one == value), value)
    if name == "tax_kind":
        return next((words for one, words in TAX_KIND_WORDS.items() if one == value), value)
    if name.endswith("_is_active"):
        return _("Còn bán") if value else _("Ngừng bán")
    return value or _("(để trống)")


async def _keep_photos(
    session: AsyncSession, house: House, submission: Submission, member: Member, now: datetime
) -> tuple[list[UUID], dict[str, Text]]:
    """Store what was sent and take over what an earlier try of this form stored; the photos, and what is wrong."""
    earlier = await media.get_photos(session, _uuids(submission, "kept_photo"))
    photos = [photo.id for photo in earlier.values() if photo.owner_id == member.person.id]
    for file in submission.files("photos"):
        try:
            photo = await media.store_photo(
                session,
                house.files,
                content=await file.read(),
                owner_id=member.person.id,
                is_public=True,
                now=now,
            )
        except AppError as error:
            return photos, {"photos": next(iter(error.fields.values()), error.message)}
        photos.append(photo.id)
    return photos, {}


def _uuids(submission: Submission, name: str) -> list[UUID]:
    found = []
    for value in submission.data.getlist(name):
        with contextlib.suppress(ValueError):
            found.append(UUID(str(value)))
    return found
