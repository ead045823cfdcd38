"""Doors: request ids, headers, the origin check, the size of bodies. Pure ASGI, so that nothing is buffered."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from starlette.responses import PlainTextResponse

from app.web.templating import static_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fastapi.telemetry import TelemetryConfig
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeader = tuple[bytes, bytes]
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# Machines speak here with signatures or keys of their own, never with a cookie.
KEYED_PREFIXES = ("/webhooks/", "/octo/", "/epcis/", "/log/", "/api/")
MAX_BODY = 26 * 1024 * 1024
_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{8,64}\Z")


def csp(form_targets: tuple[str, ...] = ()) -> str:
    """The content policy of every page: our own files, the scan page's sheet by its hash, nothing inline."""
    sheet = base64.b64encode(hashlib.sha256(static_text("scan.css").encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",
            "base-uri 'none'",
            "connect-src 'self'",
            "font-src 'self'",
            " ".join(["form-action 'self'", *form_targets]),
            "frame-ancestors 'none'",
            "img-src 'self' data: blob:",
            "manifest-src 'self'",
            "media-src 'self' blob:",
            "script-src 'self'",
            f"style-src 'self' 'sha256-{sheet}'",
            "worker-src 'self'",
        ]
    )


class Doors:
    """The outermost layer of the house."""

    def __init__(self, app: ASGIApp, *, form_targets: Callable[[], tuple[str, ...]], public_url: str) -> None:
        self._app = app
        self._form_targets = form_targets
        self._ours: list[RawHeader] | None = None
        self._log = structlog.get_logger().bind()  # a lazy logger is put together anew for each line
        self._is_secure = public_url.startswith("https://")
        self._public_host = urlsplit(public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(reversed(scope["headers"]))  # of several alike the first
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.match(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_ours(message.get("headers", ()), request_id)
            await send(message)

        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await refusal(scope, receive, send_with_headers)
            else:
                await self._app(scope, _bounded(receive), send_with_headers)
        finally:
            if not scope["path"].startswith("/static/"):
                self._log.info(
                    "request",
                    method=scope["method"],
                    path=public_path(scope["path"]),
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )

    def _refusal(self, scope: Scope, headers: Mapping[bytes, bytes]) -> PlainTextResponse | None:
        """Why this request may not come in at all, or None."""
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return PlainTextResponse("Tệp gửi lên quá lớn (tối đa 25 MB). / Too large (25 MB at most).", 413)
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:  # the database knows no such text
            return PlainTextResponse("Địa chỉ này không có gì. / There is nothing here.", 404)
        if (
            scope["method"] in UNSAFE
            and not scope["path"].startswith(KEYED_PREFIXES)
            and not self._is_ours(headers)
        ):
            return PlainTextResponse(
                "Yêu cầu này không đến từ trang của Chợ Phiên. / This request did not come from our own page.",
                403,
            )
        return None

    def _is_ours(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a browser says that the form stood on one of our own pages (Fetch Metadata, then Origin)."""
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site == b"same-origin"
        origin = headers.get(b"origin")
        if origin is None:
            return False
        host = headers.get(b"host", self._public_host.encode()).decode("latin-1")
        return urlsplit(origin.decode("latin-1")).netloc in {host, self._public_host}

    def _with_ours(self, headers: Iterable[RawHeader], request_id: str) -> list[RawHeader]:
        """The headers of an answer with those of every answer; what a room said itself stays."""
        if self._ours is None:
            self._ours = self._spell()
        said = list(headers)
        names = {name for name, _value in said}
        said += [pair for pair in self._ours if pair[0] not in names]
        said.append((b"x-request-id", request_id.encode()))
        return said

    def _spell(self) -> list[RawHeader]:
        """The headers of every answer, spelled once: it is done for each of them."""
        ours = {
            "content-security-policy": csp(self._form_targets()),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "geolocation=(self), camera=(self), microphone=(self)",
            "cross-origin-opener-policy": "same-origin",
        }
        if self._is_secure:
            ours["strict-transport-security"] = "max-age=31536000"
        return [(name.encode(), value.encode()) for name, value in ours.items()]


def _bounded(receive: Receive) -> Receive:
    """Stop reading a body that lies about its length."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            return {"type": "http.disconnect"}
        return message

    return read


NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework would hand whole addresses, private links with their tokens among them, to any exporter that the
environment names; our own log hides them."""

_TOKEN_PATHS = re.compile(r"^/(orders|bookings|waiting|staying|payments|calendar)/[^/]+")


def public_path(path: str) -> str:
    """The path as the log may hold it: private links lose their token."""
    return _TOKEN_PATHS.sub(r"/\1/***", path)
