"""Intake over HTTP: weigh, read, correct."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import VN, find_day, today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.money import format_dong
from app.core.quantity import retype_grams
from app.media import service as media
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.envelope import envelope_of
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.help import LATE, say_writer
from producers.cooperatives.models import Role
from producers.farms import service as farms
from producers.intake import access, service
from producers.intake.access import READERS, WEIGHERS
from producers.intake.errors import SlipCorrectedError
from producers.intake.models import IntakeSlip
from producers.intake.pages import IntakePage, PricesPage, SlipFormPage, SlipLine, SlipPage
from producers.intake.schemas import NewSlip, PriceForm, SlipForm
from producers.intake.words import GRADE_WORDS

router = APIRouter(prefix="/producer/intake")


@router.get("", name="producers.intake.list")
async def list_day(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """The slips of a day (`on`) that the reader may see, with totals."""
    member.require(*READERS)
    on = find_day(request.query_params.get("on")) or today(now)
    start = datetime.combine(on, time(), VN)
    slips = await access.list_readable(session, member, since=start, before=start + timedelta(days=1))
    found = await farms.get_farms(session, {slip.farm_id for slip in slips})
    page = IntakePage(
        on=on,
        lines=[SlipLine(slip, found[slip.farm_id].name, GRADE_WORDS[slip.grade]) for slip in slips],
        totals=service.total(slips),
        earlier=on - timedelta(days=1),
        later=on + timedelta(days=1) if on < today(now) else None,
        can_weigh=member.has(*WEIGHERS),
    )
    return await render(request, page)


@router.get("/new", name="producers.intake.new")
async def new(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """An empty slip with an id of its own; without prices of the day that of the last slip stands ready."""
    member.require(*WEIGHERS)
    values = {"id": str(uuid7()), "weighed_on": today(now).isoformat()}
    latest = await access.find_latest(session, member)
    if latest is not None:
        values["place"] = latest.place
        if not await service.list_prices(session, producer_id=member.producer.id, on=today(now)):
            values["price_per_kg_minor"] = str(latest.price_per_kg_minor)
    return await _show_form(request, session, member, Form(values), now=now)


@router.get("/prices", name="producers.intake.prices")
async def show_prices(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What a kilo costs today, for everybody who weighs or sells."""
    member.require(*READERS)
    return await _show_prices(request, session, member, Form(), now=now)


@router.post("/prices", name="producers.intake.set_price")
async def set_price(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Keep a price from a day on."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(PriceForm)
    if fields is None:
        return await _show_prices(
            request, session, member, form, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    await service.set_price(
        session,
        producer_id=member.producer.id,
        grade=fields.grade,
        price_per_kg_minor=fields.price_per_kg_minor,
        valid_from=fields.valid_from,
        person_id=member.person.id,
        now=now,
    )
    return RedirectResponse(request.app.url_path_for("producers.intake.prices"), HTTPStatus.SEE_OTHER)


async def _show_prices(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form,
    *,
    now: datetime,
    status: int = HTTPStatus.OK,
) -> Response:
    prices = await service.list_prices(session, producer_id=member.producer.id, on=today(now))
    page = PricesPage(
        prices=[(words, prices[grade]) for grade, words in GRADE_WORDS.items() if grade in prices],
        can_set=member.has(Role.MANAGER),
        form=form if form.values else Form({"valid_from": today(now).isoformat()}),
        grades=[(grade.value, words) for grade, words in GRADE_WORDS.items()],
    )
    return await render(request, page, status=status)


@router.post("/new", name="producers.intake.record")
async def record(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Record a slip; one that is sent again goes to what it made the first time."""
    member.require(*WEIGHERS)
    return await _save(request, session, house, member=member, original=None, now=now)


async def _save(
    request: Request,
    session: AsyncSession,
    house: House,
    *,
    member: Member,
    original: IntakeSlip | None,
    now: datetime,
) -> Response:
    submission = await read_submission(request)
    known = _read_uuid(submission.form.values.get("id"))
    if known and await service.find_slip(session, slip_id=known, producer_id=member.producer.id):
        return _to_slip(request, known)
    fields, form = submission.read(SlipForm)
    kept, photo_errors = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=False, now=now
    )
    errors = {**form.errors, **photo_errors}
    if fields is None or errors:
        return await _show_form(
            request,
            session,
            member,
            Form(form.values, errors),
            original=original,
            kept=kept,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            now=now,
        )
    envelope = envelope_of(request)
    on, written_at = fields.weighed_on, now
    if envelope is not None:  # written on a phone: its calendar may have been wrong, and "today" was its day
        on, written_at = envelope.move_day(on), envelope.captured_at
    try:
        price = fields.price_per_kg_minor or await service.get_price(
            session, producer_id=member.producer.id, grade=fields.grade, on=on
        )
        slip = NewSlip(
            id=fields.id,
            site_id=fields.site_id,
            weight_g=fields.weight_g,
            grade=fields.grade,
            price_per_kg_minor=price,
            weighed_at=_weighed_at(on, original, written_at),
            place=fields.place,
            photo_id=photos.last(kept),
            recorded_at=envelope.captured_at if envelope else fields.recorded_at,
            corrects_id=original.id if original else None,
        )
        await farms.get_own_site(session, site_id=slip.site_id, producer_id=member.producer.id)
        async with session.begin_nested():
            made = await service.record_slip(
                session,
                slip=slip,
                person_id=member.person.id,
                now=now,
                helper_id=member.helper_id,
                is_flagged=member.is_flagged,
            )
    except AppError as error:
        return await _show_form(
            request,
            session,
            member,
            form.refused(error),
            original=original,
            kept=kept,
            newer_id=error.newer_id if isinstance(error, SlipCorrectedError) else None,
            status=status_of(error),
            now=now,
        )
    return _to_slip(request, made.id)


def _weighed_at(on: date, original: IntakeSlip | None, now: datetime) -> datetime:
    """Today is now; a correction on the same day keeps its hour; any other day is its noon (Viet Nam)."""
    if original is not None and today(original.weighed_at) == on:
        return original.weighed_at
    return now if on == today(now) else datetime.combine(on, time(12), VN)


async def _show_form(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form,
    *,
    original: IntakeSlip | None = None,
    kept: Sequence[UUID] = (),
    newer_id: UUID | None = None,
    status: int = HTTPStatus.OK,
    now: datetime,
) -> Response:
    prices = await service.list_prices(session, producer_id=member.producer.id, on=today(now))
    sites = await farms.list_sites(session, member.producer.id)
    homes = await farms.get_farms(session, {site.farm_id for site in sites})
    url = request.app.url_path_for
    page = SlipFormPage(
        form=form,
        title=_("Sửa phiếu cân") if original else _("Phiếu cân mới"),
        action=url("producers.intake.save_correction", slip_id=original.id)
        if original
        else url("producers.intake.record"),
        sites=[(str(site.id), f"{homes[site.farm_id].name} · {site.name}") for site in sites],
        grades=[
            (
                grade.value,
                words,
                _("giá ngày %(day)s: %(price)s", day=f"{today(now):%d/%m}", price=format_dong(prices[grade]))
                if grade in prices
                else None,
            )
            for grade, words in GRADE_WORDS.items()
        ],
        has_prices=bool(prices),
        kept=kept,
        newer_id=newer_id,
    )
    return await render(request, page, status=status)


@router.get("/{slip_id}", name="producers.intake.show")
async def show(request: Request, slip_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """One slip, for who may see it."""
    member.require(*READERS)
    slip = await access.get_readable(session, member, slip_id)
    newer = await service.find_correction(session, slip.id)
    farm = await farms.get_farm(session, slip.farm_id)
    photo_id = await service.find_photo_id(session, slip)
    photo = await media.get_photo(session, photo_id) if photo_id else None
    page = SlipPage(
        line=SlipLine(slip, farm.name, GRADE_WORDS[slip.grade]),
        site=(await farms.get_site(session, slip.site_id)).name,
        person=await _say_writer(session, slip),
        late=LATE if slip.is_flagged else None,
        photo_uri=media.thumbnail_uri(photo) if photo else None,
        newer_id=newer.id if newer else None,
        can_correct=newer is None and member.has(*WEIGHERS),
        is_saved="saved" in request.query_params,
    )
    return await render(request, page)


async def _say_writer(session: AsyncSession, slip: IntakeSlip) -> Text:
    people = await accounts.get_people(session, {slip.recorded_by_id, slip.helper_id or slip.recorded_by_id})
    return say_writer(
        people[slip.recorded_by_id].name, people[slip.helper_id].name if slip.helper_id else None
    )


@router.get("/{slip_id}/correct", name="producers.intake.correct")
async def correct(
    request: Request, slip_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The form of a slip, filled in as it stands."""
    member.require(*WEIGHERS)
    slip = await access.get_readable(session, member, slip_id)
    values = {
        "id": str(uuid7()),
        "site_id": str(slip.site_id),
        "weight_g": retype_grams(slip.weight_g),
        "grade": slip.grade.value,
        "price_per_kg_minor": str(slip.price_per_kg_minor),
        "weighed_on": today(slip.weighed_at).isoformat(),
        "place": slip.place,
    }
    newer = await service.find_correction(session, slip.id)
    return await _show_form(
        request, session, member, Form(values), original=slip, newer_id=newer.id if newer else None, now=now
    )


@router.post("/{slip_id}/correct", name="producers.intake.save_correction")
async def save_correction(
    request: Request, slip_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Write the slip that takes this one's place."""
    member.require(*WEIGHERS)
    original = await access.get_readable(session, member, slip_id)
    return await _save(request, session, house, member=member, original=original, now=now)


def _to_slip(request: Request, slip_id: UUID) -> RedirectResponse:
    path = request.app.url_path_for("producers.intake.show", slip_id=slip_id)
    return RedirectResponse(f"{path}?saved=1", HTTPStatus.SEE_OTHER)


def _read_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
