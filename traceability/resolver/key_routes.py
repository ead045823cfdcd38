"""The doors of every GS1 key that is no product's: places, parcels, parties, documents, assets."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import TheHouse
from app.web.errors import on_app_error
from traceability.links.keys import KEYS, LinkSyntaxError, read_anchor
from traceability.resolver import answers
from traceability.resolver.digital_link import KEY
from traceability.resolver.errors import KeyUnknownError

router = APIRouter()


async def resolve_key(request: Request, house: TheHouse) -> Response:
    """Answer the address of a key: what its producer put behind it."""
    try:
        anchor = read_anchor(answers.raw_path(request), request.url.query)
    except LinkSyntaxError as error:
        return await answers.refuse(request, error)
    response = await on_app_error(request, KeyUnknownError())
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
