"""What every address of the API shares: who asks, in whose voice it is answered, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response

from app.web.dependencies import DbSession, Now
from app.web.house import house_of
from storefront.octo import errors
from storefront.octo.caller import Caller
from storefront.octo.errors import OctoError
from storefront.octo.reading import MOST_BYTES, Body, read_body
from storefront.octo.spelling import LANGUAGE, Voice, read_capabilities, spell_capabilities
from storefront.operators import service as operators

AGAIN_S = "2"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A request at the desk: whose it is, and how it is answered."""

    caller: Caller
    voice: Voice

    def answer(self, content: Any) -> Response:
        """An answer with the headers that say what was applied."""
        headers = {"Octo-Capabilities": spell_capabilities(self.voice.capabilities)}
        if self.voice.has_content:
            headers |= {"Content-Language": LANGUAGE, "Available-Languages": LANGUAGE}
        return JSONResponse(content, headers=headers)


async def _open_desk(request: Request, session: DbSession, now: Now) -> Desk:
    """The desk of the key that was presented; raises `OctoError`."""
    scheme, _space, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise errors.unauthorized("You didn't send the API Key as `Authorization: Bearer ...`")
    found = await operators.find_by_key(session, key.strip(), now=now)
    if found is None:
        raise errors.forbidden("You sent an API Key that was invalid or has been revoked")
    key_id, operator = found
    if operator is None:
        raise errors.forbidden("This API Key belongs to no tour operator")
    house = house_of(request)
    voice = Voice(
        terms=operators.terms_of(operator),
        capabilities=read_capabilities(request.headers.get("octo-capabilities", "")),
        catalogue=house.catalogue,
        public_url=house.settings.public_url.rstrip("/"),
    )
    return Desk(caller=Caller(key_id=key_id, operator=operator), voice=voice)


TheDesk = Annotated[Desk, Depends(_open_desk)]


async def take_body(request: Request, _desk: TheDesk) -> Body:
    """The JSON object that was sent, once it is known who sends it; raises `OctoError`."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise errors.bad_request(f"a body has {MOST_BYTES} bytes at most")
    return read_body(bytes(raw))


TheBody = Annotated[Body, Depends(take_body)]


def refuse_test(request: Request) -> None:
    """Refuse (`OctoError`) what is asked for as a test: every seat here is a real one."""
    if request.headers.get("octo-env", "live").strip().lower() == "test":
        raise errors.bad_request(
            "Octo-Env: there is no test mode here, seats would be taken; use a demo instance"
        )


def answer_error(error: OctoError) -> Response:
    """A refusal as an answer."""
    headers = {}
    if error.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = AGAIN_S
    return JSONResponse(error.body, error.status, headers=headers)
