"""The doors of every GS1 key that is no product's: places, parcels, parties, documents, assets."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.core.errors import AppError
from app.web.dependencies import DbSession, TheHouse
from app.web.errors import on_app_error
from producers.cooperatives import service as cooperatives
from traceability.links import service as links
from traceability.links.keys import KEYS, Anchor, LinkSyntaxError, read_anchor
from traceability.resolver import answers, pointing
from traceability.resolver.compressed import lead_to_plain
from traceability.resolver.digital_link import KEY
from traceability.resolver.errors import KeyUnknownError
from traceability.resolver.negotiation import Answer, choose_answer
from traceability.resolver.targets import add_links, find_default

router = APIRouter()


async def resolve_key(request: Request, house: TheHouse, session: DbSession) -> Response:
    """Answer the address of a key: what its producer put behind it."""
    try:
        anchor = read_anchor(answers.raw_path(request), request.url.query)
    except LinkSyntaxError as error:
        led = lead_to_plain(house.settings.public_url, answers.raw_path(request), request.url.query)
        return led or await answers.refuse(request, error)
    try:
        response = await _answer(request, session, anchor)
    except AppError as error:
        response = await on_app_error(request, error)
    public_url = house.settings.public_url.rstrip("/")
    response.headers.update(answers.CORS)
    response.headers.append("Link", f'<{public_url}{anchor.path}?linkType=linkset>; rel="linkset"')
    response.headers["Vary"] = answers.VARY
    return response


async def allow_key(rest: str) -> Response:
    """Tell other sites' scripts that they may look at whatever is behind any code."""
    del rest  # every code answers alike
    return answers.allow()


# A route for each key, so that no other address of two parts is ever taken for one.
for _ai in KEYS:
    if _ai != KEY:
        _path, _name = f"/{_ai}/{{rest:path}}", f"traceability.resolver.key_{_ai}"
        router.add_api_route(_path, resolve_key, methods=answers.METHODS, name=_name)
        router.add_api_route(_path, allow_key, methods=["OPTIONS"], name=f"{_name}_options")


async def _answer(request: Request, session: DbSession, anchor: Anchor) -> Response:
    """The house has no page about such a key: people choose among the producer's links, machines are led to the first.

    People see whose links they are before they leave.
    """
    added = await links.list_at(session, anchor)
    owner_id = next((link.producer_id for found in added.values() for link in found), None)
    if owner_id is None:
        raise KeyUnknownError
    # A level without a link is none of ours: the closest level that has one answers.
    levels = add_links({}, {level: found for level, found in added.items() if found}, scanned=anchor)
    owner = await cooperatives.get_producer(session, owner_id)
    title = f"{KEYS[anchor.ai].name} · {owner.name}"
    default = find_default(levels)
    answer = choose_answer(request.headers.get("accept", ""))
    if default is not None and answer is Answer.PAGE and "linkType" not in request.query_params:
        listed = [target for targets in levels.values() for target in targets if target.is_public]
        return await pointing.show_choices(request, listed, title=title)
    return await pointing.point(request, levels, title=title, default=default, answer=answer)
