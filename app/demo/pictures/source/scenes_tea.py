"""Tea, from the hill to the cup."""

import math
from collections.abc import Callable

from app.demo.pictures.source.land import (
    SUN,
    brocade,
    canopy,
    dome,
    far_hills,
    mist,
    sky,
    sprig,
    steam,
    stilt_house,
    table,
)
from app.demo.pictures.source.sheet import (
    CHAM,
    CHAM_MID,
    CREAM,
    EMBER,
    INK,
    LEAF,
    LEAF_DEEP,
    PAPER,
    Sheet,
    mix,
)

CELADON = "#a9c3a4"


def tea_hills(sheet: Sheet) -> None:
    """Draw rounded tea hills at dawn with a stilt house."""
    sky(sheet, (905, 268))
    far_hills(sheet, 350, 4)
    sheet.open(filter="url(#cut)")
    dome(sheet, 1120, 640, 290, 130, 0.6, 9)
    dome(sheet, 660, 640, 260, 110, 0.62, 9)
    sheet.close()
    mist(sheet, 650, 70, 0.8)
    sheet.open(filter="url(#cut)")
    dome(sheet, 190, 760, 420, 220, 0.34, 12)
    sheet.close()
    mist(sheet, 770, 60, 0.7)
    sheet.open(filter="url(#cut)")
    dome(sheet, 900, 860, 460, 240, 0.14, 12)
    sheet.close()
    for x, y, r in ((452, 676, 40), (500, 700, 34), (708, 690, 36)):
        canopy(sheet, x, y, r, LEAF_DEEP)
    stilt_house(sheet, 590, 752, 88)
    mist(sheet, 800, 36, 0.45)
    sheet.open(filter="url(#cut)")
    dome(sheet, 260, 1010, 640, 190, 0, 9)
    sheet.close()
    sheet.glow(905, 268, 700, "#ffb867", 0.5)


def contents_window(sheet: Sheet) -> None:
    """Lay soft hills as seen past a table."""
    sheet.open(filter=sheet.blur(5))
    sky(sheet, (980, 190))
    far_hills(sheet, 300, 3)
    dome(sheet, 260, 620, 420, 200, 0.35, 9)
    dome(sheet, 1060, 640, 380, 150, 0.4, 9)
    sheet.close()


def shade(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Lay the long shadow of a thing on a table, falling to the left."""
    sheet.oval(x - w * 0.35, y, w, h, INK, opacity=0.5, filter=sheet.blur(14))


def cup(sheet: Sheet, x: float, y: float, r: float, *, brew: str = "#b9b24a") -> None:
    """Lay a small celadon cup of green tea; (x, y) is the middle of its rim."""
    shade(sheet, x, y + r * 1.02, r * 1.1, r * 0.24)
    body = f"M{x - r} {y}C{x - r} {y + r * 0.8} {x - r * 0.6} {y + r * 1.1} {x - r * 0.45} {y + r * 1.12}H{x + r * 0.45}C{x + r * 0.6} {y + r * 1.1} {x + r} {y + r * 0.8} {x + r} {y}Z"
    sheet.path(
        body,
        sheet.across((0, mix(CELADON, INK, 0.5)), (0.6, CELADON), (0.9, "#e6edd0"), (1, CELADON)),
        filter="url(#gouache)",
    )
    sheet.oval(x, y, r, r * 0.3, "#dfe6cd")
    sheet.oval(x, y + r * 0.03, r * 0.9, r * 0.24, mix(CELADON, INK, 0.35))
    sheet.oval(
        x,
        y + r * 0.08,
        r * 0.82,
        r * 0.19,
        sheet.across((0, mix(brew, LEAF_DEEP, 0.45)), (1, mix(brew, SUN, 0.3))),
    )
    sheet.line(
        f"M{x + r * 0.2} {y + r * 0.16}q{r * 0.25} {-r * 0.02} {r * 0.42} {-r * 0.12}",
        CREAM,
        r * 0.04,
        opacity=0.8,
    )
    steam(sheet, x, y - r * 0.1, r * 2.2)


def hooks(  # noqa: PLR0917 - a drawing is all coordinates
    sheet: Sheet, x: float, y: float, rx: float, ry: float, count: int, long: float, *, heap: float = 0.0
) -> None:
    """Lay curled buds of dry green tea within an oval, heaped by `heap` pixels at the middle."""
    spots = []
    for _ in range(count):
        turn, out = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        spots.append((math.sin(turn) * out, math.cos(turn) * out, out))
    for down, over, out in sorted(spots):
        px, py = x + over * rx, y + down * ry - heap * (1 - out**2)
        light = 0.45 * over - 0.25 * down + sheet.rng.uniform(-0.35, 0.35)
        colour = mix(mix("#1f2f2a", "#4d6247", max(0, light + 0.5)), "#b9bf8a", max(0, light - 0.2))
        size = long * sheet.rng.uniform(0.7, 1.2)
        d = f"M0 0c{size * 0.5:.1f} {-size * 0.5:.1f} {size:.1f} {-size * 0.3:.1f} {size * 0.9:.1f} {size * 0.15:.1f}q{-size * 0.1:.1f} {size * 0.3:.1f} {-size * 0.35:.1f} {size * 0.12:.1f}"
        turned = f"translate({px:.1f} {py:.1f}) rotate({sheet.rng.uniform(0, 360):.0f})"
        sheet.line(d, "#101c1a", size * 0.24, transform=turned + " translate(2 3)", opacity=0.6)
        sheet.line(d, colour, size * 0.19, transform=turned)
        sheet.line(
            d, mix(colour, "#e9e6bb", 0.45), size * 0.05, transform=turned + " translate(0 -2)", opacity=0.7
        )


def tea_dry(sheet: Sheet) -> None:
    """Draw a bowl of curled green tea on indigo cloth."""
    table(sheet, 0, light="#a76c42", dark="#5a3322")
    sheet.open(transform="rotate(-9 640 480)", filter="url(#gouache)")
    sheet.box(-200, 360, 1700, 470, CHAM)
    for k in range(30):
        sheet.line(f"M-200 {368 + k * 16}H1500", CHAM_MID, 1.4, opacity=0.4)
    brocade(sheet, -200, 690, 1700, 110)
    sheet.close()
    sheet.oval(560, 660, 480, 250, INK, opacity=0.6, filter=sheet.blur(26))
    bowl = "M220 440C230 690 400 830 640 830S1050 690 1060 440Z"
    sheet.path(
        bowl,
        sheet.across((0, "#4f6a63"), (0.35, "#86a794"), (0.8, "#dbe5c9"), (1, "#8ba48d")),
        filter="url(#gouache)",
    )
    sheet.path(
        "M244 560Q640 850 1036 560Q1020 640 990 690Q640 930 292 690Q256 640 244 560Z", "#35524d", opacity=0.22
    )
    sheet.oval(640, 440, 420, 190, "#e7ecd5")
    sheet.oval(640, 446, 398, 173, "#5d786b")
    sheet.oval(640, 462, 382, 158, "#15221f")
    hooks(sheet, 640, 452, 362, 148, 900, 44, heap=120)
    hooks(sheet, 1130, 800, 90, 50, 14, 46)
    sheet.glow(1000, 160, 760, "#ffcf8a", 0.55)
    sprig(sheet, 170, 250, 170, -30)


def tin(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Lay an indigo tea tin with a brocade band; (x, y) is the middle of its foot."""
    r, e = w / 2, w * 0.13
    shade(sheet, x - 30, y + 4, w * 0.75, e * 1.3)
    body = f"M{x - r} {y - h}V{y}A{r} {e} 0 0 0 {x + r} {y}V{y - h}Z"
    sheet.open(clip_path=sheet.clip(body))
    sheet.box(x - r, y - h, w, h + e, CHAM)
    sheet.open(filter="url(#gouache)")
    for k in range(7):
        band = y - h * 0.34 + k
        sheet.line(f"M{x - r} {band}A{r} {e} 0 0 0 {x + r} {band}", CHAM, 1)
    brocade(sheet, x - r, y - h * 0.24 + e * 0.4, w, h * 0.22)
    sheet.close()
    sheet.path(
        f"M{x - r * 0.52} {y - h * 0.86}H{x + r * 0.52}V{y - h * 0.36}Q{x} {y - h * 0.33} {x - r * 0.52} {y - h * 0.36}Z",
        PAPER,
    )
    sheet.path(
        f"M{x - r * 0.46} {y - h * 0.84}H{x + r * 0.46}V{y - h * 0.385}Q{x} {y - h * 0.36} {x - r * 0.46} {y - h * 0.385}Z",
        "none",
        stroke=EMBER,
        stroke_width=3,
    )
    sprig(sheet, x, y - h * 0.47, h * 0.24, 0, LEAF)
    sheet.line(f"M{x - r * 0.3} {y - h * 0.43}H{x + r * 0.3}", CHAM, 5)
    sheet.line(f"M{x - r * 0.2} {y - h * 0.405}H{x + r * 0.2}", EMBER, 3)
    sheet.box(
        x - r,
        y - h,
        w,
        h + e,
        sheet.across(
            (0, INK, 0.85),
            (0.32, INK, 0.3),
            (0.66, "#fff", 0),
            (0.82, SUN, 0.5),
            (0.9, "#fff", 0),
            (1, INK, 0.5),
        ),
    )
    sheet.close()
    lid = h * 0.13
    sheet.path(
        f"M{x - r - 4} {y - h - lid}V{y - h + 4}A{r + 4} {e} 0 0 0 {x + r + 4} {y - h + 4}V{y - h - lid}Z",
        sheet.across((0, "#3a2b22"), (0.35, "#8d6a3f"), (0.7, "#d8ae68"), (0.84, "#fff0c4"), (1, "#7a5530")),
    )
    sheet.oval(x, y - h - lid, r + 4, e, sheet.across((0, "#8d6a3f"), (0.8, "#f3d597"), (1, "#c99a58")))
    sheet.oval(x, y - h - lid - 2, r * 0.84, e * 0.8, "none", stroke="#8d6a3f", stroke_width=3)


def tea_tin(sheet: Sheet) -> None:
    """Draw a tin of tea and a steaming cup on a wooden table."""
    contents_window(sheet)
    table(sheet, 600)
    tin(sheet, 520, 800, 330, 430)
    cup(sheet, 880, 690, 105)
    hooks(sheet, 800, 880, 130, 28, 40, 34)
    sprig(sheet, 1090, 880, 120, 60)
    sheet.glow(1100, 120, 800, "#ffc27a", 0.5)


SCENES: dict[str, Callable[[Sheet], None]] = {
    "tea-hills": tea_hills,
    "tea-dry": tea_dry,
    "tea-tin": tea_tin,
}
