"""The doors of lots: list, make, look, look again, split, merge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError, InvalidError
from app.core.i18n import _
from app.core.ids import uuid7
from app.core.quantity import QuantityError, parse_grams
from app.web.dependencies import DbSession, Now
from app.web.envelope import envelope_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import privacy
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings import service as listings
from traceability.lots import moving, service
from traceability.lots.errors import LotNotFoundError
from traceability.lots.moving import MOST_PARTS, Hand
from traceability.lots.pages import LotListPage, NewLotPage, PackChoice, describe_line, read_lot_page
from traceability.lots.schemas import LotPart, MergeForm, NewLotForm, SourceKind, SourcePart, SplitForm
from traceability.lots.sources import Source

router = APIRouter(prefix="/producer/lots")
MAKERS = (Role.MANAGER, Role.PACKER, Role.MEMBER)


@router.get("", name="traceability.lots.list")
async def list_lots(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Show the producer's lots."""
    member.require(*MAKERS)
    found = await service.list_lots(session, member.producer.id)
    variants = await listings.get_variants(session, {lot.variant_id for lot in found})
    titles = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    lines = [
        describe_line(lot, titles[variants[lot.variant_id].listing_id], variants[lot.variant_id])
        for lot in found
    ]
    return await render(request, LotListPage(lines=lines))


@router.get("/new", name="traceability.lots.new")
async def show_form(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Show the form of a new lot."""
    member.require(*MAKERS)
    page = await _new_page(session, member, Form({"id": str(uuid7())}), frozenset(), now)
    return await render(request, page)


@router.post("", name="traceability.lots.create")
async def create(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Make the lot, or show what is wrong beside what was typed; a form that is sent again goes to what it made."""
    member.require(*MAKERS)
    submission = await read_submission(request)
    fields, form = submission.read(NewLotForm)
    chosen = frozenset(str(value) for value in submission.data.getlist("source"))
    envelope = envelope_of(request)
    if fields is not None:
        try:
            async with session.begin_nested():
                lot = await service.create_lot(
                    session,
                    lot_id=fields.id,
                    producer_id=member.producer.id,
                    variant_id=fields.variant_id,
                    sources=await _read_parts(session, member, fields.source, form),
                    quantity_g=fields.quantity_g,
                    # Written on a phone: its calendar may have been wrong, and "today" was its day.
                    produced_on=envelope.move_day(fields.produced_on) if envelope else fields.produced_on,
                    person_id=member.person.id,
                    now=now,
                    helper_id=member.helper_id,
                    is_flagged=member.is_flagged,
                    household_id=privacy.find_household(member),
                )
        except AppError as error:
            form = form.refused(error)
        else:
            return _to_lot(request, lot.id)
    page = await _new_page(session, member, form, chosen, now)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.get("/{lot_id}", name="traceability.lots.show")
async def show(request: Request, session: DbSession, member: CurrentMember, lot_id: UUID) -> Response:
    """Show one lot."""
    member.require(*MAKERS)
    page = await read_lot_page(session, member=member, lot_id=lot_id)
    return await render(request, page)


@router.post("/{lot_id}/split", name="traceability.lots.split")
async def split(
    request: Request, session: DbSession, member: CurrentMember, lot_id: UUID, now: Now
) -> Response:
    """Make lots of parts of this one, or show what is wrong beside what was typed."""
    member.require(*MAKERS)
    await service.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(SplitForm)
    if fields is not None:
        try:
            async with session.begin_nested():
                await moving.split_lot(
                    session,
                    lot_id=lot_id,
                    parts=_read_grams(form, [f"part-{number}" for number in range(1, MOST_PARTS + 1)]),
                    hand=_hand(member, now),
                    split_id=fields.id,
                )
        except AppError as error:
            form = form.refused(error)
        else:
            return _to_lot(request, lot_id)
    page = await read_lot_page(session, member=member, lot_id=lot_id, split_form=form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/{lot_id}/merge", name="traceability.lots.merge")
async def merge(
    request: Request, session: DbSession, member: CurrentMember, lot_id: UUID, now: Now
) -> Response:
    """Make one lot of this one and those that were ticked, or show what is wrong beside what was typed."""
    member.require(*MAKERS)
    await service.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(MergeForm)
    if fields is not None:
        try:
            async with session.begin_nested():
                lot = await moving.merge_lots(
                    session,
                    parts=await _read_lots(session, [lot_id, *fields.lot], form),
                    hand=_hand(member, now),
                    merge_id=fields.id,
                )
        except AppError as error:
            form = form.refused(error)
        else:
            return _to_lot(request, lot.id)
    joined = frozenset(str(value) for value in submission.data.getlist("lot"))
    page = await read_lot_page(session, member=member, lot_id=lot_id, merge_form=form, joined=joined)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/{lot_id}/recheck", name="traceability.lots.recheck")
async def recheck(
    request: Request, session: DbSession, member: CurrentMember, lot_id: UUID, now: Now
) -> Response:
    """Look at the diary again after a correction."""
    member.require(*MAKERS)
    await service.get_own_lot(session, lot_id=lot_id, producer_id=member.producer.id)
    await service.recheck_lot(session, lot_id=lot_id, now=now)
    return _to_lot(request, lot_id)


# ---------------------------------------------------------------- inside


def _to_lot(request: Request, lot_id: UUID) -> Response:
    return RedirectResponse(
        request.app.url_path_for("traceability.lots.show", lot_id=str(lot_id)), HTTPStatus.SEE_OTHER
    )


def _hand(member: Member, now: datetime) -> Hand:
    return Hand(
        producer_id=member.producer.id,
        person_id=member.person.id,
        now=now,
        helper_id=member.helper_id,
        is_flagged=member.is_flagged,
    )


def _read_grams(form: Form, names: Sequence[str]) -> list[int]:
    """Read the weights of these fields; an empty field is no part."""
    found: list[int] = []
    for name in names:
        typed = form.values.get(name, "").strip()
        if typed:
            try:
                found.append(parse_grams(typed))
            except QuantityError as error:
                words = _("Cân nặng này chưa đọc được. Bạn gõ như 12,5 kg.")
                raise InvalidError(words, fields={name: words}) from error
    return found


async def _read_lots(session: AsyncSession, lot_ids: Sequence[UUID], form: Form) -> list[LotPart]:
    """Read how much of each lot is meant; one without a weight beside it gives all that it still holds."""
    lots = await service.get_lots(session, lot_ids)
    parts: list[LotPart] = []
    for lot_id in lot_ids:
        if lot_id not in lots:
            raise LotNotFoundError
        typed = _read_grams(form, [f"take-{lot_id}"])
        parts.append(LotPart(lot_id, typed[0] if typed else lots[lot_id].left_g))
    return parts


async def _list_open(session: AsyncSession, member: Member) -> list[Source]:
    return await service.list_open_sources(
        session, member.producer.id, crop=None, household_id=privacy.find_household(member)
    )


async def _new_page(
    session: AsyncSession, member: Member, form: Form, chosen: frozenset[str], now: Now
) -> NewLotPage:
    offered = await listings.list_listings(session, member.producer.id)
    packs = await listings.list_variants(session, [listing.id for listing in offered])
    return NewLotPage(
        form=form,
        packs=[
            PackChoice(variant.id, f"{listing.title}, {variant.name}")
            for listing in offered
            for variant in packs.get(listing.id, [])
            if not variant.is_bundle
        ],
        sources=await _list_open(session, member),
        chosen=chosen,
        made_on=today(now),
    )


async def _read_parts(
    session: AsyncSession, member: Member, chosen: list[str], form: Form
) -> list[SourcePart]:
    """Read the ticked sources; one without a weight beside it gives all that it still holds."""
    left = {source.source_id: source.left_g for source in await _list_open(session, member)}
    parts: list[SourcePart] = []
    for word in chosen:
        kind, _sep, number = word.partition(":")
        try:
            source_id = UUID(number)
            source_kind = SourceKind(kind)
        except ValueError as error:
            words = _("Bạn chọn một trong các mẻ có sẵn.")
            raise InvalidError(words, fields={"source": words}) from error
        typed = form.values.get(f"take-{number}", "").strip()
        try:
            grams = parse_grams(typed) if typed else left.get(source_id, 0)
        except QuantityError as error:
            words = _("Cân nặng lấy từ một mẻ chưa đọc được. Bạn gõ như 12,5 kg, hoặc để trống để lấy hết.")
            raise InvalidError(words, fields={"source": words}) from error
        parts.append(SourcePart(source_kind, source_id, grams))
    return parts
