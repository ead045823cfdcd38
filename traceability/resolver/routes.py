"""The doors of the resolver: every address that stands on a label, at the root of the site."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.accounts.cookies import set_cookie
from app.core.errors import AppError
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import on_app_error
from app.web.forms import Form, read_submission
from app.web.house import House, house_of
from app.web.pages import language_of, remember_language, render, render_bytes
from traceability.chronicle.telling import lot_class
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.labels.press import QUERY_KEY, label_signer
from traceability.links import service as links
from traceability.links.keys import KEYS, LinkSyntaxError
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState
from traceability.recalls import service as recalls
from traceability.resolver import answers, label_answers, linkset, pointing, service
from traceability.resolver.compressed import lead_to_plain
from traceability.resolver.digital_link import Link, read_link
from traceability.resolver.errors import PracticeLabelError
from traceability.resolver.kept import MARK, KeptStory, story_key
from traceability.resolver.label_answers import WRONG_SIGNATURE, Signature
from traceability.resolver.looking import read_visit, write_down
from traceability.resolver.negotiation import Answer, choose_answer
from traceability.resolver.pages import (
    PracticeLabelPage,
    ProofBlock,
    StoryPage,
    VerifyPage,
)
from traceability.resolver.passport import read_passport
from traceability.resolver.ports import Visits
from traceability.resolver.schemas import PlaceForm
from traceability.resolver.speaking import say_label
from traceability.resolver.targets import Doors, add_links, find_default, list_targets
from traceability.scans import own
from traceability.scans import service as scans
from traceability.scans.service import ScanBuffer
from traceability.transparency.service import LogKeeper

router = APIRouter()


@router.options("/01/{rest:path}", name="traceability.resolver.options")
async def allow(rest: str) -> Response:
    """Tell other sites' scripts that they may look at whatever is behind any code."""
    del rest  # every code answers alike
    return answers.allow()


@router.api_route("/01/{gtin}", methods=answers.METHODS, name="traceability.resolver.product")
@router.api_route("/01/{gtin}/10/{lot}", methods=answers.METHODS, name="traceability.resolver.story")
@router.api_route(
    "/01/{gtin}/10/{lot}/21/{serial}", methods=answers.METHODS, name="traceability.resolver.label"
)
@router.api_route("/01/{rest:path}", methods=answers.METHODS, name="traceability.resolver.link")
async def resolve(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Answer a Digital Link: the story to people, the links to machines."""
    try:
        link = read_link(answers.raw_path(request), request.url.query)
    except LinkSyntaxError as error:
        return lead_to_plain(
            house.settings.public_url, answers.raw_path(request), request.url.query
        ) or await answers.refuse(request, error)
    link_type = request.query_params.get("linkType")
    answer = choose_answer(request.headers.get("accept", ""))
    try:
        if link_type is None and answer is Answer.PAGE:
            response = await _show(request, house, session, link, now)
        else:
            response = await _point(request, session, link, answer, now)
    except AppError as error:
        response = await on_app_error(request, error)
    public_url = house.settings.public_url.rstrip("/")
    response.headers.update(answers.CORS)
    response.headers.append("Link", f'<{public_url}{link.path}?linkType=linkset>; rel="linkset"')
    response.headers["Vary"] = answers.VARY
    return response


@router.api_route("/trace/{gtin}", methods=answers.METHODS, name="traceability.resolver.trace_product")
@router.api_route("/trace/{gtin}/{lot}", methods=answers.METHODS, name="traceability.resolver.trace_lot")
@router.api_route(
    "/trace/{gtin}/{lot}/{serial}", methods=answers.METHODS, name="traceability.resolver.trace_label"
)
async def trace(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Show the same story to whoever comes by the redirect."""
    parts: dict[str, str] = request.path_params
    try:
        link = read_link(Link(parts["gtin"], parts.get("lot"), parts.get("serial")).path)
    except LinkSyntaxError as error:
        return await answers.refuse(request, error)
    return await _show(request, house, session, link, now)


@router.get("/verify", name="traceability.resolver.verify")
async def verify(request: Request, session: DbSession, code: str = "") -> Response:
    """Check a label by the code under its symbol, or by its whole address."""
    typed = code.strip()
    found = await _find_typed(session, typed) if typed else None
    if found is not None:
        return RedirectResponse(found.path, HTTPStatus.SEE_OTHER)
    return await render(request, VerifyPage(form=Form({"code": typed}), is_unknown=bool(typed)))


@router.post("/verify/province", name="traceability.resolver.place")
async def place(request: Request, house: TheHouse, session: DbSession, now: Now) -> Response:
    """Remember in which province the visitor holds the pack, say so of the look just counted, and lead back to it."""
    fields, _form = (await read_submission(request)).read(PlaceForm)
    path, _sep, query = (fields.back if fields else "").partition("?")
    link = _read_back(path)
    if fields is None or link is None:
        return RedirectResponse(
            request.app.url_path_for("traceability.resolver.verify"), HTTPStatus.SEE_OTHER
        )
    code = scans.read_province(fields.province)
    visit = read_visit(house, link, now, headers=request.headers, cookies=request.cookies)
    if code is not None and link.serial is not None and visit.own is not None and code != visit.province_code:
        await scans.place_look(
            session,
            house.port(ScanBuffer),
            gtin=link.gtin,
            serial=link.serial,
            own=visit.own,
            province_code=code,
        )
    response = RedirectResponse(f"{path}?{query}" if query else path, HTTPStatus.SEE_OTHER)
    if code is not None:
        set_cookie(house, response, own.PLACE_COOKIE, code, max_age=own.PLACE_AGE)
    return response


@router.get("/.well-known/gs1resolver", name="traceability.resolver.description")
async def describe(house: TheHouse) -> JSONResponse:
    """Describe this resolver (GS1-Conformant Resolver Standard 1.2, resolver description file)."""
    root = house.settings.public_url.rstrip("/")
    return JSONResponse(
        {
            "name": "Chợ Phiên",
            "resolverRoot": root,
            "supportedPrimaryKeys": list(KEYS),
            "supportedLinkType": [{"namespace": linkset.VOCABULARY, "prefix": "gs1:"}],
            "supportedContextValuesExternal": [
                {"nameOfList": "ISO 3166-1 alpha-2", "url": "https://www.iso.org/iso-3166-country-codes.html"}
            ],
            "linkTypeDefaultCanBeLinkset": False,
            "validatesGS1DigitalLinkURIs": True,
            "contact": {
                "fn": "Chợ Phiên",
                "hasURL": root,
                "hasAddress": {"countryName": "Viet Nam"},
            },
        },
        headers=answers.CORS,
    )


@router.get("/.well-known/jwks.json", name="traceability.resolver.keys")
async def show_keys(house: TheHouse) -> JSONResponse:
    """The public keys under which labels are signed, for whoever checks them without us (RFC 7517, RFC 8037)."""
    keys = {"keys": [label_signer(house.secret).to_jwk()]}
    headers = {**answers.CORS, "Cache-Control": "public, max-age=86400"}
    return JSONResponse(keys, media_type="application/jwk-set+json", headers=headers)


# ---------------------------------------------------------------- inside


def _read_signature(request: Request, house: House, link: Link) -> Signature | None:
    """The signature in a label's address; a lot or a product carries none."""
    said = request.query_params.get(QUERY_KEY)
    return Signature(said, label_signer(house.secret)) if said is not None and link.serial else None


def _read_back(path: str) -> Link | None:
    """The link behind an address of ours to come back to; None for every other address."""
    if path.startswith("/trace/"):
        parts = [unquote(part) for part in path.removeprefix("/trace/").split("/")]
        path = Link(*parts[:3]).path if len(parts) <= len(Link.__dataclass_fields__) else ""
    try:
        return read_link(path) if path.startswith("/01/") else None
    except LinkSyntaxError:
        return None


async def _find_typed(session: DbSession, typed: str) -> Link | None:
    """The label behind what somebody typed: an address, or a serial that we issued."""
    start = typed.find("/01/")
    if start >= 0:
        path, _sep, query = typed[start:].partition("?")
        try:
            return read_link(path, query)
        except LinkSyntaxError:
            return None
    serial = await labels.find_by_code(session, typed)
    if serial is None:
        return None
    return Link(serial.gtin, (await lots.get_lot(session, serial.lot_id)).code, serial.serial)


async def _point(request: Request, session: DbSession, link: Link, answer: Answer, now: Now) -> Response:
    """Answer a machine: the passport, the linkset, the link of one type, or the default link."""
    lot = await service.find_lot_of(session, link)
    story = await service.read_story(session, gtin=link.gtin, lot=lot, now=now)
    unit = await service.find_unit(session, link, lot)
    if answer is Answer.PASSPORT and "linkType" not in request.query_params:
        return answers.passport_document(request, await read_passport(session, story, serial=unit))
    known = Link(link.gtin, lot.code if lot else None, unit)
    levels = list_targets(story, link=link, doors=await _doors_of(request, session, story))
    levels = add_links(levels, await links.list_at(session, known.anchor), scanned=known.anchor)
    return await pointing.point(
        request,
        levels,
        title=story.listing.title,
        default=find_default(levels, link_type="traceability"),
        answer=answer,
    )


async def _doors_of(request: Request, session: DbSession, story: service.Story) -> Doors:
    """The paths of other rooms that a product's links lead to."""
    visits: Visits = house_of(request).port(Visits)  # type: ignore[type-abstract]  # a port is asked for by its protocol
    slug = await visits.find_slug(session, story.producer.id)
    url = request.app.url_path_for
    recall_id = await _find_recall_id(session, story.lot)
    return Doors(
        product=str(url("storefront.catalog.product", slug=story.listing.slug)),
        verify=str(url("traceability.resolver.verify")),
        visits=str(url("storefront.tours.show", slug=slug)) if slug else None,
        recall=str(url("traceability.recalls.public", recall_id=recall_id)) if recall_id else None,
    )


async def _show(request: Request, house: House, session: DbSession, link: Link, now: Now) -> Response:
    """The story with what is known of this one label; the lot's part comes from the page cache."""
    found = None
    if link.serial is not None:  # before any other statement: see `read_labels`
        buffer = house.port(ScanBuffer)
        found = await scans.read_label(session, buffer, gtin=link.gtin, serial=link.serial, now=now)
    lot = await service.find_lot_of(session, link)
    lang = language_of(request)
    key = story_key(Link(link.gtin, lot.code if lot else None).path, now, lang)
    entry = house.cache.find(key)
    kept = entry.kept if entry else None
    if entry is None or not isinstance(kept, KeptStory):
        generation = house.cache.generation
        try:
            story = await service.read_story(session, gtin=link.gtin, lot=lot, now=now)
        except PracticeLabelError as error:
            return await render(request, PracticeLabelPage(words=error.message), status=HTTPStatus.NOT_FOUND)
        proof = await _read_proof(session, house, lot) if lot else None
        recall_id = await _find_recall_id(session, lot)
        page = StoryPage(story=story, proof=proof, recall_id=recall_id, mark=MARK)
        body = render_bytes(request, page)
        tags = story.tags | (proof.tags if proof else set())
        kept = KeptStory(body, link.gtin, lot)
        house.cache.store(key, body, tags, generation, kept=kept)
    else:
        body = entry.body
    visit = read_visit(house, link, now, headers=request.headers, cookies=request.cookies)
    signature = _read_signature(request, house, link)
    is_signed = signature is not None and signature.is_good(link, lot)
    is_forged = signature is not None and not is_signed
    if found is not None and link.serial is not None:
        found = house.port(ScanBuffer).add_later(found, gtin=link.gtin, serial=link.serial)
    checked = WRONG_SIGNATURE if is_forged else label_answers.check_label(link, lot, found, visit)
    query = request.url.query
    said = say_label(
        request,
        checked,
        link=link,
        lot_code=lot.code if lot else None,
        back=f"{answers.raw_path(request)}?{query}" if query else answers.raw_path(request),
        is_signed=is_signed,
        province_code=visit.province_code,
    )
    etag = kept.tag_with(said)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": answers.VARY}
    response: Response
    if etag in request.headers.get("if-none-match", ""):
        response = Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    else:
        response = html = HTMLResponse(body.replace(MARK.encode(), said), headers=headers)
        remember_language(request, html)
    if request.method == "GET":
        cookie = write_down(house, link, visit, checked, request.cookies)
        if cookie is not None:
            set_cookie(house, response, own.COOKIE, cookie, max_age=own.COOKIE_AGE)
    return response


async def _read_proof(session: DbSession, house: House, lot: Lot) -> ProofBlock:
    """Where a lot stands in the public log: one query."""
    standing = await events.find_standing(session, lot_class(lot.gtin, lot.code))
    return ProofBlock(house.port(LogKeeper).origin, standing)


async def _find_recall_id(session: DbSession, lot: Lot | None) -> UUID | None:
    """The recall that stopped a lot; nothing is asked for a lot that was not recalled."""
    if lot is None or lot.state is not LotState.RECALLED:
        return None
    recall = await recalls.find_recall_of_lot(session, lot.id)
    return recall.id if recall else None
