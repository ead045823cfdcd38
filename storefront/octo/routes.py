"""The OCTO supplier API as an application of its own, mounted at `/octo`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app.core.errors import AppError
from app.core.settings import Environment
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.house import House, house_of
from app.web.security import NO_TELEMETRY
from storefront.octo import errors, offered, service, webhooks
from storefront.octo.availability import is_told, write_availability, write_calendar
from storefront.octo.binding import Desk, TheBody, TheDesk, answer_error, refuse_test
from storefront.octo.errors import OctoError
from storefront.octo.offered import Product
from storefront.octo.products import write_product
from storefront.octo.reading import (
    MOST_IDS,
    Body,
    check_currency,
    find_id,
    read_contact,
    read_counts,
    read_day,
    read_id,
    read_items,
    read_minutes,
    read_text,
    read_uuid,
)
from storefront.octo.repository import Filter
from storefront.octo.service import Change, Reservation
from storefront.octo.spelling import Capability
from storefront.octo.writing import write_booking
from storefront.tours.models import Booking, TourUnit
from storefront.tours.service import Offer

VERSION = "1.0"
SUPPLIER = "cho-phien"
_DOCS = "https://docs.octo.travel/"
log = get_logger()


# ---------------------------------------------------------------- supplier, capabilities, products


async def show_supplier(desk: TheDesk) -> Response:
    """Who sells: the market, for all its producers."""
    url = desk.voice.public_url
    supplier: dict[str, Any] = {
        "id": SUPPLIER,
        "name": "Chợ Phiên",
        "endpoint": f"{url}/octo",
        "contact": {"website": url, "email": None, "telephone": None, "address": None},
    }
    if desk.voice.has_content:
        supplier |= {"shortDescription": None, "media": []}
    return desk.answer(supplier)


async def list_capabilities(desk: TheDesk) -> Response:
    """What is spoken besides the core."""
    return desk.answer(
        [
            {"id": one.value, "revision": 1, "required": False, "dependencies": [], "docs": _DOCS}
            for one in Capability
        ]
    )


def _write_product(product: Product, desk: Desk) -> dict[str, Any]:
    return write_product(product.tour, product.offers, product.starts, desk.voice)


async def list_products(desk: TheDesk, session: DbSession, now: Now) -> Response:
    """Every tour that can be booked."""
    found = await offered.list_products(session, now=now)
    return desk.answer([_write_product(product, desk) for product in found])


async def show_product(product_id: str, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """One of them."""
    return desk.answer(_write_product(await offered.get_product(session, product_id, now=now), desk))


# ---------------------------------------------------------------- availability


async def _read_wanted(
    session: AsyncSession, body: Body, now: datetime
) -> tuple[Product, Offer, dict[TourUnit, int] | None]:
    """Which option of which product is asked about, and for whom."""
    product = await offered.get_product(session, read_id(body, "productId", errors.invalid_product), now=now)
    offer = offered.get_offer(product, read_id(body, "optionId", errors.invalid_option))
    check_currency(body)
    asked = read_counts(body)
    if asked is None:
        return product, offer, None
    return product, offer, {offered.get_unit(offer, unit_id): count for unit_id, count in asked.items()}


def _read_days(said: Mapping[str, Any]) -> tuple[date, date] | None:
    """`localDate`, or `localDateStart` with `localDateEnd`; None when nothing of it is there."""
    on, first, last = (said.get(name) for name in ("localDate", "localDateStart", "localDateEnd"))
    if on is not None and (first is not None or last is not None):
        raise errors.bad_request("cannot use localDate and localDateStart/localDateEnd in the same request")
    if on is not None:
        day = read_day(on, "localDate")
        return day, day
    if first is None and last is None:
        return None
    return read_day(first, "localDateStart"), read_day(last, "localDateEnd")


def _read_ids(body: Body) -> list[str] | None:
    value = body.get("availabilityIds")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or not value:
        raise errors.bad_request("availabilityIds must be a list of ids")
    if len(value) > MOST_IDS:
        raise errors.bad_request(f"cannot request more than {MOST_IDS} availability objects at a time")
    return value


async def check_availability(body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """One object for each date that is asked about."""
    product, offer, counts = await _read_wanted(session, body, now)
    days, ids = _read_days(body), _read_ids(body)
    if (days is None) == (ids is None):
        raise errors.bad_request(
            "either localDate, localDateStart/localDateEnd or availabilityIds is required, and only one of them"
        )
    if days is not None:
        found = await offered.list_days(session, desk.caller, product.tour, days, now=now)
    else:
        found = await offered.list_ids(session, desk.caller, product.tour, ids or (), now=now)
    return desk.answer(
        [
            write_availability(product.tour, offer, seats, desk.voice, counts=counts)
            for seats in found
            if is_told(seats) and seats.departure.ends_at > now
        ]
    )


async def show_calendar(body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """One object for each day."""
    product, offer, counts = await _read_wanted(session, body, now)
    days = _read_days(body)
    if days is None or "availabilityIds" in body:
        raise errors.bad_request("localDateStart and localDateEnd are required")
    found = [
        one
        for one in await offered.list_days(session, desk.caller, product.tour, days, now=now)
        if is_told(one)
    ]
    return desk.answer(write_calendar(product.tour, offer, found, desk.voice, days=days, counts=counts))


# ---------------------------------------------------------------- bookings


async def _answer_bookings(
    desk: Desk, session: AsyncSession, found: Sequence[Booking], now: datetime
) -> list[dict[str, Any]]:
    told = await service.tell(session, found, now=now)
    return [write_booking(one, desk.voice, now=now) for one in told]


async def _answer_booking(desk: Desk, session: AsyncSession, booking: Booking, now: datetime) -> Response:
    return desk.answer((await _answer_bookings(desk, session, [booking], now))[0])


async def reserve(
    request: Request, *, body: TheBody, desk: TheDesk, session: DbSession, house: TheHouse, now: Now
) -> Response:
    """Hold seats."""
    refuse_test(request)
    uuid = read_text(body, "uuid")
    check_currency(body)
    wish = Reservation(
        uuid=uuid4() if uuid is None else read_uuid(uuid, errors.invalid_booking),
        product_id=read_id(body, "productId", errors.invalid_product),
        option_id=read_id(body, "optionId", errors.invalid_option),
        availability_id=read_id(body, "availabilityId", errors.invalid_availability),
        items=read_items(body),
        minutes=read_minutes(body),
        reference=read_text(body, "resellerReference"),
        notes=read_text(body, "notes"),
        contact=read_contact(body) or {},
    )
    told = await service.reserve(session, desk.caller, wish, secret=house.secret, now=now)
    return desk.answer(write_booking(told, desk.voice, now=now))


async def list_bookings(request: Request, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """The operator's bookings by a reference or by days."""
    said = request.query_params
    reference, code = said.get("resellerReference"), said.get("supplierReference")
    days = _read_days(said)
    if reference is None and code is None and days is None:
        raise errors.bad_request(
            "resellerReference, supplierReference, localDate or localDateStart/localDateEnd is required"
        )
    found = await service.list_own(session, desk.caller, Filter(reference=reference, code=code, days=days))
    return desk.answer(await _answer_bookings(desk, session, found, now))


async def show_booking(uuid: str, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """One of them."""
    booking = await service.get_own(session, desk.caller, uuid)
    return await _answer_booking(desk, session, booking, now)


async def confirm(uuid: str, body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """Confirm a hold, on the operator's account."""
    own = await service.lock_own(session, desk.caller, uuid)
    change = Change(
        items=read_items(body) if body.get("unitItems") is not None else None,
        reference=read_text(body, "resellerReference"),
        contact=read_contact(body),
    )
    if change.contact is None:
        raise errors.bad_request("contact is required")
    told = await service.confirm(session, desk.caller, own, change, now=now)
    return desk.answer(write_booking(told, desk.voice, now=now))


async def extend(uuid: str, body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """Hold seats longer."""
    own = await service.lock_own(session, desk.caller, uuid)
    booking = await service.extend(session, own, read_minutes(body), now=now)
    return await _answer_booking(desk, session, booking, now)


async def update(uuid: str, body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """Change what was booked."""
    own = await service.lock_own(session, desk.caller, uuid)
    change = Change(
        product_id=find_id(body, "productId", errors.invalid_product),
        option_id=find_id(body, "optionId", errors.invalid_option),
        availability_id=find_id(body, "availabilityId", errors.invalid_availability),
        items=read_items(body) if body.get("unitItems") is not None else None,
        minutes=read_minutes(body),
        reference=read_text(body, "resellerReference"),
        notes=read_text(body, "notes"),
        contact=read_contact(body),
    )
    booking = await service.update(session, desk.caller, own, change, now=now)
    return await _answer_booking(desk, session, booking, now)


async def cancel(uuid: str, body: TheBody, desk: TheDesk, session: DbSession, now: Now) -> Response:
    """Give seats back."""
    own = await service.lock_own(session, desk.caller, uuid)
    booking = await service.cancel(session, own, read_text(body, "reason"), now=now)
    return await _answer_booking(desk, session, booking, now)


# ---------------------------------------------------------------- webhooks


async def create_webhook(
    *, body: TheBody, desk: TheDesk, session: DbSession, house: TheHouse, now: Now
) -> Response:
    """Keep an address that wants to be told."""
    webhook = await webhooks.create_webhook(
        session,
        desk.caller,
        body,
        capabilities=sorted(one.value for one in desk.voice.capabilities),
        is_strict=house.settings.env is Environment.PRODUCTION,
        now=now,
    )
    return desk.answer(webhooks.write_webhook(webhook))


async def list_webhooks(desk: TheDesk, session: DbSession) -> Response:
    """The operator's webhooks."""
    found = await webhooks.list_webhooks(session, desk.caller)
    return desk.answer([webhooks.write_webhook(one) for one in found])


async def delete_webhook(webhook_id: str, desk: TheDesk, session: DbSession) -> Response:
    """Forget one of them."""
    return desk.answer(
        webhooks.write_webhook(await webhooks.delete_webhook(session, desk.caller, webhook_id))
    )


# ---------------------------------------------------------------- the application

DOORS: Sequence[tuple[str, Mapping[str, Callable[..., Any]]]] = (
    ("/supplier", {"GET": show_supplier}),
    ("/capabilities", {"GET": list_capabilities}),
    ("/products", {"GET": list_products}),
    ("/products/{product_id}", {"GET": show_product}),
    ("/availability", {"POST": check_availability}),
    ("/availability/calendar", {"POST": show_calendar}),
    ("/bookings", {"POST": reserve, "GET": list_bookings}),
    ("/bookings/{uuid}", {"GET": show_booking, "PATCH": update}),
    ("/bookings/{uuid}/confirm", {"POST": confirm}),
    ("/bookings/{uuid}/extend", {"POST": extend}),
    ("/bookings/{uuid}/cancel", {"POST": cancel}),
    ("/webhooks", {"POST": create_webhook, "GET": list_webhooks}),
    ("/webhooks/{webhook_id}", {"DELETE": delete_webhook}),
)
"""Every address with what answers which method; each also with a slash at its end."""


def create_app(house: House) -> FastAPI:
    """Build the application around a house."""
    app = FastAPI(
        title="OCTO",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.state.house = house
    for path, methods in DOORS:
        for method, endpoint in methods.items():
            for spelled in (path, f"{path}/"):
                app.add_api_route(spelled, endpoint, methods=[method], response_model=None)
    app.add_exception_handler(OctoError, _on_octo_error)
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_middleware(_Crashes)
    return app


class _Crashes:
    """Answers our own faults in the API's words."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            log.exception("crash", exc_info=error, path="/octo")
            await answer_error(errors.broken())(scope, receive, send)


async def _on_octo_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OctoError)  # noqa: S101 - registered for this class alone
    return answer_error(error)


async def _on_app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101 - registered for this class alone
    message = house_of(request).catalogue.translate(error.message, "en")
    return answer_error(errors.of_refusal(error, message))


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    response = answer_error(errors.nothing_here(HTTPStatus(error.status_code)))
    response.headers.update(error.headers or {})
    return response
