"""Pictures of payment codes, to be kept in a phone's gallery and opened from a bank's app."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from app.core import qr

_MODULE_PX = 12


def draw_png(text: str) -> bytes:
    """Draw a QR symbol as PNG, dark on white, with its quiet zone."""
    matrix = qr.modules(text)
    side = len(matrix) + 2 * qr.QUIET_ZONE
    picture = Image.new("1", (side, side), color=1)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            if is_dark:
                picture.putpixel((x + qr.QUIET_ZONE, y + qr.QUIET_ZONE), 0)
    held = BytesIO()
    large = side * _MODULE_PX
    picture.resize((large, large), Image.Resampling.NEAREST).save(held, "PNG", optimize=True)
    return held.getvalue()
