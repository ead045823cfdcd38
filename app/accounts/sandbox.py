"""The demo's phone: shows every short message, so that a visitor can read the log-in code. Mounted in the demo alone."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response

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
    return await render(request, DemoPhonePage(messages=messages))
