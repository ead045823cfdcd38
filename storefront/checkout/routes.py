"""The checkout over HTTP: one page, no account, no script needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import MaybePerson
from app.accounts.models import Person
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.places import service as places
from app.places.service import CommuneChoice
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import language_of, render
from producers.cooperatives import service as cooperatives
from storefront.cart import service as carts
from storefront.cart.cookie import COOKIE
from storefront.cart.models import Cart
from storefront.checkout import service
from storefront.checkout.errors import EmptyCartError
from storefront.checkout.pages import CheckoutLine, CheckoutPage, CheckoutPart
from storefront.checkout.schemas import CheckoutFields
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.stock.words import say_bounds, say_left, say_quantity
from storefront.vouchers.errors import FIELD

router = APIRouter()
TAKE_LEFT = "take_left"
USE_VOUCHER = "use_voucher"


@router.get("/checkout", name="storefront.checkout.show")
async def show(
    request: Request, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """The form, with what a logged-in buyer told us the last time."""
    cart = await _open_cart(request, house, session)
    if isinstance(cart, Response):
        return cart
    form = await _remembered(session, person)
    return await _answer(request, session, cart, form, now=now)


@router.post("/checkout", name="storefront.checkout.place")
async def place(
    request: Request, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """Place the order, or say beside each field what is missing."""
    cart = await _open_cart(request, house, session)
    if isinstance(cart, Response):
        return cart
    submission = await read_submission(request)
    act = submission.form.values.get("act")
    if act == TAKE_LEFT:
        await service.take_what_is_left(session, cart_id=cart.id, now=now)
    # Enter in any field presses the first button: without a code it means to order.
    if act == TAKE_LEFT or (act == USE_VOUCHER and _code(submission.form)):
        return await _answer(request, session, cart, submission.form, now=now)
    typed, form = submission.read(CheckoutFields)
    commune = await places.resolve_commune(
        session,
        text=form.values.get("commune_text", ""),
        code=form.values.get("commune_code"),
    )
    if commune.problem and "commune_text" not in form.errors:
        form = Form(form.values, {**form.errors, "commune_text": commune.problem})
    if typed is None or commune.code is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _answer(request, session, cart, form, now=now, choices=commune.choices, status=status)
    recipient = service.Recipient(
        name=typed.name,
        phone=typed.phone,
        commune_code=commune.code,
        line=typed.line,
        note=typed.note,
        language=language_of(request),
        person_id=person.id if person else None,
    )
    try:
        order = await service.place_order(
            session,
            secret=house.secret,
            cart_id=cart.id,
            recipient=recipient,
            seen_total_minor=typed.total,
            now=now,
            voucher_code=typed.voucher,
        )
    except EmptyCartError:
        return _to_cart(request)
    except AppError as error:
        refused, status = form.refused(error), status_of(error)
        return await _answer(request, session, cart, refused, now=now, choices=commune.choices, status=status)
    return _to_order(request, house, order)


def _to_cart(request: Request) -> Response:
    return RedirectResponse(request.app.url_path_for("storefront.cart.show"), HTTPStatus.SEE_OTHER)


def _to_order(request: Request, house: House, order: Order) -> Response:
    token = orders.make_token(house.secret, order.id)
    return RedirectResponse(
        request.app.url_path_for("storefront.orders.show", token=token), HTTPStatus.SEE_OTHER
    )


async def _open_cart(request: Request, house: House, session: AsyncSession) -> Cart | Response:
    """The basket of this visitor, or where to go instead: one that became an order leads there."""
    cart = await carts.find_cart(session, request.cookies.get(COOKIE))
    if cart is None:
        return _to_cart(request)
    known = await orders.find_by_cart(session, cart.id)
    return cart if known is None else _to_order(request, house, known)


async def _remembered(session: AsyncSession, person: Person | None) -> Form:
    if person is None:
        return Form()
    address = await orders.find_last_address(session, person.id)
    if address is None:
        return Form({"name": person.name, "phone": format_phone(person.phone) if person.phone else ""})
    return Form(
        {
            "name": address.recipient_name,
            "phone": format_phone(address.phone),
            "commune_text": await places.describe(session, address.commune_code),
            "line": address.line,
        }
    )


async def _answer(
    request: Request,
    session: AsyncSession,
    cart: Cart,
    form: Form,
    *,
    now: datetime,
    choices: Sequence[CommuneChoice] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    """The page with the basket as it is priced now; an empty basket leads to its own page."""
    priced = await carts.price_cart(session, cart.id, now=now)
    if priced.is_empty:
        return _to_cart(request)
    discount_minor = 0
    if _code(form) and priced.parts and FIELD not in form.errors:
        try:
            found = await service.price_voucher(session, code=_code(form), parts=priced.parts, now=now)
            discount_minor = found.total_minor
        except AppError as error:
            form = Form(form.values, {**form.errors, **error.fields})
            status = status_of(error) if status == HTTPStatus.OK else status
    producers = await cooperatives.get_producers(session, [part.producer_id for part in priced.parts])
    parts = [
        CheckoutPart(
            producers[part.producer_id].name,
            [_line(line, _short_words(line) if line.is_short else None) for line in part.lines],
            part.delivery_minor,
        )
        for part in priced.parts
    ]
    if priced.gone:
        words = _("Món này không còn bán nữa.")
        parts.append(CheckoutPart("", [_line(line, words) for line in priced.gone], 0))
    page = CheckoutPage(
        parts=parts,
        goods_minor=priced.goods_minor,
        discount_minor=discount_minor,
        delivery_minor=priced.delivery_minor,
        total_minor=priced.total_minor - discount_minor,
        can_be_ordered=priced.can_be_ordered,
        form=form,
        choices=choices,
    )
    return await render(request, page, status=status)


def _code(form: Form) -> str:
    """The voucher's code as it was typed."""
    return form.values.get(FIELD, "").strip()


def _line(line: carts.PricedLine, problem: Text | None) -> CheckoutLine:
    return CheckoutLine(
        f"{line.listing.title} · {line.variant.name}",
        say_quantity(line.variant, line.quantity),
        line.amount_minor,
        problem,
        say_bounds(line.variant.bounds_g) if line.variant.bounds_g else None,
    )


def _short_words(line: carts.PricedLine) -> Text:
    return _("Không đủ cho bạn: %(left)s.", left=say_left(line.variant, line.left))
