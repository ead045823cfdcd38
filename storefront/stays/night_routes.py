"""The calendar of beds over HTTP: closed days, and nights with another number of beds."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from storefront.stays import nights, service
from storefront.stays.guest_routes import SHOWN, find_first, leaf, say_heads, say_shown
from storefront.stays.host_routes import own, to_stay
from storefront.stays.models import Stay, StayBooking
from storefront.stays.nights import Night
from storefront.stays.pages import BedCell, BedRow, NightsPage
from storefront.stays.schemas import NightFields
from storefront.stays.settlement import HOST_ROLES
from storefront.stays.words import say_night, say_span

router = APIRouter(prefix="/producer/stays")
ONE_DAY = timedelta(days=1)


@router.get("/{stay_id}/nights", name="storefront.stays.nights")
async def show(
    request: Request,
    stay_id: UUID,
    *,
    session: DbSession,
    member: CurrentMember,
    now: Now,
    start: str = "",
) -> Response:
    """Two weeks of nights with what is taken of each place."""
    stay = await own(session, stay_id, member)
    return await render(request, await _page(request, session, stay, member, now, start=start))


@router.post("/{stay_id}/nights/close", name="storefront.stays.close_nights")
async def close(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Receive nobody new in some nights; who has booked is named and stays."""
    return await _change(request, session, stay_id, member, now, is_closed=True)


@router.post("/{stay_id}/nights/open", name="storefront.stays.open_nights")
async def open_again(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Receive guests in some nights again."""
    return await _change(request, session, stay_id, member, now, is_closed=False)


@router.post("/{stay_id}/nights/beds", name="storefront.stays.change_beds")
async def change_beds(
    request: Request, stay_id: UUID, *, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Give some nights another number of beds."""
    return await _change(request, session, stay_id, member, now, is_closed=None)


async def _change(
    request: Request,
    session: AsyncSession,
    stay_id: UUID,
    member: Member,
    now: datetime,
    *,
    is_closed: bool | None,
) -> Response:
    """Close or open nights, or (None) change their beds."""
    member.require(*HOST_ROLES)
    stay = await own(session, stay_id, member)
    fields, form = (await read_submission(request)).read(NightFields)
    start = ""
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if fields is not None:
        # The leaf of the table on which the changed nights stand.
        start = str(fields.from_on) if fields.from_on >= today(now) + SHOWN else ""
        try:
            async with session.begin_nested():
                if is_closed is None:
                    await nights.change_beds(session, stay=stay, fields=fields, now=now)
                else:
                    await nights.close_nights(session, stay=stay, fields=fields, is_closed=is_closed, now=now)
        except AppError as error:
            form, status = form.refused(error), int(status_of(error))
        else:
            return to_stay(request, "storefront.stays.nights", stay, start=start)
    page = await _page(request, session, stay, member, now, start=start, form=form)
    return await render(request, page, status=status)


async def _page(
    request: Request,
    session: AsyncSession,
    stay: Stay,
    member: Member,
    now: datetime,
    *,
    start: str = "",
    form: Form | None = None,
) -> NightsPage:
    first = find_first(start, now=now)
    found = (await service.list_places(session, [stay.id]))[stay.id]
    shown = await nights.list_nights(session, found, first, first + SHOWN - ONE_DAY, now=now)
    path = str(request.app.url_path_for("storefront.stays.nights", stay_id=stay.id))
    tonight = request.app.url_path_for("storefront.stays.tonight")
    can_edit = member.has(*HOST_ROLES)
    kept = await nights.list_kept(session, found, now=now) if can_edit else []
    return NightsPage(
        stay=stay,
        heads=say_heads(found),
        rows=[
            BedRow(
                say_night(night_on),
                f"{tonight}?on={night_on}",
                [_cell(these.get(place.id)) for place in found],
            )
            for night_on, of_night in groupby(shown, key=lambda one: one.night.night_on)
            for these in [{one.place.id: one for one in of_night}]
        ],
        span=say_shown(first),
        earlier_href=leaf(path, first - SHOWN, now=now),
        later_href=leaf(path, first + SHOWN, now=now),
        form=form or Form(),
        places=[(str(place.id), place.name) for place in found],
        kept=[
            (_say_guest(one), str(request.app.url_path_for("storefront.stays.guest", party_id=one.id)))
            for one in kept
        ],
        can_edit=can_edit,
    )


def _cell(one: Night | None) -> BedCell:
    if one is None:
        return BedCell(_("chưa mở"), "plain")
    taken, capacity = one.night.taken, one.night.capacity
    if one.night.is_closed:
        words = _("nghỉ, đã đặt %(taken)s", taken=taken) if taken else _("nghỉ")
        return BedCell(words, "plain")
    words = _("%(taken)s/%(capacity)s", taken=taken, capacity=capacity)
    return BedCell(words, "bad" if taken >= capacity else "wait" if taken else "good")


def _say_guest(booking: StayBooking) -> Text:
    return _(
        "%(name)s, %(phone)s, %(span)s",
        name=booking.contact_name,
        phone=format_phone(booking.contact_phone),
        span=say_span(booking),
    )
