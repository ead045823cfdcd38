"""The doors of checking without signal: one page, and the worker that lets a phone keep it."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.dependencies import TheHouse
from app.web.forms import Form
from app.web.pages import render
from app.web.templating import light_script, modules_version, static_url
from traceability.resolver.pages import OfflineVerifyPage

router = APIRouter()
ASSETS = ("app.css", "icons.svg", "mark.svg", "app.js", "scan.js", "verify/check.js", "verify/page.js")


@router.get("/verify/offline", name="traceability.resolver.verify_offline")
async def verify_offline(request: Request, house: TheHouse) -> Response:
    """Show the page that checks signatures on the phone itself."""
    host = urlsplit(house.settings.public_url).netloc
    return await render(request, OfflineVerifyPage(form=Form(), host=host))


@router.get("/verify/sw.js", name="traceability.resolver.verify_worker")
async def verify_worker() -> Response:
    """The worker that keeps that page, with the list of its files in front."""
    assets = [static_url(name) for name in ASSETS]
    head = f"const VERSION = {json.dumps(modules_version())};\nconst ASSETS = {json.dumps(assets)};\n"
    text = head + light_script("verify/sw.js")
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
