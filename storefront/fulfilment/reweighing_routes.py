"""Weighing again over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import InvalidError
from app.core.ids import uuid7
from app.core.quantity import retype_grams
from app.media import service as media
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import photos
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.fulfilment import reweighing
from storefront.fulfilment.reweighing import Correction
from storefront.fulfilment.reweighing_pages import OtherLine, ReweighPage, WeighedLine
from storefront.fulfilment.schemas import ReweighFields
from storefront.orders import parcels, weighings
from storefront.orders.errors import OrderNotFoundError
from storefront.orders.models import OrderLine
from storefront.orders.pages import view_turns
from storefront.orders.weighings import Turn
from storefront.orders.words import say_ordered
from storefront.stock.words import say_bounds

router = APIRouter()


@router.get("/producer/orders/{consignment_id}/reweigh", name="storefront.fulfilment.reweigh")
async def show(
    request: Request,
    consignment_id: UUID,
    session: DbSession,
    member: CurrentMember,
    line: UUID | None = None,
) -> Response:
    """A weighed line, and a form for its right weight."""
    member.require(Role.PACKER)
    return await render(request, await _page(session, member, consignment_id, line, Form()))


@router.post("/producer/orders/{consignment_id}/reweigh", name="storefront.fulfilment.weigh_again")
async def weigh_again(
    request: Request,
    *,
    consignment_id: UUID,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Write down what a line weighs after all."""
    member.require(Role.PACKER)
    submission = await read_submission(request)
    typed, form = submission.read(ReweighFields)
    kept, wrong = await photos.keep_photos(
        session, house, submission, name="photo", owner_id=member.person.id, is_public=False, now=now
    )
    if typed is None or wrong:
        form = Form(form.values, {**form.errors, **wrong})
        return await _refuse(request, session, member, consignment_id, form, kept=kept)
    try:
        await reweighing.weigh_again(
            session,
            consignment_id=consignment_id,
            producer_id=member.producer.id,
            correction=Correction(weighing=typed.read(photos.last(kept)), of=typed.of, reason=typed.reason),
            person_id=member.person.id,
            now=now,
        )
    except InvalidError as error:
        return await _refuse(request, session, member, consignment_id, form.refused(error), kept=kept)
    address = request.app.url_path_for("storefront.fulfilment.show", consignment_id=consignment_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


async def _refuse(
    request: Request,
    session: AsyncSession,
    member: Member,
    consignment_id: UUID,
    form: Form,
    *,
    kept: Sequence[UUID],
) -> Response:
    page = await _page(session, member, consignment_id, _read_line(form), form, kept=kept)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _read_line(form: Form) -> UUID | None:
    """The line that a refused form is about; None when nobody can tell."""
    try:
        return UUID(form.values.get("line_id", ""))
    except ValueError:
        return None


async def _page(
    session: AsyncSession,
    member: Member,
    consignment_id: UUID,
    line_id: UUID | None,
    form: Form,
    *,
    kept: Sequence[UUID] = (),
) -> ReweighPage:
    """The page of one weighed line, without `line_id` of the first; `OrderNotFoundError` for one that was not weighed."""
    parcel = await parcels.get_parcel(session, consignment_id=consignment_id, producer_id=member.producer.id)
    turns = await weighings.list_turns(session, [line.id for line in parcel.lines])
    weighed = [line for line in parcel.lines if line.id in turns]
    line = next((line for line in weighed if line_id in {None, line.id}), None)
    if line is None and line_id is not None:
        raise OrderNotFoundError
    stopped = await reweighing.find_stop(session, parcel.consignment, line) if line else None
    return ReweighPage(
        id=consignment_id,
        code=parcel.order.code,
        line=await _view(session, line, turns[line.id]) if line else None,
        other_lines=[OtherLine(one.id, one.title, say_ordered(one)) for one in weighed if one is not line],
        stopped_words=stopped.message if stopped else None,
        form=form,
        record_id=form.values.get("id") or str(uuid7()),
        kept=kept,
    )


async def _view(session: AsyncSession, line: OrderLine, turns: Sequence[Turn]) -> WeighedLine:
    shots = {piece.photo_id for turn in turns for piece in turn if piece.photo_id}
    last = turns[-1]
    return WeighedLine(
        id=line.id,
        title=line.title,
        quantity_words=say_ordered(line),
        bounds_words=say_bounds((line.least_g or 0, line.most_g or 0)),
        turns=view_turns(turns, await media.get_photos(session, shots)),
        paid_minor=line.amount_minor,
        final_minor=line.settled_minor,
        record_id=last[0].record_id,
        typed="\n".join(retype_grams(piece.weight_g) for piece in last),
    )
