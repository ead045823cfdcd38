"""What the producer's doors and the inspector's have in common: the workbook, and the port to the shop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fastapi import Request
from fastapi.responses import Response

from app.web.house import House, house_of
from app.web.pages import language_of
from traceability.authority.ports import Sales
from traceability.authority.service import Audit
from traceability.authority.sheet import MEDIA, make_book


def sales_of(house: House) -> Sales:
    """What the shop tells of the lots."""
    return house.port(Sales)  # type: ignore[type-abstract]  # a port is asked for by its protocol


async def answer_book(request: Request, audits: Sequence[Audit], name: str) -> Response:
    """The papers of lots as a file."""
    speak = partial(house_of(request).catalogue.translate, lang=language_of(request))
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "-" for letter in name
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}"',
        "Cache-Control": "private, no-store",
    }
    return Response(await make_book(audits, speak), media_type=MEDIA, headers=headers)
