"""The checkout over HTTP: one page, no account, no script needed."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.dependencies import MaybePerson, find_login
from app.accounts.models import Person
from app.core.clock import today
from app.core.errors import AppError, LimitedError
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.places import service as places
from app.places.service import Resolution
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.errors import status_of
from app.web.forms import Form, Submission, read_submission
from app.web.house import House
from app.web.pages import language_of, render
from producers.cooperatives import service as cooperatives
from storefront.bundles.words import say_content, say_obstacle, say_short
from storefront.cart import badge
from storefront.cart import service as carts
from storefront.cart.cookie import COOKIE, keep_token
from storefront.cart.models import Cart
from storefront.checkout import billing, limits, service
from storefront.checkout.edit_routes import leave, remember
from storefront.checkout.errors import EmptyCartError
from storefront.checkout.pages import CheckoutLine, CheckoutPage, CheckoutPart, JoinedView, WayView
from storefront.checkout.schemas import CheckoutFields, OrderFields, read_choices
from storefront.delivery.ways import Destination, Sending
from storefront.invoices.schemas import COMPANY, read_company
from storefront.orders import editing, joining
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError
from storefront.orders.joining import OpenOrder
from storefront.orders.models import Order
from storefront.orders.words import say_kind
from storefront.preorders.words import say_expected
from storefront.pricing.errors import way_field
from storefront.pricing.words import say_gone, say_offer
from storefront.stock.words import say_bounds, say_left, say_quantity
from storefront.vouchers.errors import FIELD

router = APIRouter()
TAKE_LEFT = "take_left"
USE_VOUCHER = "use_voucher"
SHOW_FEES = "show_fees"
SEND_ALONE = "send_alone"
_LOOKS = {TAKE_LEFT, SHOW_FEES, SEND_ALONE}
"""What changes the page and orders nothing."""


@router.get("/checkout", name="storefront.checkout.show")
async def show(
    request: Request, house: TheHouse, session: DbSession, person: MaybePerson, now: Now
) -> Response:
    """The form, with what a logged-in buyer told us the last time."""
    cart = await _open_cart(request, house, session)
    if isinstance(cart, Response):
        return cart
    first = await _find_first(session, cart, now)
    form = Form() if first else await _remembered(session, person)
    if cart.edits_order_id is not None:
        form = await remember(session, cart.edits_order_id)
    known = await places.resolve_commune(session, text=form.values.get("commune_text", ""), code=None)
    return await _answer(request, session, cart, form, person=person, now=now, commune=known, first=first)


@router.post("/checkout", name="storefront.checkout.place")
async def place(
    request: Request, *, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Place the order, or say beside each field what is missing."""
    submission = await read_submission(request)
    act = submission.form.values.get("act")
    # Before our session says anything, as `attempts` asks for.
    refusal, seen = await _count(request, house, submission, act, visitor=visitor, now=now)
    login = await find_login(request, session, now)
    person = login.person if login else None
    cart = await _open_cart(request, house, session, seen, is_refused=refusal is not None)
    if isinstance(cart, Response):
        return cart
    if act == TAKE_LEFT:
        own_id = await _find_own(session, cart, now)
        await service.take_what_is_left(session, cart_id=cart.id, now=now, besides=own_id)
    if act == SEND_ALONE:
        await carts.join_order(session, cart.id, None, now=now)
    first = await _find_first(session, cart, now)
    typed_commune = submission.form.values.get("commune_text", "")
    code = submission.form.values.get("commune_code")
    commune = await places.confirm_commune(session, text=typed_commune, code=code)
    if commune is None:
        commune = await places.resolve_commune(session, text=typed_commune, code=code)
    # Enter in any field presses the first button: without a code it means to order.
    if refusal is not None or act in _LOOKS or (act == USE_VOUCHER and _code(submission.form)):
        form = submission.form if act != SHOW_FEES or first else _with_problem(submission.form, commune)
        form = form if refusal is None else form.refused(refusal)
        status = HTTPStatus.OK if refusal is None else status_of(refusal)
        return await _answer(
            request, session, cart, form, person=person, now=now, commune=commune, first=first, status=status
        )
    typed, recipient, form = _read(request, submission, commune, person, first)
    invoice_to, errors = await billing.read(session, form.values, person)
    if typed is None or recipient is None or errors:
        form = Form(form.values, {**form.errors, **errors})
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _answer(
            request, session, cart, form, person=person, now=now, commune=commune, first=first, status=status
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
            choices=read_choices(form.values),
            proven_phone=person.phone if person else None,
            seen_expected_on=typed.expected,
            is_cash=typed.pay == "cash",
            credit_minor=typed.credit if typed.use_credit else 0,
            seen_along=typed.along,
            invoice_to=invoice_to,
        )
    except EmptyCartError:
        return _to_cart(request)
    except AppError as error:
        refused, status = form.refused(error), status_of(error)
        # It may be packed since we looked: the page says what holds now.
        first = await _find_first(session, cart, now)
        return await _answer(
            request,
            session,
            cart,
            refused,
            person=person,
            now=now,
            commune=commune,
            first=first,
            status=status,
        )
    return _to_order(request, house, order)


@router.post("/orders/{token}/more/{consignment_id}", name="storefront.checkout.join")
async def join(request: Request, token: str, consignment_id: UUID, session: DbSession, now: Now) -> Response:
    """Add what is put into the basket to an order, and go to the shop of one of its producers.

    An order of which nothing takes more by now shows its page.
    """
    order = await orders.get_by_token(session, token)
    first = await joining.find(session, order.id, now=now)
    parcels = {one.id: one.producer_id for one in await order_parcels.list_consignments(session, [order.id])}
    producer_id = parcels.get(consignment_id)
    if producer_id is None:
        raise OrderNotFoundError
    if producer_id not in first.joined.along:
        address = request.app.url_path_for("storefront.orders.show", token=token)
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)
    cart, cookie = await carts.open_cart(session, request.cookies.get(COOKIE), now=now)
    await leave(session, cart, now=now)
    await carts.join_order(session, cart.id, order.id, now=now)
    producer = (await cooperatives.get_producers(session, [producer_id]))[producer_id]
    response = RedirectResponse(
        request.app.url_path_for("storefront.catalog.producer", slug=producer.slug), HTTPStatus.SEE_OTHER
    )
    keep_token(request, response, cookie)
    return response


async def _find_own(session: AsyncSession, cart: Cart, now: datetime) -> UUID | None:
    """The unpaid order whose goods count as the basket's own."""
    return (await editing.find(session, cart.edits_order_id, now=now)).own_id if cart.edits_order_id else None


async def _find_first(session: AsyncSession, cart: Cart, now: datetime) -> OpenOrder | None:
    """The order that a basket is added to."""
    return await joining.find(session, cart.joins_order_id, now=now) if cart.joins_order_id else None


def _read(
    request: Request,
    submission: Submission,
    commune: Resolution,
    person: Person | None,
    first: OpenOrder | None,
) -> tuple[OrderFields | None, service.Recipient | None, Form]:
    """Read a whole form, and who gets the goods; of what is added to an order that is known."""
    if first is not None:
        more, form = submission.read(OrderFields)
        who = (
            first.order.buyer_name,
            first.order.buyer_phone,
            first.address.commune_code,
            first.address.line,
        )
        return more, _recipient(request, more, who, person) if more else None, form
    typed, form = submission.read(CheckoutFields)
    form = _with_problem(form, commune)
    if typed is None or commune.code is None:
        return None, None, form
    who = (typed.name, typed.phone, commune.code, typed.line)
    return typed, _recipient(request, typed, who, person), form


def _recipient(
    request: Request, typed: OrderFields, who: tuple[str, str, str, str], person: Person | None
) -> service.Recipient:
    """Who gets the goods: name, phone, commune and street, and what was told with the order."""
    name, phone, commune_code, line = who
    return service.Recipient(
        name=name,
        phone=phone,
        commune_code=commune_code,
        line=line,
        note=typed.note,
        language=language_of(request),
        person_id=person.id if person else None,
        gift_note=typed.gift_note,
    )


def _with_problem(form: Form, commune: Resolution) -> Form:
    """The form with what is unclear about the commune beside its field."""
    if commune.problem is None or "commune_text" in form.errors:
        return form
    return Form(form.values, {**form.errors, "commune_text": commune.problem})


async def _count(
    request: Request, house: House, submission: Submission, act: str | None, *, visitor: str, now: datetime
) -> tuple[AppError | None, Cart | None]:
    """Count a typed code and a whole order; answers why they are refused, or None, and the basket where it was looked at."""
    token, code = request.cookies.get(COOKIE), _code(submission.form)
    try:
        if code:
            await limits.count_code(house.database, cart_token=token, code=code, visitor=visitor, now=now)
        typed, _form = submission.read(CheckoutFields)
        added, _form = submission.read(OrderFields)
        _company, wrong = read_company(submission.form.values)
        if added is not None and not wrong and act not in _LOOKS and not (act == USE_VOUCHER and code):
            phone = typed.phone if typed else None
            seen = await limits.count_order(
                house.database, cart_token=token, phone=phone, visitor=visitor, now=now
            )
            return None, seen
    except LimitedError as error:
        return error, None
    return None, None


def _to_cart(request: Request) -> Response:
    return RedirectResponse(request.app.url_path_for("storefront.cart.show"), HTTPStatus.SEE_OTHER)


def _to_order(request: Request, house: House, order: Order) -> Response:
    token = orders.make_token(house.secret, order.id)
    return RedirectResponse(
        request.app.url_path_for("storefront.orders.show", token=token), HTTPStatus.SEE_OTHER
    )


async def _open_cart(
    request: Request,
    house: House,
    session: AsyncSession,
    seen: Cart | None = None,
    *,
    is_refused: bool = False,
) -> Cart | Response:
    """The basket of this visitor (`seen` a moment ago), or where to go instead: one that became an order leads there.

    `is_refused`: its form was sent too often.
    """
    cart = seen or await carts.find_cart(session, request.cookies.get(COOKIE))
    if cart is None:
        return _to_cart(request)
    if is_refused:
        # By its own first sending, perhaps, which took the last turn and makes an order of it at this instant.
        cart = await carts.lock_cart(session, cart.id)
    known = await orders.find_by_cart(session, cart.id) if cart.ordered_at is not None else None
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
    person: Person | None,
    now: datetime,
    commune: Resolution,
    first: OpenOrder | None,
    status: int = HTTPStatus.OK,
) -> Response:
    """The page with the basket as it is priced now; an empty basket leads to its own page."""
    if commune.code and not commune.choices:
        # What was taken without a look is shown among those that it could be, so that it stays ticked.
        typed = form.values.get("commune_text", "")
        commune = await places.resolve_commune(session, text=typed, code=commune.code)
    to = Destination(commune_code=commune.code, choices=read_choices(form.values), now=now)
    if first is not None:
        to = first.joined.to(now, to.choices)
    phone = person.phone if person else None
    edited = await editing.find(session, cart.edits_order_id, now=now) if cart.edits_order_id else None
    own_id = edited.own_id if edited else None
    priced = await carts.price_cart(session, cart.id, now=now, phone=phone, to=to, besides=own_id)
    if priced.is_empty:
        return _to_cart(request)
    badge.remember(request, cart, priced)
    discount_minor = gift_minor = 0
    if _code(form) and priced.parts and FIELD not in form.errors:
        try:
            found = await service.price_voucher(
                session, code=_code(form), parts=priced.parts, now=now, besides=own_id
            )
            discount_minor, gift_minor = (0, found.total_minor) if found.is_gift else (found.total_minor, 0)
        except AppError as error:
            form = Form(form.values, {**form.errors, **error.fields})
            status = status_of(error) if status == HTTPStatus.OK else status
    if commune.code and not form.values.get("commune_code"):
        # The place that was understood is ticked among those that it could be, as nobody sees it otherwise.
        form = Form({**form.values, "commune_code": commune.code}, form.errors)
    parts = [
        CheckoutPart(
            part.producer_name,
            [_line(line, _short_words(line) if line.is_short else None) for line in part.lines],
            part.delivery_minor,
            way_field(part.producer_id),
            _ways(part.sending),
            part.sending.refusal,
            to.commune_code is None,
            part.sending.along is not None,
        )
        for part in priced.parts
    ]
    if priced.gone:
        gone = [
            _line(
                line,
                say_obstacle(line.listing.title, line.obstacle)
                if line.obstacle
                else say_gone(line.listing, on=today(now), is_active=line.variant.is_active),
            )
            for line in priced.gone
        ]
        parts.append(CheckoutPart("", gone, 0))
    total = priced.total_minor - discount_minor - gift_minor
    credit = await service.find_credit(session, person.id if person else None, total)
    is_used = bool(credit and form.values.get("use_credit"))
    filled = [name for name, value in form.values.items() if value.strip()]
    along = service.say_along(priced.parts)
    page = CheckoutPage(
        parts=parts,
        joined=await _joined(session, first, along) if first else None,
        edited=edited,
        along=along,
        goods_minor=priced.goods_minor,
        discount_minor=discount_minor,
        gift_minor=gift_minor,
        delivery_minor=priced.delivery_minor,
        total_minor=total,
        expected_on=priced.expected_on,
        can_be_ordered=priced.can_be_ordered,
        credit_minor=credit,
        is_credit_used=is_used,
        may_be_cash=await service.may_be_cash(session, priced.parts, total - (credit if is_used else 0)),
        form=form,
        choices=commune.choices,
        is_billing=any(name.startswith(COMPANY) for name in (*filled, *form.errors)),
        billed_before=await billing.find_before(session, person),
        is_fetched=all(part.sending.is_fetched for part in priced.parts),
    )
    return await render(request, page, status=status)


async def _joined(session: AsyncSession, first: OpenOrder, along: str) -> JoinedView:
    return JoinedView(
        first.order.code,
        first.address.recipient_name,
        await places.format_address(session, first.address),
        not along,
    )


def _ways(sending: Sending) -> list[WayView]:
    """The ways to choose from; none for the flat fee of a producer who set nothing up."""
    return [
        WayView(
            id=way.method.id,
            name=way.method.name,
            place=way.method.place,
            fee_minor=way.fee_minor,
            refusal=way.refusal,
            days=way.days,
            day=sending.day if way is sending.way else None,
            is_chosen=way is sending.way,
        )
        for way in sending.ways
        if way.method.id is not None
    ]


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
        say_offer(line.variant, line.offer) if line.offer else None,
        say_expected(line.coming.expected_on) if line.coming else None,
        [say_content(one, line.quantity) for one in line.contents],
        say_kind(line.listing.tax_kind),
    )


def _short_words(line: carts.PricedLine) -> Text:
    if line.scarce is not None:
        return say_short(line.variant, line.left, line.scarce)
    return _("Không đủ cho bạn: %(left)s.", left=say_left(line.variant, line.left))
