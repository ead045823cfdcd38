"""The packers' lists over HTTP: what to fetch, and what goes into which parcel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.core.i18n import Text, _
from app.core.quantity import format_grams
from app.web.dependencies import DbSession, Now
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment import picking
from storefront.fulfilment.picking import ParcelToPack, ShelfLot, ShelfVariant, Stop, StoppedParcel
from storefront.fulfilment.picking_pages import (
    CommuneOfRoute,
    LineOfParcel,
    LotOfLine,
    PickItem,
    PickListPage,
    PickLot,
    PickParcel,
    Route,
)
from storefront.orders.lines import group
from storefront.orders.models import OrderLine
from storefront.orders.pages import way_of
from storefront.orders.words import say_bundle, say_contents, say_goods

router = APIRouter()


@router.get("/producer/orders/picking", name="storefront.fulfilment.pick_list")
async def show_pick_list(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """What to fetch from the shelf for every parcel that is taken on and not packed yet, and where it goes."""
    member.require(Role.PACKER, Role.ACCOUNTANT)
    found = await picking.make_pick_list(session, producer_id=member.producer.id, now=now)
    page = PickListPage(
        producer_name=member.producer.name,
        count=found.parcel_count,
        items=[_item(one) for one in found.shelf],
        routes=[
            _route(province, list(stops))
            for province, stops in groupby(found.stops, key=lambda stop: stop.province)
        ],
        stopped=[_stopped(one) for one in found.stopped],
        has_more=found.has_more,
        can_label=member.has(Role.PACKER),
    )
    return await render(request, page)


def _item(one: ShelfVariant) -> PickItem:
    total = _say(one.line, one.quantity)
    if one.line.sold_by is SoldBy.PIECE:
        total = _(
            "%(count)s × %(name)s · %(weight)s",
            count=one.quantity,
            name=one.line.variant_name,
            weight=_say_weight(one.weight_g, is_most=one.is_most),
        )
    else:
        total = _("%(weight)s · %(name)s", weight=total, name=one.line.variant_name)
    return PickItem(one.line.title, total, [_lot(one.line, lot) for lot in one.lots])


def _lot(line: OrderLine, one: ShelfLot) -> PickLot:
    is_piece = line.sold_by is SoldBy.PIECE
    return PickLot(
        code=one.lot.code,
        expires_on=one.lot.expires_on,
        quantity_words=_say(line, one.quantity),
        weight_words=_say_weight(one.weight_g, is_most=one.is_most) if is_piece else None,
        orders=[f"{share.code}\u00a0{_say(line, share.quantity)}" for share in one.shares],
    )


def _route(province: str, stops: list[Stop]) -> Route:
    return Route(
        province,
        sum(len(stop.parcels) for stop in stops),
        [CommuneOfRoute(stop.commune, [_parcel(one) for one in stop.parcels]) for stop in stops],
    )


def _parcel(one: ParcelToPack) -> PickParcel:
    return PickParcel(
        id=one.parcel.consignment.id,
        code=one.parcel.order.code,
        buyer_name=one.recipient_name,
        lines=[
            LineOfParcel(
                words,
                [
                    LotOfLine(lot.lot.code, _say(to_pack.line, lot.quantity), lot.lot.expires_on)
                    for lot in to_pack.taken
                ],
                to_pack.storage,
                box_words,
                to_pack.line.bundle_id is not None,
            )
            for to_pack, (box_words, words) in zip(
                one.lines, _say_by_box([to_pack.line for to_pack in one.lines]), strict=True
            )
        ],
        note=one.parcel.order.note,
        gift_note=one.parcel.order.gift_note,
        way=way_of(one.parcel.consignment),
        collect_minor=one.parcel.order.collect_minor,
        together=one.together,
    )


def _stopped(one: StoppedParcel) -> PickParcel:
    return PickParcel(
        one.parcel.consignment.id,
        one.parcel.order.code,
        one.parcel.order.buyer_name,
        [LineOfParcel(_said(line), [], "") for line in one.lines],
    )


def _say_by_box(lines: Sequence[OrderLine]) -> list[tuple[Text | None, Text]]:
    """Say each line, and before the first of a kind of box which box it is."""
    return [
        (None if place else say_bundle(line), words)
        for found in group(lines)
        for place, (line, words) in enumerate(zip(found, say_contents(found), strict=True))
    ]


def _said(line: OrderLine) -> Text:
    [words] = say_goods([line])
    return words


def _say(line: OrderLine, quantity: int) -> Text:
    return Text(format_grams(quantity) if line.sold_by is SoldBy.GRAM else f"×\u00a0{quantity}")


def _say_weight(grams: int, *, is_most: bool) -> Text:
    said = format_grams(grams)
    return _("nhiều nhất %(weight)s", weight=said) if is_most else Text(said)
