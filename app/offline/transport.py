"""A request inside a request: a kept record goes through the same door, route and rules as a form sent at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.routing import compile_path

from app.web.envelope import SCOPE_KEY, Envelope
from app.web.pages import KEPT_HEADER

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.types import Message

_PASSED_ON = ("host", "user-agent", "accept-language", "x-forwarded-for", "x-forwarded-proto")


@dataclass
class Reply:
    """What a route of our own answered."""

    status: int = 500
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def problem(self) -> dict[str, Any]:
        """The problem document of a refusal; empty when it is none."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return {}
        read: dict[str, Any] = json.loads(self.body)
        return read


@lru_cache(maxsize=8)
def _patterns(app: FastAPI, names: frozenset[str]) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (str(route.name), compile_path(str(route.path))[0])
        for route in iter_route_contexts(app.routes)
        if route.name in names and "POST" in (route.methods or ())
    ]


def find_route(app: FastAPI, target: str, names: frozenset[str]) -> str | None:
    """The name of the form that `target` leads to, when it is one of `names`."""
    path = urlsplit(target).path
    return next((name for name, pattern in _patterns(app, names) if pattern.match(path)), None)


def _scope(
    request: Request, method: str, path: str, headers: list[tuple[bytes, bytes]], query: bytes
) -> dict[str, Any]:
    outer = request.scope
    return {
        "type": "http",
        "asgi": outer["asgi"],
        "http_version": outer.get("http_version", "1.1"),
        "method": method,
        "scheme": outer["scheme"],
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query,
        "root_path": outer.get("root_path", ""),
        "headers": headers,
        "client": outer.get("client"),
        "server": outer.get("server"),
        "state": dict(getattr(request, "_lifespan_state", {})),
    }


def _cookies(request: Request, context: Mapping[str, str]) -> str:
    jar = {**request.cookies, **context}
    # Names go on as they came: a browser carries cookies of neighbours whose names the standard library refuses.
    return "; ".join(f"{name}={SimpleCookie().value_encode(value)[1]}" for name, value in jar.items())


async def call(
    request: Request,
    *,
    method: str,
    target: str,
    accept: str,
    fields: Sequence[tuple[str, str]] = (),
    context: Mapping[str, str] | None = None,
    envelope: Envelope | None = None,
    is_kept: bool = False,
) -> Reply:
    """Ask our own application as the person behind `request` would; redirects are not followed."""
    parts = urlsplit(target)
    body = urlencode(fields).encode()
    headers = [
        (name.encode(), value.encode())
        for name in _PASSED_ON
        if (value := request.headers.get(name)) is not None
    ]
    headers += [
        (b"accept", accept.encode()),
        (b"sec-fetch-site", b"same-origin"),
        (b"cookie", _cookies(request, context or {}).encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", str(len(body)).encode()),
    ]
    if is_kept:
        headers.append((KEPT_HEADER.encode(), b"1"))
    scope = _scope(request, method, parts.path, headers, parts.query.encode())
    if envelope is not None:
        scope[SCOPE_KEY] = envelope
    reply = Reply()
    parts_of_body: list[bytes] = []
    is_read = False

    async def receive() -> Message:
        nonlocal is_read
        if is_read:
            return {"type": "http.disconnect"}
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = Headers(raw=message["headers"])
        else:
            parts_of_body.append(message.get("body", b""))

    await request.app(scope, receive, send)
    reply.body = b"".join(parts_of_body)
    return reply
