"""Doors of payments: the payer's own addresses, the providers' webhooks, and the desk of the staff."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.accounts import browsers
from app.accounts.dependencies import CurrentStaff
from app.core.errors import InvalidError
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from storefront.payments import cards, pictures, receipts, service, suggestions, transfers
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.pages import DeskItemPage, DeskPage, describe_item, describe_suggestion
from storefront.payments.ports import BankChannels, CardDesk, PayerBooks
from storefront.payments.schemas import MatchFields, ReturnFields

router = APIRouter()
SHOP = "Chợ Phiên"
_DESK = "storefront.payments.desk"


@router.get("/payments/{token}/state", name="storefront.payments.state")
async def show_state(session: DbSession, now: Now, token: str, seen: str = "") -> JSONResponse:
    """Say how the payment stands, and whether the asking page (`seen`) is out of date."""
    payment = await service.get_by_token(session, token)
    body = {
        "state": service.state_at(payment, now),
        "changed": bool(seen) and service.seen_at(payment, now) != seen,
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get("/payments/{token}/qr.png", name="storefront.payments.picture")
async def show_picture(session: DbSession, house: TheHouse, token: str) -> Response:
    """Hand out the QR code as a picture for the phone's gallery."""
    payment = await service.get_by_token(session, token)
    transfer = service.describe_transfer(payment, house.port(service.CollectingAccount))
    headers = {
        "Content-Disposition": f'attachment; filename="vietqr-{payment.code}.png"',
        "Cache-Control": "private, no-store",
    }
    return Response(pictures.draw_png(transfer.qr_text), media_type="image/png", headers=headers)


@router.post("/payments/{token}/card", name="storefront.payments.card")
async def open_card(request: Request, house: TheHouse, now: Now, token: str) -> Response:
    """Send the payer to the card page; `back` is the page that they come from."""
    submission = await read_submission(request)
    back = browsers.local_path(submission.form.values.get("back", ""), "/")
    gateway = house.port(CardDesk).gateway
    if gateway is None:
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)
    target = await cards.start_card(
        house.database,
        gateway,
        token=token,
        title=SHOP,
        back_url=house.settings.public_url.rstrip("/") + back,
        now=now,
    )
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.post("/webhooks/stripe", name="storefront.payments.stripe")
async def hear_stripe(request: Request, house: TheHouse, now: Now) -> JSONResponse:
    """Take Stripe's signed events in."""
    gateway = house.port(CardDesk).gateway
    if gateway is None or not gateway.is_open:
        return _refuse(HTTPStatus.NOT_FOUND)
    try:
        event = gateway.read_event(await request.body(), request.headers.get("stripe-signature", ""))
    except BadSignatureError:
        return _refuse(HTTPStatus.UNAUTHORIZED)
    except BadMessageError:
        return _refuse(HTTPStatus.BAD_REQUEST)
    await cards.receive_event(house.database, gateway, event, now=now)
    return JSONResponse({"success": True})


@router.post("/webhooks/{provider}", name="storefront.payments.bank")
async def hear_bank(request: Request, house: TheHouse, now: Now, provider: str) -> JSONResponse:
    """Take a messenger's signed reports of transfers in; the answer waits for the commit."""
    channel = house.port(BankChannels).get(provider)
    if channel is None or not channel.is_open:
        return _refuse(HTTPStatus.NOT_FOUND)
    raw = await request.body()
    try:
        channel.verify(raw, request.headers, now=now)
        transfer = channel.read(raw, now=now)
    except BadSignatureError:
        return _refuse(HTTPStatus.UNAUTHORIZED)
    except BadMessageError:
        return _refuse(HTTPStatus.BAD_REQUEST)
    if transfer is None:
        return JSONResponse({"success": True})
    async with house.database.transaction() as session:
        await transfers.receive_transfer(
            session,
            transfer,
            provider=channel.name,
            collecting=house.port(service.CollectingAccount),
            now=now,
        )
    return JSONResponse({"success": True})


@router.get("/admin/payments", name=_DESK)
async def show_desk(request: Request, session: DbSession, _staff: CurrentStaff, now: Now) -> Response:
    """Show all money that waits for a human."""
    lines = [describe_item(item) for item in await receipts.list_queue(session, now=now)]
    return await render(request, DeskPage(lines=lines, total_minor=sum(line.return_minor for line in lines)))


@router.get("/admin/payments/{receipt_id}", name="storefront.payments.desk_item")
async def show_item(
    request: Request, session: DbSession, house: TheHouse, *, _staff: CurrentStaff, now: Now, receipt_id: UUID
) -> Response:
    """Show one sum of money that waits."""
    return await render(request, await _item_page(session, house, receipt_id, now=now))


@router.post("/admin/payments/{receipt_id}/match", name="storefront.payments.match")
async def match_item(
    request: Request, session: DbSession, house: TheHouse, *, staff: CurrentStaff, now: Now, receipt_id: UUID
) -> Response:
    """Give a sum to the payment whose code was typed."""
    given, form = (await read_submission(request)).read(MatchFields)
    if given is not None:
        try:
            await receipts.match_receipt(
                session, receipt_id=receipt_id, code=given.code, person_id=staff.person.id, now=now
            )
        except (
            InvalidError
        ) as error:  # said before anything was written; every other refusal undoes the request
            form = form.refused(error)
        else:
            return _to_desk(request)
    page = await _item_page(session, house, receipt_id, now=now, match_form=form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post("/admin/payments/{receipt_id}/return", name="storefront.payments.give_back")
async def return_item(
    request: Request, session: DbSession, house: TheHouse, *, staff: CurrentStaff, now: Now, receipt_id: UUID
) -> Response:
    """Book that a sum went back to its payer."""
    given, form = (await read_submission(request)).read(ReturnFields)
    if given is not None:
        await receipts.return_receipt(
            session, receipt_id=receipt_id, reference=given.reference, person_id=staff.person.id, now=now
        )
        return _to_desk(request)
    page = await _item_page(session, house, receipt_id, now=now, return_form=form)
    return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _item_page(
    session: DbSession,
    house: House,
    receipt_id: UUID,
    *,
    now: datetime,
    match_form: Form | None = None,
    return_form: Form | None = None,
) -> DeskItemPage:
    item = await receipts.get_queued(session, receipt_id, now=now)
    found = await suggestions.suggest(session, item.receipt, books=house.port(PayerBooks))
    return DeskItemPage(
        line=describe_item(item),
        suggestions=[describe_suggestion(suggestion) for suggestion in found],
        match_form=match_form or Form(),
        return_form=return_form or Form(),
    )


def _to_desk(request: Request) -> RedirectResponse:
    return RedirectResponse(str(request.app.url_path_for(_DESK)), HTTPStatus.SEE_OTHER)


def _refuse(status: HTTPStatus) -> JSONResponse:
    return JSONResponse({"success": False}, status)
