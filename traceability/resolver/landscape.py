"""The little picture of a place: ridges, rice-terrace contours and a point, drawn from its coordinates alone."""

from __future__ import annotations

import math
from urllib.parse import quote

WIDTH, HEIGHT = 400, 300
_RIDGES = (("#b9cbb4", 118, 34), ("#8fae8d", 152, 30), ("#5f8a66", 188, 26))
_STEPS = 8


def _wave(seed: float, x: float) -> float:
    """A slope between -1 and 1, the same for the same place."""
    return (
        math.sin(seed + x * 5.1) + math.sin(seed * 1.7 + x * 9.7) * 0.6 + math.sin(seed * 2.3 + x * 17) * 0.3
    ) / 1.9


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")


def draw_place(*, latitude_e6: int, longitude_e6: int, names: tuple[str, str], altitude: str) -> str:
    """Draw a place as SVG text of at most 1.5 KB; degrees x 10^6, names of commune and province, altitude in words."""
    seed = (latitude_e6 % 100_003) / 977 + (longitude_e6 % 100_019) / 1_361
    parts = [
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>"
            f"<path fill='#f3e6c8' d='M0 0h{WIDTH}v{HEIGHT}H0z'/>"
            f"<circle cx='{60 + round(seed * 37) % 280}' cy='62' r='24' fill='#e6aa2e'/>"
        )
    ]
    for number, (colour, base, swing) in enumerate(_RIDGES):
        points = [
            f"{round(WIDTH * step / _STEPS)} {round(base - swing * _wave(seed + number * 2.1, step / _STEPS))}"
            for step in range(_STEPS + 1)
        ]
        parts.append(f"<path fill='{colour}' d='M0 {HEIGHT}L{'L'.join(points)}V{HEIGHT}z'/>")
    contours = []
    for line in range(3):
        y = 214 + line * 12
        bend = round(_wave(seed + line, 0.4) * 12)
        contours.append(f"M0 {y}q100 {-14 - bend} 200 {bend // 2}t200 -6")
    parts.append(f"<path fill='none' stroke='#e3efd9' stroke-width='2' d='{''.join(contours)}'/>")
    x, y = 130 + round(seed * 61) % 140, 168
    parts.append(
        f"<path fill='#8c220d' stroke='#fff' stroke-width='3' d='M{x} {y}c-20-26-20-46 0-48 20 2 20 22 0 48z'/>"
        f"<circle cx='{x}' cy='{y - 30}' r='6' fill='#fff'/>"
        f"<path fill='#1d2857' d='M0 252h{WIDTH}v48H0z'/>"
        "<g fill='#fdf5e0' font-family='sans-serif'>"
        f"<text x='14' y='273' font-size='18' font-weight='700'>{_escape(names[0])}</text>"
        f"<text x='14' y='292' font-size='14'>{_escape(names[1])}</text>"
        f"<text x='386' y='282' font-size='16' text-anchor='end'>{_escape(altitude)}</text></g></svg>"
    )
    return "".join(parts)


def as_data_uri(svg: str) -> str:
    """Put an SVG into a `data:` address for an `img` inside the page."""
    return "data:image/svg+xml," + quote(svg, safe=" =:/'<>,.;-()")
