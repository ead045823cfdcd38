"""The raceways, the stream and what comes out of them."""

import math
from collections.abc import Callable

from app.demo.pictures.source.figures import person
from app.demo.pictures.source.fish import banana_leaf, ice, lime, salmon_fish, steak, sturgeon_fish, water
from app.demo.pictures.source.land import SUN, brocade, far_hills, forest, leaf, mist, ridge, sky, table
from app.demo.pictures.source.sheet import (
    AMBER,
    CHAM,
    CREAM,
    EMBER,
    HEIGHT,
    INK,
    LEAF,
    LEAF_DARK,
    LEAF_DEEP,
    LEAF_LIGHT,
    WIDTH,
    Sheet,
    mix,
    smooth,
    straight,
)


def sturgeon(sheet: Sheet) -> None:
    """Draw a live sturgeon in clear water, from above."""
    water(sheet, shallow="#a3dcc4", deep="#1c6072")
    sheet.open(opacity=0.4, filter=sheet.blur(5))
    sturgeon_fish(sheet, (1180, 130), 2.75, 520, 0.07)
    sturgeon_fish(sheet, (240, 860), -0.25, 560, -0.06)
    sheet.close()
    sturgeon_fish(sheet, (110, 440), 0.1, 1010, 0.085)
    sheet.box(
        0, 0, WIDTH, HEIGHT, "#fff", filter="url(#caustic)", opacity=0.26, style="mix-blend-mode:screen"
    )
    sheet.box(0, 0, WIDTH, HEIGHT, "#fff", filter="url(#ripple)", opacity=0.14)
    sheet.glow(980, 120, 620, "#fff0bf", 0.45)


def basin(sheet: Sheet, y: float, half: float, deep: float, shrink: float, x: float = 640) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay one raceway basin with its walls and the fall at its lower lip; (x, y) is the middle of that lip."""
    back = half * shrink
    wall = half * 0.11
    lip = half * 0.2
    sheet.path(
        straight(
            [
                (x - half - wall, y),
                (x - back - wall * shrink, y - deep),
                (x + back + wall * shrink, y - deep),
                (x + half + wall, y),
            ]
        ),
        sheet.across((0, "#7c7a74"), (0.6, "#cdbf9f"), (1, "#efe0b8")),
    )
    surface = straight([(x - half, y - 2), (x - back, y - deep), (x + back, y - deep), (x + half, y - 2)])
    sheet.path(surface, sheet.down((0, "#b9dcc9"), (0.45, "#4f9c9c"), (1, "#175567")))
    sheet.path(surface, "#fff", filter="url(#ripple)", opacity=0.5)
    sheet.path(
        straight(
            [
                (x - half, y - 2),
                (x - back, y - deep),
                (x - back + wall * 0.9, y - deep),
                (x - half + wall * 1.8, y - 2),
            ]
        ),
        INK,
        opacity=0.32,
    )
    for _ in range(int(half / 22)):
        depth = sheet.rng.uniform(0.12, 0.85)
        px, py = x + sheet.rng.uniform(-0.75, 0.75) * (half + (back - half) * depth), y - deep * depth
        size = half * 0.05 * (1 - depth * 0.6)
        sheet.line(
            f"M{px:.0f} {py:.0f}q{size:.0f} {-size * 0.5:.0f} {size * 2.2:.0f} {-size * 0.1:.0f}",
            "#0d2f3d",
            size * 0.5,
            opacity=0.7,
        )
    sheet.path(
        straight(
            [
                (x - half - wall, y),
                (x + half + wall, y),
                (x + half + wall, y + lip),
                (x - half - wall, y + lip),
            ]
        ),
        sheet.across((0, "#54534f"), (1, "#a89773")),
    )
    fall = straight(
        [
            (x - half * 0.8, y - 3),
            (x + half * 0.8, y - 3),
            (x + half * 0.84, y + lip * 1.1),
            (x - half * 0.84, y + lip * 1.1),
        ]
    )
    sheet.path(fall, sheet.down((0, "#5fa9a8"), (1, "#f4f6e2")))
    for _ in range(int(half / 5)):
        px = x + sheet.rng.uniform(-0.8, 0.8) * half
        sheet.line(
            f"M{px:.0f} {y:.0f}v{lip * sheet.rng.uniform(0.5, 1.1):.0f}",
            CREAM,
            max(1, half * 0.008),
            opacity=0.7,
        )
    for _ in range(int(half / 6)):
        px = x + sheet.rng.uniform(-0.86, 0.86) * half
        sheet.oval(px, y + lip * 1.1, half * 0.035, half * 0.014, CREAM, opacity=0.85)


def waterfall(sheet: Sheet, x: float, top: float, foot: float, wide: float) -> None:
    """Lay a fall of white water down a dark cliff."""
    wave = sheet.noise(wide * 3, 4)
    crest = [
        (x + k * wide * 0.4, top - 6 + abs(k) ** 1.4 * 7 - (34 * wave(k * 40.0) if abs(k) > 1 else 0))
        for k in range(-13, 14)
    ]
    rock = straight([*crest, (x + wide * 6, foot + 90), (x - wide * 6, foot + 90)])
    sheet.path(rock, sheet.down((0, "#42686a"), (1, "#2f5048")), filter="url(#gouache)")
    for _ in range(50):
        px, py = x + sheet.rng.uniform(-2.6, 2.6) * wide, sheet.rng.uniform(top + 20, foot)
        sheet.line(
            f"M{px:.0f} {py:.0f}l{sheet.rng.uniform(-6, 6):.0f} {sheet.rng.uniform(16, 50):.0f}",
            sheet.rng.choice(["#1f3b3d", "#6f8f86"]),
            3,
            opacity=0.5,
        )
    for _ in range(46):
        px = x + sheet.rng.uniform(-0.5, 0.5) * wide
        sway = sheet.rng.uniform(-0.25, 0.25) * wide
        sheet.line(
            f"M{px:.0f} {top + sheet.rng.uniform(-4, 40):.0f}q{sway * 0.2:.0f} {(foot - top) * 0.5:.0f} {sway:.0f} {(foot - top) * sheet.rng.uniform(0.6, 0.96):.0f}",
            sheet.rng.choice(["#fdf7e4", "#d8ead9", "#b7d4cf"]),
            sheet.rng.uniform(2, 7),
            opacity=0.8,
        )
    mist(sheet, foot, 40, 0.55, CREAM)


def valley(sheet: Sheet) -> None:
    """Lay a forest valley that opens on a waterfall."""
    sky(sheet, (930, 150), top="#8fb5ae", low="#f7dfae")
    far_hills(sheet, 230, 3, tint="#2c4a62")
    ridge(sheet, 400, 90, "#2f5650", "#7d9a80", wide=900)
    waterfall(sheet, 610, 285, 470, 60)
    for k, size in enumerate((26, 38, 54)):

        def base(x: float, k: int = k) -> float:
            return (
                505
                + k * 46
                - math.pow(abs(x - 625), 1.12) * (0.17 + 0.012 * k)
                + (HEIGHT if abs(x - 625) < 90 + k * 92 else 0)
            )

        tone = mix("#4e7a62", LEAF_DEEP, 0.3 + k * 0.32)
        forest(sheet, base, size, tone, mix(LEAF_LIGHT, SUN, 0.35 - k * 0.1))


def raceways(sheet: Sheet) -> None:
    """Draw raceways stepping down a forest valley."""
    valley(sheet)
    sheet.path(
        straight([(470, 500), (800, 500), (1500, 960), (-220, 960)]),
        sheet.down((0, "#93a56a"), (1, "#3c5a33")),
        filter="url(#gouache)",
    )
    sheet.open(filter="url(#cut)")
    for y, half, deep, shrink in (
        (540.0, 92, 40, 0.84),
        (606, 136, 52, 0.8),
        (700, 206, 74, 0.78),
        (842, 320, 106, 0.76),
        (1080, 520, 180, 0.74),
    ):
        basin(sheet, y, half, deep, shrink)
    sheet.close()
    person(sheet, 1010, 846, 210, coat=CHAM, hat=True, net=True)
    for _ in range(60):
        x, y = (
            sheet.rng.choice([sheet.rng.uniform(0, 200), sheet.rng.uniform(1110, 1280)]),
            sheet.rng.uniform(850, 970),
        )
        leaf(
            sheet,
            x,
            y,
            sheet.rng.uniform(60, 130),
            sheet.rng.uniform(-60, 60),
            mix(LEAF_DEEP, LEAF, sheet.rng.random() * 0.8),
            vein=False,
        )
    sheet.glow(930, 140, 620, "#ffc87f", 0.55)


def salmon_fillet(sheet: Sheet) -> None:
    """Draw a salmon fillet on ice and leaf."""
    table(sheet, 0, light="#54688a", dark="#1c2744")
    banana_leaf(sheet, 640, 520, 650, 290, -8)
    ice(sheet, 640, 540, 540, 270, 1100)
    sheet.open(transform="rotate(-9 640 480)")
    top = [(150, 520), (210, 430), (420, 345), (700, 330), (960, 385), (1130, 480)]
    low = [(1140, 530), (960, 580), (700, 640), (420, 650), (210, 610)]
    shape = smooth([*top, *low], closed=True)
    sheet.path(shape, INK, opacity=0.5, transform="translate(-14 44)", filter=sheet.blur(16))
    sheet.path(
        shape,
        sheet.across((0, "#3a4650"), (0.5, "#c9d0c6"), (1, "#56646b")),
        transform="translate(0 26)",
        filter="url(#cut)",
    )
    sheet.open(filter="url(#gouache)")
    sheet.path(shape, sheet.down((0, "#f9a765"), (0.3, "#f4834a"), (0.62, "#e8622f"), (1, "#c94a26")))
    sheet.open(clip_path=sheet.clip(shape))
    for k in range(27):
        x = 120 + k * 42
        bend = 16 + 6 * math.sin(k)
        sheet.line(
            f"M{x + 70} 300Q{x + bend} 400 {x - 22} 486", "#ffd9b0", 6 + 2 * math.sin(k * 2.1), opacity=0.8
        )
        sheet.line(
            f"M{x - 22} 490Q{x + bend} 580 {x + 64} 680", "#ffcfa0", 5 + 2 * math.cos(k * 1.7), opacity=0.7
        )
        sheet.line(f"M{x + 82} 300Q{x + bend + 12} 400 {x - 10} 486", "#c4431f", 5, opacity=0.28)
    sheet.line("M130 500Q640 470 1140 505", "#b53a1e", 9, opacity=0.55)
    sheet.line("M130 494Q640 464 1140 499", "#ffe1bd", 4, opacity=0.8)
    sheet.close()
    sheet.close()
    sheet.line(smooth([(x, y + 12) for x, y in top[1:-1]]), "#fff3dc", 9, opacity=0.7, filter=sheet.blur(3))
    sheet.close()
    ice(sheet, 330, 760, 190, 70, 90)
    lime(sheet, 1010, 730, 78)
    lime(sheet, 1130, 660, 62)
    for k in range(16):
        leaf(
            sheet,
            250 + 7 * k,
            330 - 8 * k,
            62,
            -90 + (k % 2) * 110,
            mix(LEAF, LEAF_LIGHT, (k % 3) / 3),
            vein=False,
        )
    sheet.glow(930, 120, 700, "#ffe0a8", 0.5)


def salmon(sheet: Sheet) -> None:
    """Draw salmon holding in a clear stream."""
    sheet.box(
        0, 0, WIDTH, HEIGHT, sheet.down((0, "#e3f0cc"), (0.16, "#8cc9b7"), (0.5, "#3d8c93"), (1, "#123c50"))
    )
    for k in range(9):
        x = 200 + k * 130 + sheet.rng.uniform(-40, 40)
        sheet.path(
            f"M{x} -20h{sheet.rng.uniform(30, 110):.0f}L{x - 280} 900h-140Z",
            "#f6f3c9",
            opacity=0.1,
            filter=sheet.blur(12),
        )
    for layer, tone in enumerate(("#3b7f86", "#2a626d", "#2a4a52")):
        for _ in range(26):
            x, r = sheet.rng.uniform(-40, WIDTH + 40), sheet.rng.uniform(40, 110) * (0.7 + layer * 0.3)
            y = 800 + layer * 70 + sheet.rng.uniform(-20, 30)
            stone = mix(tone, "#b99a6c", sheet.rng.random() * 0.15 * (layer + 1))
            sheet.oval(
                x,
                y,
                r,
                r * 0.55,
                sheet.down((0, mix(stone, CREAM, 0.4)), (0.35, stone), (1, INK)),
                filter="url(#cut)",
            )
    sheet.open(opacity=0.55, filter=sheet.blur(3))
    salmon_fish(sheet, 980, 270, 400, -4)
    salmon_fish(sheet, 250, 660, 430, 3)
    sheet.close()
    sheet.oval(590, 800, 380, 30, INK, opacity=0.4, filter=sheet.blur(16))
    salmon_fish(sheet, 640, 480, 860, -5)
    for _ in range(40):
        x, y, r = sheet.rng.uniform(0, WIDTH), sheet.rng.uniform(60, 800), sheet.rng.uniform(2, 8)
        sheet.oval(x, y, r, r, "none", stroke=CREAM, stroke_width=1.6, opacity=0.6)
    sheet.box(
        0, 0, WIDTH, HEIGHT, "#fff", filter="url(#caustic)", opacity=0.16, style="mix-blend-mode:screen"
    )
    sheet.box(0, 0, WIDTH, 130, "#fff", filter="url(#ripple)", opacity=0.7)
    sheet.glow(900, 40, 620, "#fff3bf", 0.5)


def sturgeon_steak(sheet: Sheet) -> None:
    """Draw cuts of sturgeon on a banana leaf."""
    table(sheet, 0, light="#9a6238", dark="#4f2d1e")
    sheet.open(transform="rotate(6 640 800)")
    brocade(sheet, -60, 830, 1400, 96)
    sheet.close()
    banana_leaf(sheet, 640, 490, 680, 400, -10)
    steak(sheet, 850, 330, 215, 14)
    steak(sheet, 370, 440, 225, -12)
    steak(sheet, 720, 600, 255, 4)
    lime(sheet, 1040, 590, 76)
    lime(sheet, 1130, 500, 58)
    for x, y, turn in ((250, 690, -20), (330, 735, 8)):
        sheet.line(f"M{x} {y}q60 {-34 + turn} 150 -6", "#7c1d16", 30)
        sheet.line(f"M{x} {y - 4}q60 {-34 + turn} 150 -6", EMBER, 22)
        sheet.line(f"M{x + 20} {y - 14}q40 {-22 + turn} 90 -8", AMBER, 4, opacity=0.8)
        sheet.line(f"M{x} {y}q-26 4 -34 -12", LEAF, 8)
    for k in range(22):
        leaf(
            sheet,
            470 + 8 * k,
            250 - 5 * k,
            54,
            -70 + (k % 2) * 120,
            mix(LEAF_DARK, LEAF_LIGHT, (k % 4) / 4),
            vein=False,
        )
    sheet.glow(960, 120, 700, "#ffd79a", 0.5)


SCENES: dict[str, Callable[[Sheet], None]] = {
    "sturgeon": sturgeon,
    "sturgeon-steak": sturgeon_steak,
    "salmon": salmon,
    "salmon-fillet": salmon_fillet,
    "raceways": raceways,
}
