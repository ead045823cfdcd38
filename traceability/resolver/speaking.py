"""Speaking: the few words about one label, as they stand inside the story."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request

from app.places import provinces
from app.web.pages import render_bytes
from traceability.resolver.digital_link import Link
from traceability.resolver.pages import LabelAnswer, PinQuestion, PlaceQuestion

if TYPE_CHECKING:
    from traceability.resolver.label_answers import Checked


def say_label(
    request: Request,
    checked: Checked,
    *,
    link: Link,
    lot_code: str | None,
    back: str,
    is_signed: bool,
    province_code: str | None,
) -> bytes:
    """Spell out what was found; nothing when nothing was asked.

    `back` is where the visitor is now, `province_code` where they hold the pack as far as they said. The words depend on
    nothing else of the visitor but the language: they are kept (see `ScanDoor`).
    """
    if checked.answer is None:
        return b""
    pin = PinQuestion(Link(link.gtin, lot_code, link.serial)) if checked.has_pin and lot_code else None
    return render_bytes(
        request,
        LabelAnswer(
            answer=checked.answer,
            is_signed=is_signed,
            report=_report_path(request, link),
            place=_ask_place(province_code, back) if link.serial and checked.is_issued else None,
            pin=pin,
            proof=_proof_path(request, link, lot_code, link.serial)
            if checked.is_issued and lot_code and link.serial
            else None,
        ),
    )


def _proof_path(request: Request, link: Link, lot_code: str, serial: str) -> str:
    """Where the proof of one label lies."""
    path = request.app.url_path_for("traceability.resolver.proof", gtin=link.gtin, lot=lot_code)
    return f"{path}?{urlencode({'serial': serial})}"


def _report_path(request: Request, link: Link) -> str:
    named = {"gtin": link.gtin, "lot": link.lot_code, "serial": link.serial}
    query = urlencode({name: value for name, value in named.items() if value is not None})
    return f"{request.app.url_path_for('traceability.reports.form')}?{query}"


def _ask_place(province_code: str | None, back: str) -> PlaceQuestion:
    return PlaceQuestion(
        provinces=provinces.list_provinces(), known=provinces.find_province(province_code), back=back
    )
