"""QR symbols: modules from `qrcode`, drawn by ourselves as one SVG path."""

from __future__ import annotations

from itertools import groupby

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
    """An SVG path of one stroke for every dark run of each row, one module thick; one unit is one module."""
    parts: list[str] = []
    for y, row in enumerate(matrix):
        runs = [(dark, len(list(cells))) for dark, cells in groupby(row)]
        x = offset
        is_begun = False
        gap = 0
        for dark, length in runs:
            if dark and not is_begun:
                parts.append(f"M{x} {y + offset}.5h{length}")
                is_begun = True
            elif dark:
                parts.append(f"m{gap} 0h{length}")
            gap = length
            x += length
    return "".join(parts)


def svg(text: str, *, label: str) -> str:
    """A whole SVG picture of `text` with its quiet zone, dark on white; `label` is what a screen reader says."""
    matrix = modules(text)
    side = len(matrix) + 2 * QUIET_ZONE
    spoken = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {side} {side}" role="img" '
        f'aria-label="{spoken}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path stroke="#000" d="{path(matrix)}"/></svg>'
    )
