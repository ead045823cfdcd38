"""How the resolver's doors answer: what machines may read, what is refused, what passes on."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from app.web.house import house_of
from app.web.pages import language_of, render
from traceability.links.keys import LinkSyntaxError
from traceability.resolver.negotiation import PASSPORT_TYPE, Answer, choose_answer
from traceability.resolver.pages import BadLinkPage
from traceability.resolver.passport import Passport
from traceability.resolver.passport_document import make_document

METHODS = ["GET", "HEAD"]
VARY = "Accept, Accept-Language, Cookie"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Expose-Headers": "Link, Location",
}


def raw_path(request: Request) -> str:
    """The path as it was sent: an encoded slash is part of a value."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("ascii", "replace").partition("?")[0]


async def refuse(request: Request, error: LinkSyntaxError) -> Response:
    """Say why this is no Digital Link, as a page or as a problem document."""
    if choose_answer(request.headers.get("accept", "")) is Answer.PAGE:
        response: Response = await render(
            request, BadLinkPage(reason=error.reason), status=HTTPStatus.BAD_REQUEST
        )
    else:
        house = house_of(request)
        response = JSONResponse(
            {
                "type": "about:blank",
                "title": "Bad Request",
                "status": HTTPStatus.BAD_REQUEST,
                "detail": house.catalogue.translate(error.reason, language_of(request)),
                "code": "bad_digital_link",
            },
            HTTPStatus.BAD_REQUEST,
            media_type="application/problem+json",
        )
    response.headers.update(CORS)
    return response


def pass_on(href: str, query: str) -> str:
    """Put the caller's query behind an address, without the link type."""
    pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "linkType"]
    plain, sep, fragment = href.partition("#")
    if pairs:
        plain += ("&" if "?" in plain else "?") + urlencode(pairs)
    return plain + sep + fragment


def allow() -> Response:
    """Answer `OPTIONS`: whoever stands outside may look."""
    return Response(
        status_code=HTTPStatus.NO_CONTENT,
        headers={
            **CORS,
            "Allow": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Accept, Accept-Language",
        },
    )


def etag_of(body: bytes) -> str:
    """The tag of a page for `If-None-Match`, without its quotes."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def picture_path_of(request: Request, passport: Passport) -> str | None:
    """The path of the product's picture."""
    if passport.picture_id is None:
        return None
    photo_id = str(passport.picture_id)
    return str(request.app.url_path_for("app.media.show", photo_id=photo_id, width="640"))


def passport_document(request: Request, passport: Passport) -> Response:
    """Answer the passport as JSON-LD, with its words in the caller's language."""
    house, lang = house_of(request), language_of(request)
    public_url = house.settings.public_url.rstrip("/")
    picture = picture_path_of(request, passport)
    document = make_document(
        passport,
        public_url=public_url,
        picture_url=public_url + picture if picture else None,
        say=lambda text: house.catalogue.translate(text, lang),
    )
    return JSONResponse(document, media_type=PASSPORT_TYPE, headers={"Content-Language": lang})
