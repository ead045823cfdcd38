"""Price lists over HTTP: a manager says who pays what, from which quantity on."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import AppError
from app.core.fields import FieldError
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives import service as cooperatives
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import Variant
from storefront.pricelists import service
from storefront.pricelists.models import PriceList
from storefront.pricelists.pages import GroupRow, GroupsPage, ListRow, PriceListsPage, StepRow
from storefront.pricelists.schemas import GroupFields, ListFields, PhonesFields, StepFields, StepKey
from storefront.stock.schemas import read_counted
from storefront.stock.words import say_quantity

router = APIRouter()
EMPTY = Form()


@router.get("/producer/price-lists", name="storefront.pricelists.list")
async def show_lists(
    request: Request, session: DbSession, member: CurrentMember, now: Now, saved: str = ""
) -> Response:
    """The producer's price lists with their steps."""
    member.require(Role.MANAGER)
    return await _lists(request, session, member, now, is_saved=bool(saved))


@router.post("/producer/price-lists", name="storefront.pricelists.make")
async def make(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Make another list, without steps yet; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(ListFields)
    if fields is None:
        return await _lists(request, session, member, now, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await cooperatives.require_real(session, member.producer.id)
        await service.make_list(
            session,
            producer_id=member.producer.id,
            person_id=member.person.id,
            list_id=form.new_id(),
            now=now,
            **fields.model_dump(),
        )
    except AppError as error:
        return await _lists(request, session, member, now, form.refused(error), status=status_of(error))
    return _back(request, "storefront.pricelists.list")


@router.post("/producer/price-lists/{list_id}/end", name="storefront.pricelists.end")
async def end(
    request: Request, list_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Let a list end now."""
    member.require(Role.MANAGER)
    await service.end_list(session, list_id=list_id, producer_id=member.producer.id, now=now)
    return _back(request, "storefront.pricelists.list")


@router.post("/producer/price-lists/{list_id}/steps", name="storefront.pricelists.set_step")
async def set_step(
    request: Request, list_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Say what a pack costs from a quantity on."""
    member.require(Role.MANAGER)
    await service.get_own_list(session, list_id=list_id, producer_id=member.producer.id)
    fields, form = (await read_submission(request)).read(StepFields)
    if fields is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _lists(request, session, member, now, at=list_id, step_form=form, status=status)
    try:
        variant = await listings.get_variant(session, fields.variant_id)
        await service.set_step(
            session,
            list_id=list_id,
            producer_id=member.producer.id,
            variant_id=variant.id,
            from_quantity=read_counted(variant.sold_by, fields.from_quantity),
            price_minor=fields.price_minor,
        )
    except FieldError as error:
        refused = Form(form.values, {"from_quantity": error.message})
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _lists(request, session, member, now, at=list_id, step_form=refused, status=status)
    except AppError as error:
        refused, status = form.refused(error), HTTPStatus(status_of(error))
        return await _lists(request, session, member, now, at=list_id, step_form=refused, status=status)
    return _back(request, "storefront.pricelists.list")


@router.post("/producer/price-lists/{list_id}/steps/remove", name="storefront.pricelists.remove_step")
async def remove_step(request: Request, list_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Take a step out of a list."""
    member.require(Role.MANAGER)
    await service.get_own_list(session, list_id=list_id, producer_id=member.producer.id)
    key, _form = (await read_submission(request)).read(StepKey)
    if key is not None:
        await service.remove_step(
            session,
            list_id=list_id,
            producer_id=member.producer.id,
            variant_id=key.variant_id,
            from_quantity=key.from_quantity,
        )
    return _back(request, "storefront.pricelists.list")


@router.get("/producer/buyer-groups", name="storefront.pricelists.groups")
async def show_groups(
    request: Request, session: DbSession, member: CurrentMember, saved: str = ""
) -> Response:
    """The groups of buyers with their numbers."""
    member.require(Role.MANAGER)
    return await _groups(request, session, member, is_saved=bool(saved))


@router.post("/producer/buyer-groups", name="storefront.pricelists.make_group")
async def make_group(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Make a group without anybody in it; sent again it stays one."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(GroupFields)
    if fields is None:
        return await _groups(request, session, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await service.make_group(
            session, producer_id=member.producer.id, name=fields.name, group_id=form.new_id(), now=now
        )
    except AppError as error:
        return await _groups(request, session, member, form.refused(error), status=status_of(error))
    return _back(request, "storefront.pricelists.groups")


@router.post("/producer/buyer-groups/{group_id}/phones", name="storefront.pricelists.set_phones")
async def set_phones(request: Request, group_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Say who is in a group; what stood there before is replaced."""
    member.require(Role.MANAGER)
    fields, form = (await read_submission(request)).read(PhonesFields)
    if fields is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _groups(request, session, member, at=group_id, phones_form=form, status=status)
    await service.set_phones(
        session, group_id=group_id, producer_id=member.producer.id, phones=fields.numbers
    )
    return _back(request, "storefront.pricelists.groups")


def _back(request: Request, name: str) -> Response:
    return RedirectResponse(f"{request.app.url_path_for(name)}?saved=1", HTTPStatus.SEE_OTHER)


async def _lists(
    request: Request,
    session: AsyncSession,
    member: Member,
    now: Now,
    form: Form = EMPTY,
    *,
    at: UUID | None = None,
    step_form: Form = EMPTY,
    is_saved: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    """The page; `step_form` is what was typed at the list `at`."""
    lists = await service.list_lists(session, member.producer.id)
    steps = await service.list_steps(session, [one.id for one in lists])
    groups = {group.id: group.name for group in await service.list_groups(session, member.producer.id)}
    offered = {one.id: one for one in await listings.list_listings(session, member.producer.id)}
    packs = await listings.list_variants(session, list(offered), with_inactive=True)
    variants = {pack.id: pack for own in packs.values() for pack in own}

    def say_pack(pack: Variant) -> str:
        return f"{offered[pack.listing_id].title} · {pack.name}"

    rows = []
    for one in lists:
        state, kind = _say_state(one, now)
        last = today(one.valid_until - timedelta(microseconds=1)) if one.valid_until else None
        rows.append(
            ListRow(
                id=one.id,
                name=one.name,
                state=state,
                kind=kind,
                group=groups.get(one.group_id) if one.group_id else None,
                first_day=today(one.valid_from),
                last_day=last,
                is_open=one.valid_until is None or now < one.valid_until,
                steps=[
                    StepRow(
                        step.variant_id,
                        step.from_quantity,
                        say_pack(variants[step.variant_id]),
                        say_quantity(variants[step.variant_id], step.from_quantity),
                        step.price_minor,
                        variants[step.variant_id].price_minor,
                    )
                    for step in steps
                    if step.price_list_id == one.id
                ],
                form=step_form if one.id == at else EMPTY,
            )
        )
    page = PriceListsPage(
        rows=rows,
        groups=[(str(group_id), name) for group_id, name in groups.items()],
        packs=[(str(pack.id), say_pack(pack)) for pack in variants.values() if pack.is_active],
        first_day=today(now),
        is_saved=is_saved,
        form=form,
    )
    return await render(request, page, status=status)


def _say_state(one: PriceList, now: Now) -> tuple[Text, str]:
    if one.valid_until is not None and now >= one.valid_until:
        return _("Đã hết hạn"), "plain"
    if now < one.valid_from:
        return _("Sắp tới"), "wait"
    return _("Đang dùng được"), "good"


async def _groups(
    request: Request,
    session: AsyncSession,
    member: Member,
    form: Form = EMPTY,
    *,
    at: UUID | None = None,
    phones_form: Form = EMPTY,
    is_saved: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    groups = await service.list_groups(session, member.producer.id)
    phones = await service.list_phones(session, [group.id for group in groups])
    rows = []
    for group in groups:
        own = phones.get(group.id, [])
        kept = Form({"phones": "\n".join(format_phone(phone) for phone in own)})
        rows.append(GroupRow(group.id, group.name, len(own), phones_form if group.id == at else kept))
    return await render(request, GroupsPage(rows=rows, is_saved=is_saved, form=form), status=status)
