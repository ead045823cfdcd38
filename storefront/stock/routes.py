"""What lies ready, over HTTP: the producer sees it lot by lot and corrects it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.fields import FieldError
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import SoldBy
from storefront.stock import service
from storefront.stock.errors import StockItemNotFoundError
from storefront.stock.pages import StockPage, StockRow
from storefront.stock.schemas import Recount, read_counted
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
    """Take what was counted as what lies there, and keep the reason."""
    member.require(Role.MANAGER, Role.PACKER)
    item = await service.get_item(session, item_id)
    variant = await listings.get_variant(session, item.variant_id)
    listing = await listings.get_listing(session, variant.listing_id)
    if listing.producer_id != member.producer.id:
        raise StockItemNotFoundError
    fields, form = (await read_submission(request)).read(Recount)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if fields is not None:
        try:
            counted = read_counted(variant.sold_by, fields.counted)
            await service.adjust(
                session,
                stock_item_id=item_id,
                delta=counted - item.on_hand,
                reason=fields.reason,
                person_id=member.person.id,
                now=now,
            )
            return RedirectResponse(request.app.url_path_for("storefront.stock.list"), HTTPStatus.SEE_OTHER)
        except FieldError as error:
            form = Form(form.values, {"counted": error.message})
        except AppError as error:
            form, status = form.refused(error), status_of(error)
    return await render(request, await _page(session, member.producer.id, now, item_id, form), status=status)


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
                on_hand_words=say_quantity(variant, item.on_hand),
                held_words=say_quantity(variant, item.reserved + item.allocated),
                is_blocked=item.is_blocked,
                is_expired=item.expires_on < today(now),
                is_by_weight=variant.sold_by is SoldBy.GRAM,
                form=typed if typed is not None and item.id == typed_id else Form(),
            )
        )
    return StockPage(rows=rows)
