"""Labels as a PDF or a picture, set by typst from a template of ours with fonts of ours: no network, no system fonts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.core import qr, typeset
from app.core.quantity import format_grams
from traceability.labels.pins import pin_of, spell_pin
from traceability.labels.press import Press, link_of
from traceability.labels.schemas import Layout, Picture

SINGLE = "single"
"""One label alone, 70 x 42 mm."""
_TEMPLATE = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True)
class LabelFace:
    """What every label of a lot says (Decree 43/2017/ND-CP as amended by 111/2021, art. 10); net weight in grams.

    `address` is the producer's; `origin` the country, as a word.
    """

    product: str
    variant: str
    producer: str
    address: str
    gtin: str
    lot_code: str
    produced_on: date
    expires_on: date
    net_weight_g: int
    storage: str
    origin: str = "Việt Nam"
    is_practice: bool = False
    least_weight_g: int | None = None
    """Of a piece that the scale settles; `net_weight_g` is then the most."""


def spell(serial: str) -> str:
    """A serial in groups that the eye can follow: "ABCD EFGH JKLM N"."""
    return " ".join(serial[start : start + 4] for start in range(0, len(serial), 4))


def svg(face: LabelFace, serial: str, *, press: Press) -> str:
    """One label's symbol as an SVG picture."""
    link = link_of(press, gtin=face.gtin, lot_code=face.lot_code, serial=serial)
    return qr.svg(link, label=f"{face.product}, {face.lot_code}, {spell(serial)}")


async def compile_pdf(
    face: LabelFace, serials: Sequence[str | None], *, layout: Layout, press: Press, has_pin: bool = False
) -> bytes:
    """Set one label for each serial; where there is None, the place on the sheet stays empty."""
    words = await asyncio.to_thread(_tell, face, serials, layout.value, press, has_pin=has_pin)
    return await typeset.set_pdf(_TEMPLATE, words)


async def compile_label(
    face: LabelFace, serial: str, *, form: Picture, press: Press, has_pin: bool = False
) -> bytes:
    """Draw one label with all that stands on it."""
    words = await asyncio.to_thread(_tell, face, [serial], SINGLE, press, has_pin=has_pin)
    return await typeset.set_picture(_TEMPLATE, words, form=form.value)


def _tell(
    face: LabelFace, serials: Sequence[str | None], layout: str, press: Press, *, has_pin: bool
) -> dict[str, Any]:
    return {
        "layout": layout,
        "product": face.product,
        "producer": face.producer,
        "address": face.address,
        "origin": face.origin,
        "lot": face.lot_code,
        "produced": f"{face.produced_on:%d/%m/%Y}",
        "expires": f"{face.expires_on:%d/%m/%Y}",
        "weight": say_weight(face),
        "storage": face.storage,
        "labels": [_tell_label(face, serial, press, has_pin=has_pin) for serial in serials],
    }


def say_weight(face: LabelFace) -> str:
    """The net weight as the label says it: of a piece that the scale settles from the least to the most."""
    most = format_grams(face.net_weight_g)
    return most if face.least_weight_g is None else f"{format_grams(face.least_weight_g)} – {most}"


def _tell_label(face: LabelFace, serial: str | None, press: Press, *, has_pin: bool) -> dict[str, str] | None:
    if serial is None:
        return None
    link = link_of(press, gtin=face.gtin, lot_code=face.lot_code, serial=serial)
    pin = spell_pin(pin_of(press.pin_key, gtin=face.gtin, serial=serial)) if has_pin else ""
    return {"said": spell(serial), "svg": qr.svg(link, label="QR"), "pin": pin}
