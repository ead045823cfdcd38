"""What lies ready, over HTTP: the producer sees it lot by lot and corrects it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.fields import FieldError
from app.core.i18n import _
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import SoldBy, Variant
from storefront.stock import service
from storefront.stock.errors import HeldError, StockItemNotFoundError
from storefront.stock.models import StockItem
from storefront.stock.pages import StockPage, StockRow
from storefront.stock.schemas import Direction, Recount, StockChange, read_counted
from storefront.stock.words import say_quantity

router = APIRouter(prefix="/producer/stock")


@router.get("", name="storefront.stock.list")
async def list_all(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What lies ready of every lot."""
    return await render(request, await _page(session, member.producer.id, now))


@router.post("/{item_id}", name="storefront.stock.recount")
async def recount(
    request: Request, item_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Take what was counted as a difference to what the page showed, and keep the reason; sent again it counts once."""
    item, variant = await _find_own(session, member, item_id)
    fields, form = (await read_submission(request)).read(Recount)
    if fields is None:
        return await _refuse(request, session, member=member, item_id=item_id, form=form, now=now)
    try:
        counted = read_counted(variant.sold_by, fields.counted)
    except FieldError as error:
        return await _refuse(
            request,
            session,
            member=member,
            item_id=item_id,
            form=Form(form.values, {"counted": error.message}),
            now=now,
        )
    delta = counted - (item.on_hand if fields.was is None else fields.was)
    return await _adjust(
        request,
        session,
        member=member,
        item_id=item_id,
        variant=variant,
        delta=delta,
        reason=fields.reason,
        form=form,
        now=now,
    )


@router.post("/{item_id}/change", name="storefront.stock.change")
async def change(
    request: Request, item_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Add to what lies there or take from it, and keep the reason; sent again it counts once."""
    _item, variant = await _find_own(session, member, item_id)
    fields, form = (await read_submission(request)).read(StockChange)
    if fields is None:
        return await _refuse(request, session, member=member, item_id=item_id, form=form, now=now)
    try:
        amount = read_counted(variant.sold_by, fields.amount)
    except FieldError as error:
        return await _refuse(
            request,
            session,
            member=member,
            item_id=item_id,
            form=Form(form.values, {"amount": error.message}),
            now=now,
        )
    delta = amount if fields.direction is Direction.MORE else -amount
    return await _adjust(
        request,
        session,
        member=member,
        item_id=item_id,
        variant=variant,
        delta=delta,
        reason=fields.reason,
        form=form,
        now=now,
    )


async def _find_own(session: AsyncSession, member: Member, item_id: UUID) -> tuple[StockItem, Variant]:
    member.require(Role.MANAGER, Role.PACKER)
    item = await service.get_item(session, item_id)
    variant = await listings.get_variant(session, item.variant_id)
    listing = await listings.get_listing(session, variant.listing_id)
    if listing.producer_id != member.producer.id:
        raise StockItemNotFoundError
    return item, variant


async def _adjust(
    request: Request,
    session: AsyncSession,
    *,
    member: Member,
    item_id: UUID,
    variant: Variant,
    delta: int,
    reason: str,
    form: Form,
    now: datetime,
) -> Response:
    try:
        await service.adjust(
            session,
            stock_item_id=item_id,
            delta=delta,
            reason=reason,
            person_id=member.person.id,
            movement_id=form.new_id(),
            now=now,
        )
    except HeldError as error:
        words = _(
            "Trong kho bây giờ có %(on_hand)s. Khách đang giữ %(held)s, không bớt xuống dưới mức đó được.",
            on_hand=say_quantity(variant, error.on_hand),
            held=say_quantity(variant, error.held),
        )
        refused = Form(form.values, {"": words})
        return await _refuse(
            request, session, member=member, item_id=item_id, form=refused, now=now, status=status_of(error)
        )
    return RedirectResponse(request.app.url_path_for("storefront.stock.list"), HTTPStatus.SEE_OTHER)


async def _refuse(
    request: Request,
    session: AsyncSession,
    *,
    member: Member,
    item_id: UUID,
    form: Form,
    now: datetime,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    page = await _page(session, member.producer.id, now, item_id, form)
    return await render(request, page, status=status)


async def _page(
    session: AsyncSession,
    producer_id: UUID,
    now: datetime,
    typed_id: UUID | None = None,
    typed: Form | None = None,
) -> StockPage:
    own = {listing.id: listing for listing in await listings.list_listings(session, producer_id)}
    packs = await listings.list_variants(session, list(own), with_inactive=True)
    variants = {pack.id: pack for of_listing in packs.values() for pack in of_listing}
    items = await service.list_items(session, list(variants))
    codes = await service.list_lot_codes(session, [item.lot_id for item in items])
    rows = []
    for item in items:
        variant = variants[item.variant_id]
        rows.append(
            StockRow(
                item_id=item.id,
                title=own[variant.listing_id].title,
                pack=variant.name,
                lot_code=codes[item.lot_id],
                expires_on=item.expires_on,
                on_hand=item.on_hand,
                on_hand_words=say_quantity(variant, item.on_hand),
                held_words=say_quantity(variant, item.reserved + item.allocated),
                is_blocked=item.is_blocked,
                is_expired=item.expires_on < today(now),
                is_by_weight=variant.sold_by is SoldBy.GRAM,
                form=typed if typed is not None and item.id == typed_id else Form(),
            )
        )
    return StockPage(rows=rows, form=typed or Form())
