"""The bench of the client's modules: an empty page that may import them, under the house's own content policy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.web.security import csp
from app.web.templating import STATIC
from tests.browser.conftest import PATIENCE
from tests.serving import free_port

START_S = 20.0


async def _blank(_request: Request) -> HTMLResponse:
    page = "<!doctype html><html lang=vi><title>.</title><body></body></html>"
    return HTMLResponse(page, headers={"Content-Security-Policy": csp()})


@pytest.fixture(scope="session")
def bench() -> Iterator[str]:
    """The address of a server that has `/static` and an empty page at `/`, and nothing else."""
    routes = [Mount("/static", StaticFiles(directory=STATIC)), Route("/", _blank)]
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    began = time.monotonic()
    while not server.started and time.monotonic() - began < START_S:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def lab(chromium: Browser, bench: str) -> Iterator[Page]:
    """An empty page with an empty database of its own: `lab.evaluate("async () => { const m = await import('/static/…') }")`.

    Whatever the page throws and nobody catches fails the test.
    """
    context = chromium.new_context(base_url=bench, locale="vi-VN")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.goto("/")
    yield page
    context.close()
    assert thrown == []
