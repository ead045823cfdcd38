"""Paper tickets as pages to print and cut: the same tickets, bit for bit, however often (BOOKINGS.md, 120)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.core import qr, typeset
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.phone import format_phone
from app.core.signing import Signer
from producers.cooperatives.models import Producer
from storefront.tours import symbols
from storefront.tours.batch_models import TicketState
from storefront.tours.batch_repository import Line
from storefront.tours.batches import Sheet
from storefront.tours.words import say_days, say_unit, say_when

_TEMPLATE = Path(__file__).parent / "paper_ticket.typ"
Speak = Callable[[Text, str], str]
"""Says words in a language."""


def list_printed(sheet: Sheet) -> list[Line]:
    """The tickets of a batch that are worth their paper: nothing that is void, nor what somebody came in with."""
    return [
        line
        for line in sheet.lines
        if line.ticket.state is not TicketState.BACK and line.came_at is None and not sheet.is_off
    ]


def write_letters(sheet: Sheet, line: Line, signer: Signer) -> str:
    """Sign one ticket that is not void: of its departure, or of any day of its batch."""
    symbol = symbols.symbol_of_any_day(sheet.batch, line.ticket.code)
    if sheet.departure is not None and line.booking is not None:
        symbol = symbols.symbol_of(line.booking, sheet.departure, heads=sheet.batch.heads, place=0)
    return symbols.write(symbol, producer_id=sheet.batch.producer_id, signer=signer)


def say_validity(sheet: Sheet) -> Text:
    """Say when a batch's tickets are good."""
    if sheet.departure is not None:
        return say_when(sheet.tour, sheet.departure)
    return say_days(sheet.batch.valid_from, sheet.batch.valid_until)


async def make_pdf(
    sheet: Sheet, *, producer: Producer, signer: Signer, public_url: str, speak: Speak
) -> bytes:
    """Set the tickets: signed and drawn in a thread, set in a process of its own."""
    told = await asyncio.to_thread(
        _tell, sheet, producer=producer, signer=signer, public_url=public_url, speak=speak
    )
    return await typeset.set_pdf(_TEMPLATE, told)


def _tell(
    sheet: Sheet, *, producer: Producer, signer: Signer, public_url: str, speak: Speak
) -> dict[str, Any]:
    batch = sheet.batch

    def both(words: Text) -> list[str]:
        said = (speak(words, "vi"), speak(words, "en"))
        return [one[:1].upper() + one[1:] for one in said]

    call = _("Gọi trước khi đến: %(phone)s", phone=format_phone(producer.phone))
    if batch.departure_id is None:
        call = _("Gọi trước để giữ chỗ: %(phone)s", phone=format_phone(producer.phone))
    return {
        "title": f"{sheet.tour.title} {batch.code}",
        "tour": sheet.tour.title,
        "when": both(say_validity(sheet)),
        "unit": both(say_unit(sheet.unit)),
        "price": format_dong(batch.price_minor),
        "read": speak(_("Đọc mã này ở cổng"), "vi"),
        "meet": sheet.tour.meeting_point,
        "host": f"{producer.name} · {speak(call, 'vi')}",
        "call": speak(call, "en"),
        "point": f"({batch.point_name})",
        "tickets": [
            {
                "svg": qr.svg(symbols.address_of(write_letters(sheet, line, signer), public_url), label="QR"),
                "code": line.ticket.code,
                "number": f"{line.ticket.number}/{batch.count}",
            }
            for line in list_printed(sheet)
        ],
    }
