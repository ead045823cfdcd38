"""A sheet is one picture in the making: SVG marks, paints and the print-like filters."""

import math
import random
from collections.abc import Callable, Iterable, Sequence

Point = tuple[float, float]
WIDTH = 1280
Stop = tuple[float, str] | tuple[float, str, float]
HEIGHT = 960

INK = "#16203a"
CHAM = "#22305c"
CHAM_MID = "#3d5286"
CHAM_PALE = "#8fa3bd"
PAPER = "#f6ead2"
CREAM = "#fbf3e0"
LEAF_DEEP = "#17382f"
LEAF_DARK = "#24523b"
LEAF = "#47803f"
LEAF_LIGHT = "#8db04c"
LEAF_GLOW = "#d3d777"
EMBER = "#c8442b"
AMBER = "#e8a24a"
WOOD = "#8a5533"
WOOD_DARK = "#4a2b1f"

FILTERS = """
<filter id="gouache" x="-4%" y="-4%" width="108%" height="108%">
 <feTurbulence type="fractalNoise" baseFrequency=".03" numOctaves="2" seed="3" result="n"/>
 <feDisplacementMap in="SourceGraphic" in2="n" scale="6" xChannelSelector="R" yChannelSelector="G" result="d"/>
 <feTurbulence type="fractalNoise" baseFrequency=".009 .05" numOctaves="4" seed="8"/>
 <feColorMatrix values="1.1 0 0 0 -.02 1.1 0 0 0 -.02 1.1 0 0 0 -.02 0 0 0 0 1"/>
 <feComposite in2="d" operator="in" result="b"/><feBlend in="b" in2="d" mode="soft-light"/></filter>
<filter id="cut" x="-6%" y="-6%" width="112%" height="112%">
 <feTurbulence type="fractalNoise" baseFrequency=".045" numOctaves="2" seed="5" result="n"/>
 <feDisplacementMap in="SourceGraphic" in2="n" scale="5" xChannelSelector="R" yChannelSelector="G"/></filter>
<filter id="stipple" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="fractalNoise" baseFrequency=".42" numOctaves="2" seed="11"/>
 <feColorMatrix values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0" result="n"/>
 <feComposite in="SourceAlpha" in2="n" operator="arithmetic" k2="1" k3="2.2" k4="-1.6"/>
 <feComponentTransfer result="m"><feFuncA type="linear" slope="3.2"/></feComponentTransfer>
 <feComponentTransfer in="SourceGraphic"><feFuncA type="linear" slope="900"/></feComponentTransfer>
 <feComposite in2="m" operator="in"/></filter>
<filter id="caustic" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="turbulence" baseFrequency=".009 .014" numOctaves="2" seed="21"/>
 <feColorMatrix values="0 0 0 0 .93 0 0 0 0 1 0 0 0 0 .9 -9 0 0 0 .95"/>
 <feComposite in2="SourceAlpha" operator="in"/><feGaussianBlur stdDeviation="1.3"/></filter>
<filter id="ripple" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="fractalNoise" baseFrequency=".006 .05" numOctaves="3" seed="31"/>
 <feColorMatrix values="0 0 0 0 1 0 0 0 0 1 0 0 0 0 .94 7 0 0 0 -3.9"/>
 <feComposite in2="SourceAlpha" operator="in"/></filter>
<filter id="woodgrain" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="fractalNoise" baseFrequency=".004 .11" numOctaves="4" seed="14"/>
 <feColorMatrix values="0 0 0 0 .16 0 0 0 0 .07 0 0 0 0 .03 5 0 0 0 -2.4"/>
 <feComposite in2="SourceAlpha" operator="in"/></filter>
<filter id="grain" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="fractalNoise" baseFrequency=".55" numOctaves="2" seed="2"/>
 <feColorMatrix values="1.1 0 0 0 -.05 1.1 0 0 0 -.05 1.1 0 0 0 -.05 0 0 0 0 1"/></filter>
<filter id="wash" x="0" y="0" width="100%" height="100%">
 <feTurbulence type="fractalNoise" baseFrequency=".004 .007" numOctaves="4" seed="6"/>
 <feColorMatrix values="2.2 0 0 0 -.6 2.2 0 0 0 -.6 2.2 0 0 0 -.6 0 0 0 0 1"/></filter>
"""


def attributes(given: dict[str, object]) -> str:
    """Write keyword arguments as SVG attributes, `stroke_width` becoming `stroke-width`."""
    return "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in given.items())


def smooth(points: Sequence[Point], *, closed: bool = False) -> str:
    """Return the path of a Catmull-Rom curve through the points."""
    many = list(points)
    around = [many[-1], *many, many[0], many[1]] if closed else [many[0], *many, many[-1]]
    text = [f"M{many[0][0]:.1f} {many[0][1]:.1f}"]
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        text.append(
            f"C{first[0]:.1f} {first[1]:.1f} {second[0]:.1f} {second[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
        )
    return "".join(text) + ("Z" if closed else "")


def straight(points: Iterable[Point]) -> str:
    """Return the path of a closed polygon."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def mix(first: str, second: str, share: float) -> str:
    """Blend two #rrggbb colours, `share` of the second."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * min(max(share, 0), 1)):02x}" for a, b in pairs)


class Sheet:
    """One 1280 by 960 picture: marks are laid back to front, paints are kept apart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rng = random.Random(name)  # noqa: S311 - the same name must draw the same picture
        self.marks: list[str] = []
        self.paints: list[str] = []

    def put(self, *marks: str) -> None:
        """Lay raw SVG on the sheet."""
        self.marks.extend(marks)

    def path(self, d: str, fill: str = "none", **given: object) -> None:
        """Lay one path."""
        self.put(f'<path d="{d}" fill="{fill}"{attributes(given)}/>')

    def line(self, d: str, stroke: str, width: float, **given: object) -> None:
        """Lay one round-ended stroke."""
        given = {"stroke-linecap": "round", "stroke-linejoin": "round", **given}
        self.path(d, "none", stroke=stroke, stroke_width=f"{width:.1f}", **given)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str, **given: object) -> None:
        """Lay one ellipse."""
        self.put(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{attributes(given)}/>'
        )

    def box(self, x: float, y: float, w: float, h: float, fill: str, **given: object) -> None:
        """Lay one rectangle."""
        self.put(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}"{attributes(given)}/>'
        )

    def open(self, **given: object) -> None:
        """Open a group; `close` ends it."""
        self.put(f"<g{attributes(given)}>")

    def close(self) -> None:
        """End the group last opened."""
        self.put("</g>")

    def _paint(self, tag: str, where: str, stops: Sequence[Stop]) -> str:
        key = f"p{len(self.paints)}"
        text = "".join(
            f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{rest[0] if rest else 1}"/>'
            for at, colour, *rest in stops
        )
        self.paints.append(f'<{tag} id="{key}" {where}>{text}</{tag}>')
        return f"url(#{key})"

    def down(self, *stops: Stop) -> str:
        """Return a paint that changes from the top of a shape to its foot."""
        return self._paint("linearGradient", 'x1="0" y1="0" x2="0" y2="1"', stops)

    def across(self, *stops: Stop) -> str:
        """Return a paint that changes from the left of a shape to its right."""
        return self._paint("linearGradient", 'x1="0" y1="0" x2="1" y2="0"', stops)

    def round(
        self,
        *stops: Stop,
        x: float = 0.5,
        y: float = 0.5,
        r: float = 0.5,
    ) -> str:
        """Return a paint that changes outwards from a point given as shares of the shape."""
        return self._paint("radialGradient", f'cx="{x}" cy="{y}" r="{r}"', stops)

    def blur(self, size: float) -> str:
        """Return a filter that softens by `size` pixels."""
        key = f"b{len(self.paints)}"
        self.paints.append(
            f'<filter id="{key}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="{size}"/></filter>'
        )
        return f"url(#{key})"

    def clip(self, d: str) -> str:
        """Return a clip in the form of the path."""
        key = f"c{len(self.paints)}"
        self.paints.append(f'<clipPath id="{key}"><path d="{d}"/></clipPath>')
        return f"url(#{key})"

    def glow(  # noqa: PLR0917 - a drawing is all coordinates
        self, x: float, y: float, r: float, colour: str, strength: float = 0.7, mode: str = "screen"
    ) -> None:
        """Lay a pool of light (or, with mode multiply, of shade)."""
        paint = self.round((0, colour, strength), (0.45, colour, strength * 0.42), (1, colour, 0))
        self.oval(x, y, r, r, paint, style=f"mix-blend-mode:{mode}")

    def noise(self, scale: float, parts: int = 4, *, rough: float = 0.55) -> Callable[[float], float]:
        """Return a smooth random function of one number, about -1 to 1, whose waves are `scale` wide."""
        waves = [
            (rough**n, math.tau * 1.9**n / scale * self.rng.uniform(0.8, 1.2), self.rng.uniform(0, math.tau))
            for n in range(parts)
        ]
        total = sum(wave[0] for wave in waves)
        return lambda x: sum(a * math.sin(f * x + p) for a, f, p in waves) / total

    def svg(self) -> str:
        """Return the finished sheet with the paper's tooth over it."""
        edge = self.round((0.55, INK, 0), (1, INK, 0.34), r=0.78)
        over = (
            '<rect width="1280" height="960" filter="url(#wash)" opacity=".2" style="mix-blend-mode:soft-light"/>'
            f'<rect width="1280" height="960" fill="{edge}" style="mix-blend-mode:multiply"/>'
            '<rect width="1280" height="960" filter="url(#grain)" opacity=".42" style="mix-blend-mode:soft-light"/>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' color-interpolation-filters="sRGB"><defs>{FILTERS}{"".join(self.paints)}</defs>'
            f"{''.join(self.marks)}{over}</svg>"
        )
