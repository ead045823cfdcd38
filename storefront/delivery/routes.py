"""Ways of delivery over HTTP: a producer offers, changes and ends them, and says what is near."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.core.errors import AppError
from app.core.i18n import WEEKDAYS
from app.places import provinces
from app.web.dependencies import DbSession, Now
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.listings.models import Temperature
from producers.listings.words import TEMPERATURE_WORDS
from storefront.delivery import service
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.pages import MethodPage, RegionPage
from storefront.delivery.schemas import MethodFields, RegionFields, type_rows
from storefront.delivery.ways import Method
from storefront.delivery.words import KIND_WORDS, ZONE_WORDS

router = APIRouter(prefix="/producer/delivery")


@router.get("/methods/new", name="storefront.delivery.new")
async def new(request: Request, member: CurrentMember) -> Response:
    """An empty form."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    return await render(request, _page(None, Form({"kind": MethodKind.SENT.value}), set(Temperature), set()))


@router.post("/methods/new", name="storefront.delivery.make")
async def make(request: Request, session: DbSession, member: CurrentMember, now: Now) -> Response:
    """Offer another way; sent again it stays one."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    submission = await read_submission(request)
    fields, form = submission.read(MethodFields)
    if fields is None:
        return await _again(request, submission, form)
    try:
        terms = fields.to_terms()
        await service.make_method(
            session, producer_id=member.producer.id, terms=terms, now=now, method_id=form.new_id()
        )
    except AppError as error:
        return await _again(request, submission, form.refused(error), status=status_of(error))
    return _back(request)


@router.get("/methods/{method_id}", name="storefront.delivery.edit")
async def edit(request: Request, method_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """A way as it is offered."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    method = await service.get_method(session, method_id=method_id, producer_id=member.producer.id)
    goes_on = {str(day) for day in method.weekdays}
    return await render(request, _page(method_id, Form(_values(method)), method.carries, goes_on))


@router.post("/methods/{method_id}", name="storefront.delivery.change")
async def change(
    request: Request, method_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Say anew what a way is."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    await service.get_method(session, method_id=method_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(MethodFields)
    if fields is None:
        return await _again(request, submission, form, method_id)
    await service.change_method(
        session, method_id=method_id, producer_id=member.producer.id, terms=fields.to_terms(), now=now
    )
    return _back(request)


@router.post("/methods/{method_id}/end", name="storefront.delivery.end")
async def end(request: Request, method_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Offer a way no longer."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    await service.end_method(session, method_id=method_id, producer_id=member.producer.id)
    return _back(request)


@router.get("/region", name="storefront.delivery.region")
async def region(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Which provinces are near."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    home = await service.get_home(session, member.producer.id)
    listed = [(one.code, one.name) for one in provinces.list_provinces()]
    return await render(request, RegionPage(provinces=listed, near=home.region))


@router.post("/region", name="storefront.delivery.save_region")
async def save_region(request: Request, session: DbSession, member: CurrentMember) -> Response:
    """Keep what is near."""
    member.require(Role.MANAGER, Role.ACCOUNTANT)
    fields, _form = (await read_submission(request)).read(RegionFields)
    codes = fields.near if fields else []
    await service.set_region(session, producer_id=member.producer.id, province_codes=codes)
    return _back(request)


def _back(request: Request) -> Response:
    target = f"{request.app.url_path_for('storefront.pricing.delivery')}?saved=1"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _again(
    request: Request,
    submission: Submission,
    form: Form,
    method_id: UUID | None = None,
    *,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    """The form with everything as it was typed and ticked."""
    ticked = {
        name: {str(value) for value in submission.data.getlist(name)} for name in ("carries", "weekdays")
    }
    page = _page(method_id, form, ticked["carries"], ticked["weekdays"])
    return await render(request, page, status=status)


def _page(
    method_id: UUID | None, form: Form, carries: set[str] | frozenset[Temperature], goes_on: set[str]
) -> MethodPage:
    return MethodPage(
        method_id=method_id,
        form=form,
        kinds=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        zones=[(zone.value, words) for zone, words in ZONE_WORDS.items()],
        temperatures=[(one.value, words) for one, words in TEMPERATURE_WORDS.items()],
        weekdays=[(str(number), words) for number, words in enumerate(WEEKDAYS)],
        carries=carries,
        goes_on=goes_on,
    )


def _values(method: Method) -> dict[str, str]:
    """A way as its form shows it."""
    values = {f"{zone.value}_prices": type_rows(method.steps, zone) for zone in Zone}
    if method.is_fetched:
        values = {"fee_minor": type_rows(method.steps, Zone.REST)}
    return values | {
        "name": method.name,
        "kind": method.kind.value,
        "place": method.place,
        "free_from_minor": f"{method.free_from_minor:,}".replace(",", ".") if method.free_from_minor else "",
        "cutoff_days": str(method.cutoff_days),
        "cutoff_hour": str(method.cutoff_hour),
    }
