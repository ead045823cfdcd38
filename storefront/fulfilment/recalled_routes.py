"""A recall's orders over HTTP: who is concerned, what they are told, their money back."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as people
from app.accounts.models import Person
from app.core.errors import InvalidError
from app.core.i18n import Text, _
from app.core.phone import format_phone, mask_phone
from app.core.quantity import format_grams
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.fulfilment import recalled
from storefront.fulfilment.recalled import Affected, Got
from storefront.fulfilment.recalled_pages import (
    DRAFT_WORDS,
    DraftView,
    Given,
    RecalledPage,
    RecalledRow,
    Told,
)
from storefront.fulfilment.schemas import RecallMessageFields, RecallRefundFields
from storefront.orders.words import STATE_KINDS, STATE_WORDS
from traceability.recalls import service as recalls
from traceability.recalls.models import Recall

router = APIRouter(prefix="/producer/orders/recalled/{recall_id}")


@router.get("", name="storefront.fulfilment.recalled")
async def show_recalled(
    request: Request, recall_id: UUID, house: TheHouse, session: DbSession, member: CurrentMember
) -> Response:
    """Who got something of what was recalled, who waits for it, what to write to them, what goes back."""
    recall = await _get_recall(session, member, recall_id)
    return await render(request, await _page(house, session, member, recall, Form()))


@router.post("/messages", name="storefront.fulfilment.tell_recalled")
async def tell(
    request: Request,
    *,
    recall_id: UUID,
    house: TheHouse,
    session: DbSession,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Tell every buyer who was not told yet."""
    recall = await _get_recall(session, member, recall_id)
    typed, form = (await read_submission(request)).read(RecallMessageFields)
    if typed is not None:
        try:
            await recalled.send_messages(
                session, recall=recall, drafts=typed.model_dump(), person_id=member.person.id, now=now
            )
        except InvalidError as error:
            form = form.refused(error)
        else:
            return _back(request, recall_id)
    page = await _page(house, session, member, recall, form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/refunds", name="storefront.fulfilment.refund_recalled")
async def refund(
    request: Request,
    *,
    recall_id: UUID,
    house: TheHouse,
    session: DbSession,
    member: CurrentMember,
    now: Now,
) -> Response:
    """Give a buyer money back; pressed again it changes nothing."""
    recall = await _get_recall(session, member, recall_id)
    typed, form = (await read_submission(request)).read(RecallRefundFields)
    if typed is None:
        page = await _page(house, session, member, recall, form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await recalled.give_back(
        session,
        recall=recall,
        consignment_id=typed.consignment_id,
        is_whole=typed.is_whole,
        person_id=member.person.id,
        now=now,
    )
    return _back(request, recall_id)


# ---------------------------------------------------------------- inside


async def _get_recall(session: AsyncSession, member: Member, recall_id: UUID) -> Recall:
    member.require(Role.MANAGER)
    return await recalls.get_own_recall(session, recall_id=recall_id, producer_id=member.producer.id)


def _back(request: Request, recall_id: UUID) -> Response:
    address = request.app.url_path_for("storefront.fulfilment.recalled", recall_id=recall_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


async def _page(
    house: House, session: AsyncSession, member: Member, recall: Recall, form: Form
) -> RecalledPage:
    found = await recalled.list_affected(session, recall)
    senders = await people.get_people(session, {one.message.sent_by_id for one in found if one.message})
    counts = Counter(one.draft for one in found if one.must_be_told and not recall.is_mock)
    drafts = [
        DraftView(
            name,
            label,
            recalled.write_draft(house.catalogue, recall=recall, producer=member.producer, name=name),
            counts[name],
        )
        for name, label in DRAFT_WORDS.items()
        if counts[name]
    ]
    return RecalledPage(
        recall_id=recall.id,
        is_mock=recall.is_mock,
        rows=[_row(one, recall, senders) for one in found],
        drafts=drafts,
        to_tell=counts.total(),
        form=form,
    )


def _row(one: Affected, recall: Recall, senders: dict[UUID, Person]) -> RecalledRow:
    parcel, order = one.parcel.consignment, one.parcel.order
    may_give = one.is_paid and not recall.is_mock
    due = one.due.total_minor if may_give else 0
    whole = one.due_whole.total_minor if may_give else 0
    return RecalledRow(
        id=parcel.id,
        code=order.code,
        buyer_name=order.buyer_name,
        phone="" if recall.is_mock else order.buyer_phone,
        phone_words=mask_phone(order.buyer_phone) if recall.is_mock else format_phone(order.buyer_phone),
        state=STATE_WORDS[parcel.state],
        kind=STATE_KINDS[parcel.state],
        goods=[_say(got) for got in one.got],
        told=Told(senders[one.message.sent_by_id].name, one.message.created_at) if one.message else None,
        must_be_told=one.must_be_told and not recall.is_mock,
        given=[Given(refund.amount_minor, refund.paid_at) for refund in one.refunds],
        due_minor=due,
        due_whole_minor=whole if whole > due else 0,
    )


def _say(got: Got) -> Text:
    """Say how much of which lot went into an order."""
    is_weight = got.line.sold_by is SoldBy.GRAM
    return _(
        "%(title)s, lô %(code)s: %(quantity)s",
        title=got.line.title,
        code=got.lot.code,
        quantity=format_grams(got.quantity) if is_weight else f"{got.quantity} × {got.line.variant_name}",
    )
