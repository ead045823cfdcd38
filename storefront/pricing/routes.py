"""What a parcel costs, over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import WEEKDAYS
from app.web.dependencies import DbSession
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember, Member
from producers.cooperatives.models import Role
from storefront.delivery import service as delivery_ways
from storefront.delivery.words import KIND_WORDS
from storefront.pricing import service
from storefront.pricing.pages import DeliveryPage, MethodRow
from storefront.pricing.schemas import RateFields

router = APIRouter()


def _typed(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}".replace(",", ".")


@router.get("/producer/delivery", name="storefront.pricing.delivery")
async def delivery(request: Request, session: DbSession, member: CurrentMember, saved: str = "") -> Response:
    """What the producer takes for a parcel."""
    rate = (await service.get_rates(session, [member.producer.id]))[member.producer.id]
    values = {"fee_minor": _typed(rate.fee_minor), "free_from_minor": _typed(rate.free_from_minor)}
    values["minimum_minor"] = _typed(rate.minimum_minor or None)
    return await render(request, await _page(session, member, Form(values), is_saved=bool(saved)))


@router.post("/producer/delivery", name="storefront.pricing.save")
async def save(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Keep what was said."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(RateFields)
    if fields is None:
        page = await _page(session, member, form)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.set_rate(
        session,
        producer_id=member.producer.id,
        fee_minor=fields.fee_minor,
        free_from_minor=fields.free_from_minor,
        minimum_minor=fields.minimum_minor,
    )
    target = f"{request.app.url_path_for('storefront.pricing.delivery')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _page(session: AsyncSession, member: Member, form: Form, *, is_saved: bool = False) -> DeliveryPage:
    methods = (await delivery_ways.list_methods(session, [member.producer.id])).get(member.producer.id, [])
    rows = [
        MethodRow(
            one.id,
            one.name,
            KIND_WORDS[one.kind],
            one.place,
            [WEEKDAYS[day] for day in sorted(one.weekdays)],
        )
        for one in methods
    ]
    return DeliveryPage(form=form, is_saved=is_saved, methods=rows)
