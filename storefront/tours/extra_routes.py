"""Add-ons over HTTP: the host's list, and a party that takes other ones."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.listings.models import TaxKind
from storefront.tours import bookings, cancelling, extra_changing, extras, service, views
from storefront.tours.extra_models import ExtraPer
from storefront.tours.extra_pages import ExtraChangePage, ExtraForm, ExtrasPage
from storefront.tours.models import Booking, BookingState, Departure, Tour
from storefront.tours.schemas import ExtraFields, read_extras
from storefront.tours.settlement import HOST_ROLES
from storefront.tours.words import say_when

router = APIRouter()
PERS: list[tuple[ExtraPer, Text]] = [
    (ExtraPer.HEAD, _("Cả nhóm mỗi người một suất")),
    (ExtraPer.PIECE, _("Khách chọn mấy cái thì mua mấy cái")),
]
KINDS: list[tuple[str, Text]] = [
    (TaxKind.SERVICES.value, _("Dịch vụ (ăn uống, làm cùng)")),
    (TaxKind.GOODS.value, _("Hàng mang về")),
]


@router.get("/producer/tours/{tour_id}/extras", name="storefront.tours.extras")
async def show_extras(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember
) -> Response:
    """The add-ons of a tour."""
    return await render(request, await _page(session, await _own(session, tour_id, member), member))


@router.post("/producer/tours/{tour_id}/extras", name="storefront.tours.save_extra")
async def save_extra(
    request: Request, tour_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Save one add-on; a new one that is sent again stays one."""
    member.require(*HOST_ROLES)
    tour = await _own(session, tour_id, member)
    fields, form = (await read_submission(request)).read(ExtraFields)
    known = await extras.list_extras(session, tour_id, with_inactive=True)
    asked = form.values.get("extra_id", "")
    extra_id = next((one.id for one in known if str(one.id) == asked), None)
    if fields is None:
        page = await _page(session, tour, member, typed=(extra_id, form))
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await extras.save_extra(
        session, tour_id=tour_id, extra_id=extra_id, new_id=form.new_id(), fields=fields, now=now
    )
    path = request.app.url_path_for("storefront.tours.extras", tour_id=tour_id)
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.get("/bookings/{token}/extras", name="storefront.tours.own_extras")
async def show_own(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """What a party takes, filled in."""
    party = await bookings.get_party(session, await bookings.get_by_token(session, token))
    typed = Form({f"extra_{one.extra_id}": str(one.number) for one in party.extras})
    page = await _own_page(session, party, token, typed, cancelling.why_bound(*_facts(party), now=now))
    return await render(request, page)


@router.post("/bookings/{token}/extras", name="storefront.tours.change_extras")
async def change_own(request: Request, token: str, *, session: DbSession, now: Now) -> Response:
    """Take other add-ons."""
    booking = await bookings.get_by_token(session, token)
    form = (await read_submission(request)).form
    asked, errors = read_extras(form.values)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if not errors:
        try:
            async with session.begin_nested():
                await extra_changing.change(session, booking_id=booking.id, asked=asked, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            path = request.app.url_path_for("storefront.tours.booking", token=token)
            return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    else:
        form = Form(form.values, errors)
    party = await bookings.get_party(session, await bookings.get_by_token(session, token))
    page = await _own_page(session, party, token, form, cancelling.why_bound(*_facts(party), now=now))
    return await render(request, page, status=status)


def _facts(party: bookings.Party) -> tuple[Booking, Tour, Departure]:
    return party.booking, party.tour, party.departure


async def _own(session: AsyncSession, tour_id: UUID, member: Member) -> Tour:
    return await service.get_own_tour(session, tour_id=tour_id, producer_id=member.producer.id)


async def _page(
    session: AsyncSession, tour: Tour, member: Member, *, typed: tuple[UUID | None, Form] | None = None
) -> ExtrasPage:
    lines = []
    for one in await extras.list_extras(session, tour.id, with_inactive=True):
        values = {
            "name": one.name,
            "per": one.per.value,
            "price_minor": f"{one.price_minor:,}".replace(",", "."),
            "tax_kind": one.tax_kind.value,
            "most": str(one.most or ""),
            "is_active": "1" if one.is_active else "",
        }
        is_typed = typed is not None and typed[0] == one.id
        lines.append(ExtraForm(one, typed[1] if typed and is_typed else Form(values)))
    empty = Form({"per": ExtraPer.HEAD.value, "tax_kind": TaxKind.SERVICES.value, "is_active": "1"})
    lines.append(ExtraForm(None, typed[1] if typed and typed[0] is None else empty))
    return ExtrasPage(tour=tour, lines=lines, pers=PERS, kinds=KINDS, can_edit=member.has(*HOST_ROLES))


async def _own_page(
    session: AsyncSession, party: bookings.Party, token: str, form: Form, why_not: Text | None
) -> ExtraChangePage:
    """What is on offer, and what the party has of what is sold no more."""
    had = {one.extra_id for one in party.extras}
    offered = [
        one
        for one in await extras.list_extras(session, party.tour.id, with_inactive=True)
        if one.is_active or one.id in had
    ]
    return ExtraChangePage(
        token=token,
        tour=party.tour,
        when=say_when(party.tour, party.departure),
        heads=party.booking.heads,
        offered=views.show_extras(offered),
        is_paid=party.booking.state is BookingState.CONFIRMED,
        why_not=why_not,
        form=form,
    )
