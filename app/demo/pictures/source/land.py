"""The land every picture shares: sky, ridges, mist, trees, tea and brocade."""

import math
from collections.abc import Callable

from app.demo.pictures.source.sheet import (
    CHAM,
    CHAM_PALE,
    CREAM,
    EMBER,
    HEIGHT,
    INK,
    LEAF,
    LEAF_DARK,
    LEAF_DEEP,
    LEAF_GLOW,
    LEAF_LIGHT,
    PAPER,
    WIDTH,
    WOOD,
    WOOD_DARK,
    Point,
    Sheet,
    mix,
    smooth,
    straight,
)

SUN = "#ffd9a0"


def sky(sheet: Sheet, sun: Point = (930, 300), *, top: str = "#86aebb", low: str = "#ffd09a") -> None:
    """Fill the sheet with a dawn sky and its sun."""
    sheet.box(0, 0, WIDTH, HEIGHT, sheet.down((0, top), (0.28, mix(top, CREAM, 0.6)), (0.5, low), (1, low)))
    sheet.glow(sun[0], sun[1], 620, "#ffcf8a", 0.8)
    sheet.oval(sun[0], sun[1], 58, 58, "#fff3d2")
    for _ in range(7):
        x, y, w = sheet.rng.uniform(0, WIDTH), sheet.rng.uniform(60, 240), sheet.rng.uniform(160, 420)
        sheet.oval(x, y, w, sheet.rng.uniform(4, 13), CREAM, opacity=0.35, filter=sheet.blur(6))


def ridge(
    sheet: Sheet, y: float, high: float, colour: str, foot: str, *, wide: float = 700, sharp: float = 0.55
) -> None:
    """Lay one range of hills across the sheet, from `colour` at its crest to `foot` in the mist."""
    wave = sheet.noise(wide, 6, rough=sharp)
    points = [(float(x), y - high * wave(x)) for x in range(-40, WIDTH + 60, 14)]
    shape = straight([*points, (WIDTH + 60, HEIGHT), (-40, HEIGHT)])
    sheet.path(
        shape, sheet.down((0, colour), (0.42, mix(colour, foot, 0.75)), (0.7, foot)), filter="url(#gouache)"
    )
    lit = [(x, py + 4 + 10 * abs(wave(x + 50))) for x, py in points]
    sheet.path(straight([*points, *reversed(lit)]), SUN, opacity=0.3, filter="url(#cut)")


def mist(sheet: Sheet, y: float, thick: float, strength: float = 0.7, colour: str = "#fdeccb") -> None:
    """Lay a bank of mist whose edges break up like a dry brush."""
    for _ in range(6):
        x, w = sheet.rng.uniform(-100, WIDTH + 100), sheet.rng.uniform(320, 760)
        dy = sheet.rng.uniform(-thick, thick) / 2
        sheet.oval(x, y + dy, w, thick * 0.55, sheet.round((0, colour, strength), (1, colour, 0)))
    sheet.oval(
        sheet.rng.uniform(200, 1080),
        y,
        620,
        thick * 0.6,
        sheet.round((0, colour, strength), (1, colour, 0)),
        filter="url(#stipple)",
        opacity=0.5,
    )


def far_hills(sheet: Sheet, y: float = 400, count: int = 4, *, tint: str = CHAM) -> None:
    """Lay ranges from the palest to the nearest with mist between, the first crest near `y`."""
    for n in range(count):
        near = (n + 1) / (count + 1)
        colour = mix("#a9bcd8", mix(tint, LEAF_DEEP, near * 0.7), near**0.8)
        ridge(sheet, y + n * 46, 70 - n * 4, colour, mix(colour, "#f7dfb8", 0.72), wide=760 - 60 * n)
        mist(sheet, y + 80 + n * 46, 50, 0.55)


def canopy(sheet: Sheet, x: float, y: float, r: float, colour: str, light: str = LEAF_LIGHT) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay one tree's crown as dabs: dark below, lit above and to the right."""
    for n in range(18):
        turn, far = sheet.rng.uniform(0, math.tau), r * math.sqrt(sheet.rng.random())
        px, py = x + math.cos(turn) * far, y + math.sin(turn) * far * 0.8
        lift = (px - x - (py - y) * 1.4) / r
        sheet.oval(px, py, r * 0.3, r * 0.22, mix(colour, light, max(0, lift * 0.35 + 0.05 * (n % 3))))


def forest(
    sheet: Sheet, base: Callable[[float], float], size: float, colour: str, light: str = LEAF_LIGHT
) -> None:
    """Lay a row of trees whose crowns follow `base` across the whole sheet."""
    sheet.open(filter="url(#cut)")
    places = [n * size * 1.15 - size for n in range(int(WIDTH / size / 1.15) + 3)]
    standing = [x for x in places if base(x) < HEIGHT + size]
    for x in standing:
        sheet.box(x - size * 1.2, base(x), size * 2.6, HEIGHT, mix(colour, LEAF_DEEP, 0.3))
    for row in range(9):
        for x in standing:
            down = base(x) + (row * 1.05 + sheet.rng.uniform(-0.4, 0.3)) * size
            crown = size * sheet.rng.uniform(0.7, 1.15)
            canopy(
                sheet,
                x + (row % 2) * size * 0.6,
                down,
                crown,
                mix(colour, LEAF_DEEP, row * 0.08),
                mix(light, colour, row * 0.07),
            )
    sheet.close()


def leaf(  # noqa: PLR0917 - a drawing is all coordinates
    sheet: Sheet, x: float, y: float, long: float, turn: float, colour: str, *, vein: bool = True
) -> None:
    """Lay one tea leaf from its stalk at (x, y), `turn` in degrees from pointing up."""
    wide = long * 0.24
    body = f"M0 0C{-wide} {-long * 0.3} {-wide} {-long * 0.7} 0 {-long}C{wide} {-long * 0.7} {wide} {-long * 0.3} 0 0Z"
    half = f"M0 0C{wide} {-long * 0.3} {wide} {-long * 0.7} 0 {-long}Z"
    text = f'<path d="{body}" fill="{colour}"/><path d="{half}" fill="{mix(colour, LEAF_GLOW, 0.35)}"/>'
    if vein:
        text += f'<path d="M0 0V{-long * 0.9:.1f}" stroke="{mix(colour, LEAF_DEEP, 0.5)}" stroke-width="{max(1, long / 40):.1f}"/>'
    sheet.put(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})">{text}</g>')


def sprig(sheet: Sheet, x: float, y: float, long: float, turn: float = 0, colour: str = LEAF_LIGHT) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay a bud with two leaves, the pluck that fine tea is made of."""
    leaf(sheet, x, y, long * 0.95, turn - 48, mix(colour, LEAF, 0.55))
    leaf(sheet, x, y, long * 0.9, turn + 44, mix(colour, LEAF, 0.35))
    leaf(sheet, x, y, long * 0.72, turn - 4, mix(colour, LEAF_GLOW, 0.5))


def bush(sheet: Sheet, x: float, y: float, r: float, far: float) -> None:
    """Lay one clipped tea bush; `far` is 0 at hand and 1 in the mist."""
    haze = "#e9d6ad"
    dark, mid, lit, glow = (mix(c, haze, far * 0.62) for c in (LEAF_DEEP, LEAF_DARK, LEAF, LEAF_LIGHT))
    sheet.oval(x, y + r * 0.2, r * 1.12, r * 0.62, dark)
    sheet.oval(x + r * 0.05, y - r * 0.1, r * 1.02, r * 0.55, mid)
    sheet.oval(x + r * 0.14, y - r * 0.27, r * 0.86, r * 0.37, lit)
    for _ in range(int(5 + r * 0.9)):
        turn, out = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        px, py = x + math.cos(turn) * out * r, y - r * 0.04 + math.sin(turn) * out * r * 0.64
        lift = (px - x) / r * 0.4 - (py - y + r * 0.16) / r * 0.9 + sheet.rng.uniform(-0.25, 0.25)
        colour = mix(mid, mix(glow, LEAF_GLOW, max(0, lift - 0.35)), max(0.0, lift + 0.3))
        size = max(1.6, r * 0.13)
        sheet.put(
            f'<path d="M0 0Q{-size:.1f} {-size:.1f} 0 {-2.3 * size:.1f}Q{size:.1f} {-size:.1f} 0 0" fill="{colour}"'
            f' transform="translate({px:.1f} {py:.1f}) rotate({sheet.rng.uniform(-65, 65):.0f})"/>'
        )


def field(
    sheet: Sheet,
    eye: Point,
    *,
    near: float = 1.0,
    deep: float = 9.0,
    gap: float = 1.25,
    roll: float = 0.25,
    path: float = 0.6,
    bend: float = 0.0,
    guests: tuple[tuple[float, Callable[[float, float, float], None]], ...] = (),
) -> None:
    """Lay rows of tea that run away to `eye`, with a path in the middle.

    Each guest is (depth, draw) and is called as draw(x, ground y, pixels per metre) between the rows.
    """
    wave = sheet.noise(7, 2)
    steps: list[float] = []
    depth = deep
    while depth > near:
        steps.append(depth)
        depth *= 0.945
    waiting = sorted(guests, key=lambda guest: -guest[0])
    for depth in steps:
        scale = 430 / depth
        rise = roll * wave(depth) * scale * 0.6
        while waiting and waiting[0][0] >= depth:
            _, draw = waiting.pop(0)
            draw(eye[0] + (wave(depth) * 0.2 + bend) * scale, eye[1] + scale * 1.02 + rise, scale)
        sheet.box(
            0,
            eye[1] + scale * 0.98 + rise,
            WIDTH,
            scale,
            mix("#7c5a36", "#e9cf9a", depth / deep * 0.7),
            opacity=0.55,
        )
        count = int(WIDTH / scale / gap) + 2
        for row in sorted(range(-count, count + 1), key=lambda n: -abs(n)):
            shift = (abs(row) - 0.5) * gap + path if row else None
            if shift is None:
                continue
            x = eye[0] + math.copysign(shift, row) * scale + (wave(depth) * 0.2 + bend) * scale
            y = eye[1] + scale * (1 - 0.16 * roll * abs(shift)) + rise
            bush(sheet, x, y - scale * 0.16, scale * 0.47, min(1, (depth / deep) ** 1.3))
    for _, draw in waiting:
        draw(eye[0] + bend * 430 / near, eye[1] + 430 / near, 430 / near)


def dome(sheet: Sheet, x: float, y: float, wide: float, high: float, far: float, rings: int = 11) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay a rounded tea hill: rings of clipped rows, its sun on the right; (x, y) is the middle of its foot."""
    haze = "#f3d9a8"
    tilt = 0.3
    for n in range(rings):
        share = n / rings
        r = wide * (1 - share**1.25) ** 0.7
        up = y - high * share
        bumps = max(26, int(r / 7))
        rim: list[Point] = []
        for k in range(bumps * 2):
            turn = math.tau * k / bumps / 2
            out = r * (1 + (0.006 if k % 2 else -0.006) + sheet.rng.uniform(-0.006, 0.006))
            rim.append((x + math.cos(turn) * out, up + math.sin(turn) * out * tilt))
        shape = smooth(rim, closed=True)
        drop = high / rings * 0.62
        tone = mix(LEAF_DEEP, "#1d3a4a", far)
        sheet.path(shape, mix(tone, haze, far * 0.55), transform=f"translate(0 {drop:.1f})")
        lit = sheet.across(
            (0, mix(mix(LEAF_DARK, CHAM, 0.3), haze, far * 0.6)),
            (0.5, mix(LEAF, haze, far * 0.55)),
            (0.86, mix(LEAF_LIGHT, haze, far * 0.5)),
            (1, mix(LEAF_GLOW, SUN, 0.4)),
        )
        sheet.path(shape, lit)
        for _ in range(int(r * (1 - far) / 3)):
            turn = sheet.rng.uniform(0.05, math.pi - 0.05)
            px, py = x + math.cos(turn) * r * 0.96, up + math.sin(turn) * r * tilt * 0.96
            size = 3 + 4 * (1 - far)
            warm = mix(LEAF, LEAF_GLOW, 0.45 + 0.5 * math.cos(turn) + sheet.rng.uniform(-0.2, 0.2))
            sheet.oval(px, py - size, size, size * 0.62, mix(warm, haze, far * 0.5))


def stilt_house(sheet: Sheet, x: float, y: float, s: float) -> None:
    """Lay a Tày house on stilts with a palm-leaf roof; (x, y) is the middle of its ground, `s` half its width."""
    sheet.open(filter="url(#cut)")
    for k in range(5):
        sheet.box(x - s * 0.8 + k * s * 0.39, y - s * 0.42, s * 0.045, s * 0.44, WOOD_DARK)
    sheet.box(x - s * 0.86, y - s * 0.46, s * 1.72, s * 0.07, WOOD)
    sheet.box(x - s * 0.8, y - s * 0.86, s * 1.6, s * 0.42, sheet.across((0, WOOD_DARK), (1, WOOD)))
    for k in range(4):
        sheet.box(x - s * 0.62 + k * s * 0.36, y - s * 0.77, s * 0.16, s * 0.24, "#ffc868" if k % 3 else INK)
    roof = [
        (x - s * 1.12, y - s * 0.72),
        (x - s * 0.62, y - s * 1.42),
        (x + s * 0.62, y - s * 1.42),
        (x + s * 1.12, y - s * 0.72),
    ]
    sheet.path(straight(roof), sheet.across((0, "#3b2a2a"), (0.6, "#7a5639"), (1, "#c58d55")))
    for k in range(9):
        top = x - s * 0.6 + k * s * 0.15
        sheet.line(
            f"M{top:.0f} {y - s * 1.4:.0f}L{x - s * 1.08 + k * s * 0.27:.0f} {y - s * 0.74:.0f}",
            INK,
            s * 0.012,
            opacity=0.35,
        )
    for k in range(5):
        sheet.line(f"M{x + s * 0.2:.0f} {y - s * 0.42 + k * s * 0.09:.0f}h{s * 0.2:.0f}", WOOD, s * 0.03)
    sheet.close()
    smoke = f"M{x + s * 0.3:.0f} {y - s * 1.4:.0f}c{s * 0.3:.0f} {-s * 0.4:.0f} {-s * 0.2:.0f} {-s * 0.7:.0f} {s * 0.3:.0f} {-s * 1.2:.0f}"
    sheet.line(smoke, CREAM, s * 0.13, opacity=0.55, filter=sheet.blur(s * 0.06))


def brocade(sheet: Sheet, x: float, y: float, w: float, h: float, ground: str = CHAM) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay a band of brocade: a row of stepped diamonds between threads."""
    sheet.box(x, y, w, h, ground)
    for share, colour in ((0.05, EMBER), (0.14, PAPER), (0.82, PAPER), (0.91, EMBER)):
        sheet.box(x, y + h * share, w, h * 0.045, colour)
    count = max(1, round(w / (h * 0.62)))
    step = w / count
    for k in range(count):
        cx, cy = x + (k + 0.5) * step, y + h / 2
        for size, colour in (
            (0.29, EMBER if k % 2 else LEAF_LIGHT),
            (0.2, ground),
            (0.13, PAPER),
            (0.06, EMBER),
        ):
            r = h * size
            sheet.path(
                f"M{cx - r:.1f} {cy:.1f}L{cx:.1f} {cy - r:.1f}L{cx + r:.1f} {cy:.1f}L{cx:.1f} {cy + r:.1f}Z",
                colour,
            )
        sheet.path(
            f"M{cx + step / 2:.1f} {cy - h * 0.1:.1f}l{h * 0.05:.1f} {h * 0.1:.1f}l{-h * 0.05:.1f} {h * 0.1:.1f}l{-h * 0.05:.1f} {-h * 0.1:.1f}Z",
            CHAM_PALE,
        )


def table(sheet: Sheet, y: float, *, light: str = "#b97a48", dark: str = "#6b3d26") -> None:
    """Lay a worn wooden table from `y` to the foot of the sheet."""
    sheet.box(0, y, WIDTH, HEIGHT - y, sheet.down((0, light), (1, dark)))
    sheet.box(0, y, WIDTH, HEIGHT - y, "#000", filter="url(#woodgrain)", opacity=0.42)
    for k, share in enumerate((0.2, 0.5, 0.85)):
        sheet.line(
            f"M0 {y + (HEIGHT - y) * share:.0f}L{WIDTH} {y + (HEIGHT - y) * share + 6 * k:.0f}",
            WOOD_DARK,
            3 + k,
            opacity=0.6,
        )
    sheet.box(0, y, WIDTH, 5, SUN, opacity=0.6)


def steam(sheet: Sheet, x: float, y: float, high: float) -> None:
    """Lay three threads of steam rising from (x, y)."""
    for k in range(3):
        sway = (k - 1) * high * 0.1
        d = f"M{x + sway:.0f} {y:.0f}c{-high * 0.16:.0f} {-high * 0.3:.0f} {high * 0.2:.0f} {-high * 0.5:.0f} {sway:.0f} {-high * (0.8 + 0.1 * k):.0f}"
        sheet.line(d, CREAM, high * 0.05, opacity=0.55, filter=sheet.blur(6))
