"""The demo's phone: shows every short message, so that a visitor can read the log-in code. Mounted in the demo alone."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.accounts import browsers
from app.accounts.pages import DemoPhonePage, Message
from app.core.sms import ConsoleSms
from app.web.dependencies import TheHouse
from app.web.pages import render

router = APIRouter()


@router.get("/demo/phone", name="app.accounts.demo_phone")
async def show_phone(request: Request, house: TheHouse) -> Response:
    """Show the newest messages; a network that really carries them shows none."""
    latest = house.sms.latest() if isinstance(house.sms, ConsoleSms) else []
    messages = [Message(phone, body, datetime.fromisoformat(sent_at)) for sent_at, phone, body in latest]
    me = str(request.app.url_path_for("app.accounts.me"))
    back = urlencode({"next": browsers.local_path(request.query_params.get("next"), me)})
    code_href = f"{request.app.url_path_for('app.accounts.code')}?{back}"
    return await render(request, DemoPhonePage(messages=messages, code_href=code_href))
