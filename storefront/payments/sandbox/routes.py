"""Doors of the demo's bank and card house; mounted with CHOPHIEN_DEMO=1 alone."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import browsers
from app.core import ids
from app.core.errors import NotFoundError
from app.core.fields import MAX_DONG, Dong, FormModel
from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import render
from storefront.payments import banks, service
from storefront.payments.models import Payment
from storefront.payments.sandbox import bank, card_house, keys
from storefront.payments.sandbox.pages import DemoBankPage, DemoCardPage

router = APIRouter()


class BankFields(FormModel):
    """What the visitor does at the bank, and where to go afterwards."""

    act: bank.Act
    back: str = "/"
    amount_minor: Dong = 0


class CardFields(FormModel):
    """A card number of the demo."""

    number: str


@router.get("/demo/bank/{code}", name="storefront.payments.demo_bank")
async def show_bank(
    request: Request, code: str, *, session: DbSession, house: TheHouse, back: str = "/", amount: int = 0
) -> Response:
    """Show the bank's app with the transfer filled in: of a payment, or of `amount` đồng for whoever else the code names."""
    payment = await _find(session, code, amount)
    account = house.port(service.CollectingAccount)
    page = DemoBankPage(
        bank_name=banks.name_of(account.bank_bin),
        account=account.account,
        account_name=account.account_name,
        memo=code,
        amount_minor=_amount(payment, amount),
        is_paid=payment is not None and service.due_minor(payment) == 0,
        back=browsers.local_path(back, "/"),
    )
    return await render(request, page)


@router.post("/demo/bank/{code}", name="storefront.payments.demo_transfer")
async def send_transfer(request: Request, house: TheHouse, now: Now, code: str) -> Response:
    """Move play money through the real webhook, and go back to the page that waits for it."""
    given, form = (await read_submission(request)).read(BankFields)
    back = browsers.local_path(given.back if given else form.values.get("back"), "/")
    asked = given.amount_minor if given else 0
    async with house.database.transaction() as session:
        payment = await _find(session, code, asked)
    if given is not None:
        async with _own_line(request) as client:
            await bank.transfer(
                client,
                house.port(service.CollectingAccount),
                act=given.act,
                amount_minor=_amount(payment, asked),
                code=code,
                secret=house.settings.sepay_secret or keys.bank_secret(house.secret),
                now=now,
            )
    return RedirectResponse(back, HTTPStatus.SEE_OTHER)


@router.get("/demo/card/{session_id}", name="storefront.payments.demo_card")
async def show_card(request: Request, session: DbSession, now: Now, session_id: str) -> Response:
    """Show the card house's page."""
    return await render(request, _card_page(await _find_card(session, session_id, now), Form()))


@router.post("/demo/card/{session_id}", name="storefront.payments.demo_pay")
async def pay_card(request: Request, house: TheHouse, now: Now, session_id: str) -> Response:
    """Pay with a card of the demo; the news travels through the real webhook, twice, as it does in life."""
    given, form = (await read_submission(request)).read(CardFields)
    async with house.database.transaction() as session:
        card = await _find_card(session, session_id, now)
        if given is None or card["url"] is None:
            return await render(request, _card_page(card, form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
        event = await card_house.pay(session, session_id, card_number=given.number, now=now)
    if event is None:
        refused = Form(form.values, {"number": _("Ngân hàng từ chối thẻ này. Bạn thử thẻ khác nhé.")})
        return await render(request, _card_page(card, refused), status=HTTPStatus.PAYMENT_REQUIRED)
    raw, signature = card_house.sign(event)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    async with _own_line(request) as client:
        for _time in range(2):
            (await client.post("/webhooks/stripe", content=raw, headers=headers)).raise_for_status()
    return RedirectResponse(_path_of(card["success_url"]), HTTPStatus.SEE_OTHER)


def _own_line(request: Request) -> httpx.AsyncClient:
    """A line to our own front door, without leaving the process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=request.app), base_url=str(request.base_url))


async def _find(session: DbSession, code: str, amount_minor: int) -> Payment | None:
    """The payment of a code; None for a code of something else, an operator's account say, with an amount to move."""
    payment = await service.find_by_code(session, code)
    is_bare = 0 < amount_minor <= MAX_DONG and ids.find_payment_codes(code) == [code]
    if payment is None and not is_bare:
        raise NotFoundError(_("Không tìm thấy khoản thanh toán này."))
    return payment


def _amount(payment: Payment | None, asked_minor: int) -> int:
    """What the bank's app moves: what is due, or the whole price once nothing is."""
    return (service.due_minor(payment) or payment.amount_minor) if payment else asked_minor


async def _find_card(session: DbSession, session_id: str, now: Now) -> card_house.Body:
    card = await card_house.find_session(session, session_id, now=now)
    if card is None:
        raise NotFoundError(_("Không tìm thấy khoản thanh toán này."))
    return card


def _card_page(card: card_house.Body, form: Form) -> DemoCardPage:
    return DemoCardPage(
        form=form,
        session_id=card["id"],
        title=card["title"],
        amount_minor=card["amount_total"],
        is_open=card["url"] is not None,
        back=_path_of(card["cancel_url"]),
    )


def _path_of(address: str) -> str:
    return browsers.local_path(urlsplit(address).path, "/")
