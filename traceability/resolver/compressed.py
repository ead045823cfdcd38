"""The door of compressed links: addresses that no route knows are tried last, so that none is ever swallowed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import RedirectResponse

from traceability.resolver.answers import CORS, METHODS
from traceability.resolver.compression import expand_path

if TYPE_CHECKING:
    from fastapi.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send


def lead_to_plain(public_url: str, path: str, query: str) -> Response | None:
    """Lead to the plain form of a compressed link, and say that both are the same; None for anything else.

    The caller's own query passes on (GS1-Conformant Resolver Standard 1.2).
    """
    expanded = expand_path(path)
    if expanded is None:
        return None
    plain, own_query = expanded
    address = public_url.rstrip("/") + plain
    whole = "&".join(part for part in (own_query, query) if part)
    return RedirectResponse(
        f"{address}?{whole}" if whole else address,
        HTTPStatus.TEMPORARY_REDIRECT,
        headers={**CORS, "Link": f'<{address}>; rel="owl:sameAs"'},
    )


class CompressedLinks:
    """Stands where the router gives up: a compressed link is led on, everything else is not found as before."""

    def __init__(self, not_found: ASGIApp, *, public_url: str) -> None:
        self._not_found = not_found
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        response = None
        if scope["type"] == "http" and scope["method"] in METHODS:
            path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
            response = lead_to_plain(
                self._public_url, path.partition("?")[0], scope["query_string"].decode("ascii", "replace")
            )
        await (response or self._not_found)(scope, receive, send)
