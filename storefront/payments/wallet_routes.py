"""Doors of wallets: to the provider's page, and the providers' notices, each answered in its own words."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from structlog import get_logger

from app.accounts import browsers
from app.core.errors import AppError, NotFoundError
from app.core.i18n import _
from app.web.dependencies import Now, TheHouse, visitor_address
from app.web.forms import read_submission
from app.web.house import House
from storefront.payments import cards, momo, vnpay, wallets, zalopay
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.wallet_ports import WalletGateway, Wallets
from storefront.payments.wallets import Taken

router = APIRouter()
log = get_logger()
SHOP = "Chợ Phiên"
_VNPAY = {
    Taken.UNKNOWN: ("01", "Order not found"),
    Taken.WRONG_AMOUNT: ("04", "Invalid amount"),
    Taken.REPEATED: ("02", "Order already confirmed"),
    Taken.DONE: ("00", "Confirm Success"),
}
_ZALOPAY = {Taken.DONE: 1, Taken.REPEATED: 2}
_AGAIN = 0


@router.post("/payments/{token}/wallet/{provider}", name="storefront.payments.wallet")
async def open_wallet(request: Request, house: TheHouse, now: Now, token: str, provider: str) -> Response:
    """Send the payer to the wallet's page; `back` is the page that they come from."""
    submission = await read_submission(request)
    back = browsers.local_path(submission.form.values.get("back", ""), "/")
    gateway = _find(house, provider)
    if gateway is None:
        raise NotFoundError(_("Ví này chưa dùng được ở chợ."))
    public = house.settings.public_url.rstrip("/")
    target = await cards.start_card(
        house.database,
        gateway,
        token=token,
        title=SHOP,
        back_url=public + back,
        notify_url=f"{public}/webhooks/{gateway.name}",
        payer_ip=visitor_address(request),
        now=now,
    )
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.get("/webhooks/vnpay", name="storefront.payments.vnpay")
async def hear_vnpay(request: Request, house: TheHouse, now: Now) -> JSONResponse:
    """Take VNPAY's notice in; answers 97, 01, 04, 02, 00 in this order, 99 when it must come again, always with HTTP 200."""
    gateway = _find(house, vnpay.NAME)
    if gateway is None:
        return JSONResponse({}, HTTPStatus.NOT_FOUND)
    try:
        taken = await _take(house, gateway, request, now)
    except BadSignatureError:
        return _answer_vnpay("97", "Invalid Checksum")
    except AppError as refusal:
        log.info("notice_refused", provider=gateway.name, code=refusal.code)
        return _answer_vnpay("99", "Try again")
    return _answer_vnpay(*_VNPAY[taken])


@router.post("/webhooks/momo", name="storefront.payments.momo")
async def hear_momo(request: Request, house: TheHouse, now: Now) -> Response:
    """Take MoMo's notice in; a signed one is answered with 204, whatever became of it."""
    gateway = _find(house, momo.NAME)
    if gateway is None:
        return JSONResponse({}, HTTPStatus.NOT_FOUND)
    try:
        await _take(house, gateway, request, now)
    except BadSignatureError:
        return JSONResponse({}, HTTPStatus.UNAUTHORIZED)
    except BadMessageError:
        return JSONResponse({}, HTTPStatus.BAD_REQUEST)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/webhooks/zalopay", name="storefront.payments.zalopay")
async def hear_zalopay(request: Request, house: TheHouse, now: Now) -> JSONResponse:
    """Take ZaloPay's callback in; answers 1 done, 2 known, -1 forged, anything else: send it again."""
    gateway = _find(house, zalopay.NAME)
    if gateway is None:
        return JSONResponse({}, HTTPStatus.NOT_FOUND)
    try:
        taken = await _take(house, gateway, request, now)
    except (BadSignatureError, BadMessageError):
        return JSONResponse({"return_code": -1, "return_message": "mac not equal"})
    return JSONResponse({"return_code": _ZALOPAY.get(taken, _AGAIN), "return_message": taken.value})


def _find(house: House, provider: str) -> WalletGateway | None:
    gateway = house.port(Wallets).get(provider)
    return gateway if gateway is not None and gateway.is_open else None


async def _take(house: House, gateway: WalletGateway, request: Request, now: Now) -> Taken:
    notice = gateway.read_notice(await request.body(), request.url.query)
    async with house.database.transaction() as session:
        return await wallets.receive_notice(session, notice, provider=gateway.name, now=now)


def _answer_vnpay(code: str, message: str) -> JSONResponse:
    return JSONResponse({"RspCode": code, "Message": message})
