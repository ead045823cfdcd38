"""The door of the passport: the same facts as the story, in the order in which the rules ask for them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.core.clock import today
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.pages import language_of, remember_language, render_bytes
from traceability.links.keys import LinkSyntaxError
from traceability.resolver import answers, service
from traceability.resolver.digital_link import Link, read_link
from traceability.resolver.errors import LotUnknownError
from traceability.resolver.negotiation import Answer, choose_answer
from traceability.resolver.pages import PassportPage
from traceability.resolver.passport import MISSING_WORDS, read_passport, standards_of

router = APIRouter()


@router.api_route("/passport/{gtin}", methods=answers.METHODS, name="traceability.resolver.passport")
@router.api_route(
    "/passport/{gtin}/{lot}", methods=answers.METHODS, name="traceability.resolver.lot_passport"
)
async def show_passport(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Show the passport of a product or of a lot; as JSON-LD to whoever prefers it."""
    parts: dict[str, str] = request.path_params
    try:
        link = read_link(Link(parts["gtin"], parts.get("lot")).path)
    except LinkSyntaxError as error:
        return await answers.refuse(request, error)
    is_document = choose_answer(request.headers.get("accept", "")) is Answer.PASSPORT
    lot = await service.find_lot_of(session, link)
    if lot is None and link.lot_code is not None:
        raise LotUnknownError
    key = (link.passport_path, f"day={today(now)}", language_of(request))
    entry = house.cache.find(key)
    if entry is not None and not is_document:
        body, etag = entry.body, entry.etag
    else:
        generation = house.cache.generation
        story = await service.read_story(session, gtin=link.gtin, lot=lot, now=now)
        passport = await read_passport(session, story)
        if is_document:
            response = answers.passport_document(request, passport)
            response.headers.update(answers.CORS)
            response.headers["Vary"] = answers.VARY
            return response
        page = PassportPage(
            passport=passport,
            standards=standards_of(passport),
            picture=answers.picture_path_of(request, passport),
            missing={what.value: MISSING_WORDS[what] for what in passport.missing},
        )
        body = render_bytes(request, page)
        house.cache.store(key, body, story.tags, generation)
        etag = answers.etag_of(body)
    headers = {
        "ETag": f'"{etag}"',
        "Cache-Control": "private, no-cache",
        "Vary": answers.VARY,
        **answers.CORS,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    shown = HTMLResponse(body, headers=headers)
    remember_language(request, shown)
    return shown
