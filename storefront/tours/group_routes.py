"""Groups over HTTP: a school asks, the host answers, the school takes the offer."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import attempts
from app.accounts.dependencies import MaybePerson
from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.ids import uuid7
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import language_of, render
from producers.cooperatives.access import CurrentMember, Member
from storefront.tours import bookings, departures, groups, service, terms, views, wishes
from storefront.tours.group_models import GroupRequest, GroupState
from storefront.tours.group_pages import GroupCard, GroupFormPage, GroupPage, GroupsPage
from storefront.tours.models import Tour
from storefront.tours.schemas import MAX_GROUP, GroupFields, GroupOfferFields, PricePer
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.states import booking_state_at, is_bookable
from storefront.tours.terms_routes import DEPOSITS
from storefront.tours.words import GROUP_WORDS, say_free, say_instant, say_when

router = APIRouter()
MOST_ASKED = 10
LIMIT_PER = timedelta(hours=1)
_SHOW = "storefront.tours.group"
_HOST = "/producer/tours/groups"
PERS: list[tuple[str, Text]] = [
    (PricePer.HEAD.value, _("Một người")),
    (PricePer.TOTAL.value, _("Cả đoàn")),
]


@router.get("/tours/{slug}/group", name="storefront.tours.group_form")
async def form(request: Request, slug: str, *, session: DbSession, person: MaybePerson, now: Now) -> Response:
    """The form of a group; what the link carries is filled in already."""
    tour = await service.get_public_tour(session, slug)
    page = await _form_page(session, tour, wishes.begin(request, person), str(uuid7()), now)
    return await render(request, page)


@router.post("/tours/{slug}/group", name="storefront.tours.ask_group")
async def ask(
    request: Request, slug: str, *, session: DbSession, house: TheHouse, visitor: VisitorKey, now: Now
) -> Response:
    """Keep what a group asks for; the same form sent twice is one request."""
    await attempts.limit(house.database, kind="group", key=visitor, most=MOST_ASKED, per=LIMIT_PER, now=now)
    fields, form = (await read_submission(request)).read(GroupFields)
    tour = await service.get_public_tour(session, slug)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                made = await groups.ask(
                    session, fields=fields, secret=house.secret, language=language_of(request), now=now
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to_group(request, groups.token_of(made, house.secret))
    page = await _form_page(session, tour, form, form.values.get("id", ""), now)
    return await render(request, page, status=status)


@router.get("/groups/{token}", name=_SHOW)
async def show(request: Request, token: str, *, session: DbSession, house: TheHouse, now: Now) -> Response:
    """A group's own page."""
    asked = await groups.get_by_token(session, token)
    return await render(request, await _page(session, asked, token, house.secret, now))


@router.post("/groups/{token}/accept", name="storefront.tours.accept_group")
async def accept(request: Request, token: str, *, session: DbSession, house: TheHouse, now: Now) -> Response:
    """Take the offer, and pay on the booking's page."""
    asked = await groups.get_by_token(session, token)
    try:
        async with session.begin_nested():
            made = await groups.accept(session, request_id=asked.id, secret=house.secret, now=now)
    except AppError as error:
        page = await _page(session, asked, token, house.secret, now, refusal=error.message)
        return await render(request, page, status=status_of(error))
    path = request.app.url_path_for("storefront.tours.booking", token=bookings.token_of(made, house.secret))
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.post("/groups/{token}/withdraw", name="storefront.tours.withdraw_group")
async def withdraw(request: Request, token: str, *, session: DbSession) -> Response:
    """The group does not come after all."""
    asked = await groups.get_by_token(session, token)
    await groups.withdraw(session, request_id=asked.id)
    return _to_group(request, token)


@router.get(_HOST, name="storefront.tours.groups")
async def show_groups(request: Request, *, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What groups ask for."""
    member.require(*HOST_ROLES)
    return await render(request, await _host_page(session, member, now))


@router.post(f"{_HOST}/{{request_id}}/offer", name="storefront.tours.offer_group")
async def offer(
    request: Request,
    request_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Answer a group with a price."""
    member.require(*HOST_ROLES)
    await groups.get_own(session, request_id=request_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(GroupOfferFields)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        try:
            async with session.begin_nested():
                await groups.offer(
                    session,
                    request_id=request_id,
                    producer_id=member.producer.id,
                    fields=fields,
                    secret=house.secret,
                    address=house.settings.public_url.rstrip("/"),
                    now=now,
                )
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return _to_groups(request)
    page = await _host_page(session, member, now, tried=request_id, form=form)
    return await render(request, page, status=status)


@router.post(f"{_HOST}/{{request_id}}/decline", name="storefront.tours.decline_group")
async def decline(
    request: Request, request_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """Say no to a group."""
    member.require(*HOST_ROLES)
    await groups.decline(session, request_id=request_id, producer_id=member.producer.id)
    return _to_groups(request)


async def _form_page(
    session: AsyncSession, tour: Tour, form: Form, request_id: str, now: datetime
) -> GroupFormPage:
    seats = await departures.list_seats(session, [tour], now=now)
    return GroupFormPage(
        tour=tour,
        request_id=request_id or str(uuid7()),
        dates=[
            (str(one.departure.id), say_when(tour, one.departure), views.show_date(tour, one).state)
            for one in seats
            if one.is_open and one.left
        ],
        most_heads=MAX_GROUP,
        form=form,
    )


async def _page(
    session: AsyncSession,
    request: GroupRequest,
    token: str,
    secret: bytes,
    now: datetime,
    *,
    refusal: Text | None = None,
) -> GroupPage:
    asked = await groups.get_asked(session, request)
    tour, departure, booking = asked.tour, asked.departure, asked.booking
    percent = request.offer_deposit_percent
    state = booking_state_at(booking, now) if booking else None
    can_accept = groups.can_accept(asked, now) and is_bookable(tour, departure, now)
    return GroupPage(
        token=token,
        tour=tour,
        asked=request,
        when=say_when(tour, departure),
        until=say_instant(request.offer_until) if request.offer_until else None,
        deposit_minor=terms.share(request.offer_minor or 0, percent) if percent else None,
        cutoff=say_free(terms.steps_of(tour), tour, departure),
        can_accept=can_accept,
        is_over=request.state is GroupState.OFFERED and not can_accept,
        booking_state=state,
        booking_token=bookings.token_of(booking, secret) if booking else "",
        refusal=refusal,
    )


async def _host_page(
    session: AsyncSession,
    member: Member,
    now: datetime,
    *,
    tried: UUID | None = None,
    form: Form | None = None,
) -> GroupsPage:
    until = str(today(now) + timedelta(days=3))
    empty = {"until_on": until, "per": PricePer.HEAD.value, "deposit_percent": "30"}
    cards = []
    for asked, departure, tour in await groups.list_of(session, member.producer.id):
        words, kind = GROUP_WORDS[asked.state]
        is_tried = form is not None and asked.id == tried
        cards.append(
            GroupCard(
                asked=asked,
                phone=format_phone(asked.contact_phone),
                title=tour.title,
                when=say_when(tour, departure),
                state=words,
                kind=kind,
                until=say_instant(asked.offer_until)
                if asked.offer_until and asked.state is GroupState.OFFERED
                else None,
                on=departure.local_on,
                is_open=asked.state in groups.OPEN and is_bookable(tour, departure, now),
                form=form if form is not None and is_tried else Form(empty),
            )
        )
    shares: list[tuple[str, Text]] = [("0", _("Trả đủ lúc đặt"))]
    shares += [(str(one), _("Đặt cọc %(percent)s", percent=f"{one}%")) for one in DEPOSITS]
    return GroupsPage(cards=cards, deposits=shares, pers=PERS, tried=tried)


def _to_group(request: Request, token: str) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for(_SHOW, token=token), HTTPStatus.SEE_OTHER)


def _to_groups(request: Request) -> RedirectResponse:
    return RedirectResponse(request.app.url_path_for("storefront.tours.groups"), HTTPStatus.SEE_OTHER)
