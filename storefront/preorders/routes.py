"""Pre-orders over HTTP: a manager says what may be ordered of a coming harvest, and sees who waits."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.fields import FieldError
from app.core.i18n import Text, _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings import service as listings
from storefront.preorders import service
from storefront.preorders.models import PreorderOffer
from storefront.preorders.pages import OfferRow, PreordersPage
from storefront.preorders.schemas import OfferFields
from storefront.stock.schemas import read_counted
from storefront.stock.words import say_quantity

router = APIRouter()


@router.get("/producer/preorders", name="storefront.preorders.list")
async def show_list(
    request: Request, session: DbSession, member: CurrentMember, now: Now, saved: str = ""
) -> Response:
    """What may be ordered ahead, and what became of it."""
    member.require(Role.MANAGER)
    return await _list(request, session, member, now, Form(), is_saved=bool(saved))


@router.post("/producer/preorders", name="storefront.preorders.open")
async def open_offer(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Offer a coming harvest; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(OfferFields)
    if fields is None:
        return await _list(request, session, member, now, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await cooperatives.require_real(session, member.producer.id)
        variant = await listings.get_variant(session, fields.variant_id)
        await service.open_offer(
            session,
            producer_id=member.producer.id,
            variant_id=variant.id,
            cap=read_counted(variant.sold_by, fields.cap),
            expected_on=fields.expected_on,
            person_id=member.person.id,
            offer_id=form.new_id(),
            now=now,
        )
    except FieldError as error:
        wrong = Form(form.values, {"cap": error.message})
        return await _list(request, session, member, now, wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except AppError as error:
        return await _list(request, session, member, now, form.refused(error), status=status_of(error))
    return _back(request)


@router.post("/producer/preorders/{offer_id}/end", name="storefront.preorders.end")
async def end_offer(
    request: Request, offer_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take no more orders on a harvest."""
    member.require(Role.MANAGER)
    await service.end_offer(session, offer_id=offer_id, producer_id=member.producer.id, now=now)
    return _back(request)


def _back(request: Request) -> Response:
    target = f"{request.app.url_path_for('storefront.preorders.list')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _list(
    request: Request,
    session: AsyncSession,
    member: Member,
    now: Now,
    form: Form,
    *,
    is_saved: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    offered = {one.id: one for one in await listings.list_listings(session, member.producer.id)}
    packs = await listings.list_variants(session, list(offered), with_inactive=True)
    variants = {pack.id: pack for own in packs.values() for pack in own}
    names = {pack.id: f"{offered[pack.listing_id].title} · {pack.name}" for pack in variants.values()}
    offers = await service.list_offers(session, list(variants))
    counts = await service.count(session, [one.id for one in offers])
    rows = []
    for one in offers:
        variant, counted = variants[one.variant_id], counts[one.id]
        state, kind = _say_state(one, now)
        rows.append(
            OfferRow(
                id=one.id,
                pack=names[variant.id],
                state=state,
                kind=kind,
                expected_on=one.expected_on,
                cap_words=say_quantity(variant, one.cap),
                unpaid_words=say_quantity(variant, counted.unpaid),
                waiting_words=say_quantity(variant, counted.waiting),
                filled_words=say_quantity(variant, counted.filled),
                is_open=one.ended_at is None,
            )
        )
    page = PreordersPage(
        rows=rows,
        packs=[
            (str(pack.id), names[pack.id])
            for pack in variants.values()
            if pack.is_active and not pack.is_bundle
        ],
        first_day=today(now),
        is_saved=is_saved,
        form=form,
    )
    return await render(request, page, status=status)


def _say_state(one: PreorderOffer, now: Now) -> tuple[Text, str]:
    if one.ended_at is not None:
        return _("Đã dừng nhận đặt trước"), "plain"
    if one.expected_on < today(now):
        return _("Quá ngày dự kiến, không nhận thêm"), "wait"
    return _("Đang nhận đặt trước"), "good"
