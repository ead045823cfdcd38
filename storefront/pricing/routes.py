"""What a parcel costs, over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.web.dependencies import DbSession
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from storefront.pricing import service
from storefront.pricing.pages import DeliveryPage
from storefront.pricing.schemas import RateFields

router = APIRouter()


def _typed(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}".replace(",", ".")


@router.get("/producer/delivery", name="storefront.pricing.delivery")
async def delivery(request: Request, session: DbSession, member: CurrentMember, saved: str = "") -> Response:
    """What the producer takes for a parcel."""
    rate = (await service.get_rates(session, [member.producer.id]))[member.producer.id]
    values = {"fee_minor": _typed(rate.fee_minor), "free_from_minor": _typed(rate.free_from_minor)}
    return await render(request, DeliveryPage(form=Form(values), is_saved=bool(saved)))


@router.post("/producer/delivery", name="storefront.pricing.save")
async def save(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Keep what was said."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    fields, form = (await read_submission(request)).read(RateFields)
    if fields is None:
        page = DeliveryPage(form=form, is_saved=False)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    await service.set_rate(
        session,
        producer_id=member.producer.id,
        fee_minor=fields.fee_minor,
        free_from_minor=fields.free_from_minor,
    )
    target = f"{request.app.url_path_for('storefront.pricing.delivery')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)
