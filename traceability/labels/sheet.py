"""The sheet of labels as a PDF, set by typst from a template of ours with fonts of ours: no network, no system fonts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.core import qr, typeset
from app.core.quantity import format_grams
from traceability.labels.press import Press, link_of
from traceability.labels.schemas import Layout

_TEMPLATE = Path(__file__).parent / "sheet.typ"


@dataclass(frozen=True)
class LabelFace:
    """What every label of a lot says; net weight in grams."""

    product: str
    variant: str
    producer: str
    gtin: str
    lot_code: str
    produced_on: date
    expires_on: date
    net_weight_g: int
    storage: str
    is_practice: bool = False


def spell(serial: str) -> str:
    """A serial in groups that the eye can follow: "ABCD EFGH JKLM N"."""
    return " ".join(serial[start : start + 4] for start in range(0, len(serial), 4))


def svg(face: LabelFace, serial: str, *, press: Press) -> str:
    """One label's symbol as an SVG picture."""
    link = link_of(press, gtin=face.gtin, lot_code=face.lot_code, serial=serial)
    return qr.svg(link, label=f"{face.product}, {face.lot_code}, {spell(serial)}")


async def compile_pdf(face: LabelFace, serials: Sequence[str], *, layout: Layout, press: Press) -> bytes:
    """Set one label for each serial."""
    words = await asyncio.to_thread(_tell, face, serials, layout, press)
    return await typeset.set_pdf(_TEMPLATE, words)


def _tell(face: LabelFace, serials: Sequence[str], layout: Layout, press: Press) -> dict[str, Any]:
    return {
        "layout": layout.value,
        "product": face.product,
        "variant": face.variant,
        "producer": face.producer,
        "gtin": face.gtin,
        "lot": face.lot_code,
        "produced": f"{face.produced_on:%d/%m/%Y}",
        "expires": f"{face.expires_on:%d/%m/%Y}",
        "weight": format_grams(face.net_weight_g),
        "storage": face.storage,
        "labels": [
            {
                "said": spell(serial),
                "svg": qr.svg(
                    link_of(press, gtin=face.gtin, lot_code=face.lot_code, serial=serial), label="QR"
                ),
            }
            for serial in serials
        ],
    }
