"""The door of the PIN under a label's scratch field: a form on the scan page, and this answer. A PIN is never in an address."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.accounts import attempts
from app.accounts.errors import TooOftenError
from app.places.provinces import find_province
from app.web.dependencies import DbSession, Now, TheHouse, VisitorKey
from app.web.forms import read_submission
from app.web.house import House
from app.web.pages import Page, render
from traceability.labels import pins as label_pins
from traceability.labels.pins import Outcome
from traceability.links.keys import LinkSyntaxError
from traceability.resolver import pins, service
from traceability.resolver.digital_link import Link, read_link
from traceability.resolver.errors import PracticeLabelError
from traceability.resolver.pages import BadLinkPage, PinPage, PinQuestion, PracticeLabelPage
from traceability.resolver.pin_schemas import PinForm
from traceability.resolver.service import Answer, Mood
from traceability.scans import own

if TYPE_CHECKING:
    from app.accounts.attempts import Taken
    from app.places.provinces import Province

router = APIRouter()


@router.get("/verify/pin", name="traceability.resolver.pin_again")
async def start_again(request: Request) -> Response:
    """Lead whoever comes back to this address without a PIN (another language, a bookmark) to the page of all labels."""
    address = str(request.app.url_path_for("traceability.resolver.verify"))
    query = request.url.query
    return RedirectResponse(f"{address}?{query}" if query else address, HTTPStatus.SEE_OTHER)


@router.post("/verify/pin", name="traceability.resolver.pin")
async def check_pin(
    request: Request, *, house: TheHouse, session: DbSession, visitor: VisitorKey, now: Now
) -> Response:
    """Check a PIN, at most so often, and say whether it is the first time."""
    fields, _form = (await read_submission(request)).read(PinForm)
    if fields is None:
        return await start_again(request)
    try:
        link = read_link(Link(fields.gtin, fields.lot, fields.serial).path)
    except LinkSyntaxError as error:
        return await render(request, BadLinkPage(reason=error.reason), status=HTTPStatus.BAD_REQUEST)
    typed = label_pins.read_pin(fields.pin)
    if typed is None:  # nobody could have printed that: it costs no try
        page = PinPage(answers=[pins.SIX_DIGITS], ask=PinQuestion(link), back=link.trace_path)
        return await render(request, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        # In a transaction of its own and before ours says anything: what is refused below still counts.
        taken = await attempts.take(house.database, pins.limits_of(link, visitor), now=now)
    except TooOftenError as error:
        answers = [pins.answer_too_often(error.again_at, now)]
        page = PinPage(answers=answers, ask=None, back=link.trace_path)
        return await render(request, page, status=HTTPStatus.TOO_MANY_REQUESTS)
    province = find_province(request.cookies.get(own.PLACE_COOKIE))  # said on the scan page
    found, status = await _check(session, house, link, typed=typed, province=province, taken=taken, now=now)
    return await render(request, found, status=status)


async def _check(
    session: DbSession,
    house: House,
    link: Link,
    *,
    typed: str,
    province: Province | None,
    taken: Taken,
    now: datetime,
) -> tuple[Page, HTTPStatus]:
    lot = await service.find_lot_of(session, link)
    try:
        story = await service.read_story(session, gtin=link.gtin, lot=lot, now=now)
    except PracticeLabelError as error:
        return PracticeLabelPage(words=error.message), HTTPStatus.NOT_FOUND
    label = await label_pins.find_label(session, gtin=link.gtin, serial=link.serial or "")
    if label is None or lot is None or label.lot_id != lot.id:
        page = PinPage(answers=[pins.NO_PIN], ask=None, back=link.trace_path)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    checked = await label_pins.check(
        session,
        label,
        typed=typed,
        key=label_pins.pin_key(house.secret),
        province_code=province.code if province else None,
        now=now,
    )
    is_wrong = checked.outcome is Outcome.WRONG
    page = PinPage(
        answers=[pins.answer_check(checked, taken, now), *_stop(story.answer)],
        ask=PinQuestion(link) if is_wrong and taken.left else None,
        back=link.trace_path,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK


def _stop(answer: Answer | None) -> list[Answer]:
    """What there is to say of the lot that matters more than any PIN: recalled, held, expired."""
    return [answer] if answer and answer.mood is not Mood.GOOD else []
