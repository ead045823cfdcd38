"""Visits over HTTP, as their hosts keep them: words, prices, dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError, InvalidError
from app.core.i18n import WEEKDAYS, Text, _
from app.media import service as media
from app.places import service as places
from app.places.schemas import CommuneFields
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import departures, going, offering, resources, service, sights, waiting
from storefront.tours.models import AvailabilityType, BelowRule, Departure, DepartureState, Tour, UnitType
from storefront.tours.pages import (
    DatesPage,
    HostDate,
    HostTour,
    HostToursPage,
    OptionForm,
    PricesPage,
    TourFormPage,
)
from storefront.tours.schemas import CapacityFields, DepartureFields, OptionFields, TourFields
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import DEPARTURE_STEPS, is_unsure
from storefront.tours.words import (
    DEPARTURE_WORDS,
    say_cutoff,
    say_day,
    say_decision,
    say_duration,
    say_lead,
    say_left,
    say_when,
)

router = APIRouter(prefix="/producer/tours")
DURATIONS = (30, 60, 90, 120, 150, 180, 240, 300, 360, 480, 540, 600, 720)
CUTOFFS = (0, 6, 12, 24, 48, 72, 168)
LEADS = (0, 1, 2, 3, 6, 12, 24, 48, 72, 168)
DECISIONS = (12, 24, 48, 72, 120, 168)
BELOW = [
    (BelowRule.CALL_OFF, _("Chợ tự báo nghỉ, khách chọn ngày khác hoặc lấy lại đủ tiền")),
    (BelowRule.ASK, _("Hỏi nhà mình trước, không trả lời thì báo nghỉ")),
]
TYPES = [
    (AvailabilityType.START_TIME, _("Đi theo giờ"), _("Cả nhóm bắt đầu cùng một giờ")),
    (AvailabilityType.OPENING_HOURS, _("Vé cả ngày"), _("Khách đến lúc nào cũng được trong giờ mở cổng")),
]
MOVES: dict[DepartureState, tuple[Text, str]] = {
    DepartureState.OPEN: (_("Nhận khách"), "store"),
    DepartureState.GO: (_("Chắc chắn đón"), "check"),
    DepartureState.CLOSED: (_("Ngừng nhận khách"), "lock"),
}


@router.get("", name="storefront.tours.manage")
async def manage(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What the producer invites visitors to."""
    found = await service.list_tours(session, member.producer.id)
    ids = [tour.id for tour in found]
    offers = await service.list_offers(session, ids)
    photos = await service.photo_ids(session, ids)
    soonest = {
        one.departure.tour_id: one
        for one in reversed(await departures.list_seats(session, found, now=now))
        if one.is_open
    }
    lines = []
    for tour in found:
        lowest = service.lowest_price(offers[tour.id])
        seats = soonest.get(tour.id)
        words = (
            _("%(day)s, %(left)s", day=say_day(seats.departure), left=say_left(seats.left)) if seats else None
        )
        photo_id = next(iter(photos[tour.id]), None)
        lines.append(HostTour(tour, photo_id, lowest.price_minor if lowest else None, words))
    return await render(request, HostToursPage(tours=lines, can_edit=member.has(*HOST_ROLES)))


@router.get("/new", name="storefront.tours.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(*HOST_ROLES)
    values = {"duration_minutes": "180", "cancellation_cutoff_hours": "24", "decide_hours": "48"}
    page = _form_page(Form({**values, "availability_type": AvailabilityType.START_TIME.value}))
    return await render(request, page)


@router.post("/new", name="storefront.tours.create")
async def create(
    request: Request, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Make a tour; its prices come next. Sent again it stays one."""
    member.require(*HOST_ROLES)
    submission = await read_submission(request)
    fields, form, resolution, photos = await _read(session, house, submission, member, now)
    if fields is None or resolution.code is None or form.errors:
        page = _form_page(form, choices=resolution.choices)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    tour = await service.create_tour(
        session,
        producer_id=member.producer.id,
        fields=fields,
        commune_code=resolution.code,
        photos=photos,
        tour_id=form.new_id(),
        now=now,
    )
    return _to(request, "storefront.tours.prices", tour)


@router.get("/{tour_id}", name="storefront.tours.edit")
async def edit(request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember) -> Response:
    """The form of a tour as it stands."""
    tour = await _own(session, tour_id, member)
    values = {name: str(getattr(tour, name)) for name in TourFields.model_fields}
    values["booking_until"] = f"{tour.booking_until:%H:%M}" if tour.booking_until else ""
    values["commune_text"] = await places.describe(session, tour.commune_code)
    photos = (await service.photo_ids(session, [tour_id]))[tour_id]
    return await render(request, _form_page(Form(values), tour=tour, photos=photos))


@router.post("/{tour_id}", name="storefront.tours.save")
async def save(
    request: Request, tour_id: UUID, *, session: DbSession, house: TheHouse, member: CurrentMember, now: Now
) -> Response:
    """Save a tour."""
    member.require(*HOST_ROLES)
    tour = await _own(session, tour_id, member)
    shown = (await service.photo_ids(session, [tour_id]))[tour_id]
    submission = await read_submission(request)
    fields, form, resolution, photos = await _read(session, house, submission, member, now)
    if fields is None or resolution.code is None or form.errors:
        page = _form_page(form, tour=tour, photos=shown, choices=resolution.choices)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    removed = {str(value) for value in submission.data.getlist("removed_photo")}
    try:
        async with session.begin_nested():
            await service.update_tour(
                session,
                tour_id=tour_id,
                fields=fields,
                commune_code=resolution.code,
                photos=photos,
                removed_photos=[photo_id for photo_id in shown if str(photo_id) in removed],
                now=now,
            )
    except AppError as error:
        page = _form_page(form.refused(error), tour=tour, photos=shown)
        return await render(request, page, status=status_of(error))
    return RedirectResponse(request.app.url_path_for("storefront.tours.manage"), HTTPStatus.SEE_OTHER)


@router.post("/{tour_id}/publish", name="storefront.tours.publish")
async def publish(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Put a tour into the shop window."""
    member.require(*HOST_ROLES)
    await _own(session, tour_id, member)
    tour = await service.publish_tour(session, tour_id=tour_id, now=now)
    return _to(request, "storefront.tours.dates", tour)


@router.post("/{tour_id}/unpublish", name="storefront.tours.unpublish")
async def unpublish(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take a tour out of the shop window."""
    member.require(*HOST_ROLES)
    await _own(session, tour_id, member)
    tour = await service.unpublish_tour(session, tour_id=tour_id, now=now)
    return _to(request, "storefront.tours.edit", tour)


@router.get("/{tour_id}/prices", name="storefront.tours.prices")
async def prices(request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember) -> Response:
    """Options and prices."""
    return await render(request, await _prices_page(session, await _own(session, tour_id, member)))


@router.post("/{tour_id}/prices", name="storefront.tours.price")
async def price(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Save one option; a new one that is sent again stays one."""
    member.require(*HOST_ROLES)
    tour = await _own(session, tour_id, member)
    fields, form = (await read_submission(request)).read(OptionFields)
    offers = (await service.list_offers(session, [tour_id], with_inactive=True))[tour_id]
    wanted = form.values.get("option_id", "")
    option_id = next((offer.option.id for offer in offers if str(offer.option.id) == wanted), None)
    if fields is not None and not fields.prices():
        words = _("Bạn ghi ít nhất một giá.")
        form, fields = Form(form.values, {"adult_minor": words}), None
    if fields is None:
        page = await _prices_page(session, tour, option_id=option_id, form=form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.save_option(
        session, tour_id=tour_id, option_id=option_id, new_id=form.new_id(), fields=fields, now=now
    )
    return _to(request, "storefront.tours.prices", tour)


@router.get("/{tour_id}/dates", name="storefront.tours.dates")
async def dates(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """The dates of a tour."""
    tour = await _own(session, tour_id, member)
    return await render(request, await _dates_page(session, tour, member, now))


@router.post("/{tour_id}/dates", name="storefront.tours.add_dates")
async def add_dates(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Open one date or many."""
    member.require(*HOST_ROLES)
    tour = await _own(session, tour_id, member)
    submission = await read_submission(request)
    fields, form = submission.read(DepartureFields)
    chosen = [str(value) for value in submission.data.getlist("weekdays")]
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            await departures.create_departures(session, tour_id=tour_id, fields=fields, now=now)
        except InvalidError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, "storefront.tours.dates", tour)
    page = await _dates_page(session, tour, member, now, form=form, chosen=chosen)
    return await render(request, page, status=status)


@router.post("/departures/{departure_id}/capacity", name="storefront.tours.capacity")
async def change_capacity(
    request: Request, departure_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Change how many heads fit."""
    member.require(*HOST_ROLES)
    tour = await _of_departure(session, departure_id, member)
    fields, form = (await read_submission(request)).read(CapacityFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            await departures.change_capacity(
                session, departure_id=departure_id, capacity=fields.capacity, now=now
            )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to(request, "storefront.tours.dates", tour)
    page = await _dates_page(session, tour, member, now, refused={departure_id: form})
    return await render(request, page, status=status)


@router.post("/departures/{departure_id}/{state}", name="storefront.tours.move")
async def move(
    request: Request,
    departure_id: UUID,
    state: DepartureState,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Open, confirm or close a departure; it is called off on a page of its own."""
    member.require(*HOST_ROLES)
    tour = await _of_departure(session, departure_id, member)
    if state is DepartureState.GO:
        await going.go(session, departure_id=departure_id, now=now)
    elif state is DepartureState.OPEN:
        await going.open_day(session, departure_id=departure_id, now=now)
    else:
        await departures.move_departure(session, departure_id=departure_id, state=state)
    if state is DepartureState.OPEN:
        # Behind the lock that opened it: who left a name has its seats before any stranger sees the day.
        await offering.offer_seats(
            session,
            departure_id=departure_id,
            secret=house.secret,
            address=house.settings.public_url.rstrip("/"),
            now=now,
        )
    return _to(request, "storefront.tours.dates", tour)


async def _own(session: AsyncSession, tour_id: UUID, member: Member) -> Tour:
    return await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)


async def _of_departure(session: AsyncSession, departure_id: UUID, member: Member) -> Tour:
    departure = await departures.get_own_departure(
        session, departure_id=departure_id, producer_id=member.producer.id
    )
    return await service.get_tour(session, departure.tour_id)


async def _read(
    session: AsyncSession, house: House, submission: Submission, member: Member, now: datetime
) -> tuple[TourFields | None, Form, places.Resolution, list[UUID]]:
    """Read a tour's form: fields, words beside them, the commune, and photos that were kept."""
    fields, form = submission.read(TourFields)
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
    *,
    tour: Tour | None = None,
    photos: list[UUID] | None = None,
    choices: list[places.CommuneChoice] | None = None,
) -> TourFormPage:
    return TourFormPage(
        form=form,
        tour=tour,
        choices=choices or [],
        photo_ids=photos or [],
        durations=[(str(minutes), say_duration(minutes)) for minutes in DURATIONS],
        cutoffs=[(str(hours), say_cutoff(hours)) for hours in CUTOFFS],
        leads=[(str(hours), say_lead(hours)) for hours in LEADS],
        types=TYPES,
        decisions=[(str(hours), say_decision(hours)) for hours in DECISIONS],
        below=BELOW,
    )


async def _prices_page(
    session: AsyncSession, tour: Tour, *, option_id: UUID | None = None, form: Form | None = None
) -> PricesPage:
    forms = []
    for offer in (await service.list_offers(session, [tour.id], with_inactive=True))[tour.id]:
        values = {"name": offer.option.name, "max_units": str(offer.option.max_units)}
        for unit in offer.units:
            if unit.is_active:
                values[f"{unit.kind}_minor"] = f"{unit.price_minor:,}".replace(",", ".")
            if unit.kind is UnitType.FAMILY:
                values["family_heads"] = str(unit.pax_count)
        is_typed = form is not None and offer.option.id == option_id
        forms.append(OptionForm(offer.option, form if form and is_typed else Form(values)))
    is_new_typed = form is not None and option_id is None
    empty = {} if forms else {"name": tour.title}
    forms.append(OptionForm(None, form if form and is_new_typed else Form(empty)))
    return PricesPage(tour=tour, options=forms)


async def _dates_page(
    session: AsyncSession,
    tour: Tour,
    member: Member,
    now: datetime,
    *,
    form: Form | None = None,
    chosen: list[str] | None = None,
    refused: Mapping[UUID, Form] | None = None,
) -> DatesPage:
    lines = []
    found = await departures.list_seats(session, [tour], now=now)
    ids = [seats.departure.id for seats in found]
    shown = await sights.list_sights(session, ids)
    queues = await waiting.list_waiting(session, ids)
    crews = await resources.list_assigned(session, ids)
    for seats in found:
        departure = seats.departure
        words, kind = DEPARTURE_WORDS[departure.state]
        moves = [
            (state, *_say_move(tour, departure, state))
            for state in MOVES
            if state in DEPARTURE_STEPS[departure.state]
        ]
        own = (refused or {}).get(departure.id) or Form({"capacity": str(departure.capacity)})
        lines.append(
            HostDate(
                departure,
                say_when(tour, departure),
                words,
                kind,
                moves,
                own,
                f"capacity-{departure.id}",
                sights.say(shown[departure.id]),
                resources.say_crew(crews[departure.id]),
                len(queues[departure.id]),
            )
        )
    return DatesPage(
        tour=tour,
        dates=lines,
        form=form or Form({"starts": "08:00", "capacity": "20"}),
        weekdays=[(str(number), words) for number, words in enumerate(WEEKDAYS)],
        chosen=chosen or [],
        can_edit=member.has(*HOST_ROLES),
    )


def _say_move(tour: Tour, departure: Departure, state: DepartureState) -> tuple[Text, str]:
    """What a step is called on its button, with the messages that it sends."""
    words, icon_name = MOVES[state]
    if departure.state is DepartureState.PROVISIONAL:
        words = _("Chốt ngày, nhắn khách trả tiền")
    elif state is DepartureState.GO and is_unsure(tour, departure):
        words = _("Chắc chắn đón, báo khách")
    return words, icon_name


def _to(request: Request, route: str, tour: Tour) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(route, tour_id=tour.id), HTTPStatus.SEE_OTHER)
