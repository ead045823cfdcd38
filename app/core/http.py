"""The one HTTP client that every outward port uses."""

from __future__ import annotations

import httpx

TIMEOUT = httpx.Timeout(10.0, connect=5.0)


def make_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Make a client with bounded waits; `transport` stands in for the network in tests and in the demo."""
    return httpx.AsyncClient(timeout=TIMEOUT, transport=transport, follow_redirects=False)
