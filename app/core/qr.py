"""QR symbols: modules from `qrcode`, drawn by ourselves as one SVG path."""

from __future__ import annotations

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_ZONE = 4
# Choosing among the eight masks costs ten times the drawing; every mask decodes, so one is fixed.
MASK = 2


def modules(text: str) -> list[list[bool]]:
    """The dark modules of the smallest symbol for `text` (level M), row by row, without the quiet zone."""
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    symbol.add_data(text)
    symbol.make(fit=True)
    return [[bool(cell) for cell in row] for row in symbol.get_matrix()]


def path(matrix: list[list[bool]], *, offset: int = QUIET_ZONE) -> str:
    """An SVG path that fills every dark run of each row; one unit is one module."""
    parts: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            parts.append(f"M{start + offset} {y + offset}h{x - start}v1h-{x - start}z")
    return "".join(parts)


def svg(text: str, *, label: str) -> str:
    """A whole SVG picture of `text` with its quiet zone, dark on white; `label` is what a screen reader says."""
    matrix = modules(text)
    side = len(matrix) + 2 * QUIET_ZONE
    spoken = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {side} {side}" role="img" '
        f'aria-label="{spoken}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path fill="#000" d="{path(matrix)}"/></svg>'
    )
