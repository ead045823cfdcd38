"""Fish alive and fish cut, the water, the ice and the leaf they lie on."""

import math
from collections.abc import Callable

from app.demo.pictures.source.sheet import (
    CREAM,
    HEIGHT,
    INK,
    LEAF,
    LEAF_DARK,
    LEAF_DEEP,
    LEAF_GLOW,
    LEAF_LIGHT,
    WIDTH,
    Point,
    Sheet,
    mix,
    smooth,
    straight,
)

SPINE_STEPS = 60


def water(sheet: Sheet, *, shallow: str = "#7fc0b4", deep: str = "#123f55", stones: int = 150) -> None:
    """Fill the sheet with clear water over a stony bed."""
    sheet.box(
        0,
        0,
        WIDTH,
        HEIGHT,
        sheet.round((0, shallow), (0.5, mix(shallow, deep, 0.5)), (1, deep), x=0.62, y=0.3, r=0.85),
    )
    sheet.open(filter="url(#cut)", opacity=0.5)
    for _ in range(stones):
        x, y, r = sheet.rng.uniform(0, WIDTH), sheet.rng.uniform(0, HEIGHT), sheet.rng.uniform(12, 58)
        tone = mix(mix("#2d5a63", "#c9b98c", sheet.rng.random() * 0.8), deep, 0.3)
        sheet.oval(x - r * 0.1, y + r * 0.18, r, r * 0.7, mix(deep, INK, 0.3), opacity=0.6)
        sheet.oval(x, y, r, r * 0.66, tone)
        sheet.oval(x + r * 0.2, y - r * 0.2, r * 0.5, r * 0.26, mix(tone, CREAM, 0.3))
    sheet.close()
    sheet.box(0, 0, WIDTH, HEIGHT, sheet.round((0, "#c7ecd2", 0.4), (1, deep, 0.55), x=0.62, y=0.3, r=0.85))


def spine(
    start: Point, turn: float, long: float, bend: float
) -> Callable[[float], tuple[float, float, float]]:
    """Return the middle line of a swimming fish: share of its length to (x, y, direction)."""

    def at(share: float) -> tuple[float, float, float]:
        x = share * long
        y = bend * long * math.sin(share * 4.4 + 0.2) * share**0.8
        after = bend * long * math.sin((share + 0.01) * 4.4 + 0.2) * (share + 0.01) ** 0.8
        way = math.atan2(after - y, 0.01 * long)
        return (
            start[0] + x * math.cos(turn) - y * math.sin(turn),
            start[1] + x * math.sin(turn) + y * math.cos(turn),
            way + turn,
        )

    return at


def beside(at: Callable[[float], tuple[float, float, float]], share: float, off: float) -> Point:
    """Return the point `off` pixels to the right of the spine."""
    x, y, way = at(share)
    return x - math.sin(way) * off, y + math.cos(way) * off


def girth(share: float) -> float:
    """Return half a sturgeon's breadth, seen from above, as a share of its length."""
    snout = min(1.0, 0.1 + 0.9 * math.pow(share / 0.25, 1.25))
    taper = math.pow(1 - max(0.0, share - 0.3) / 0.72, 0.85)
    return 0.088 * snout * taper + 0.006


def sturgeon_fish(sheet: Sheet, start: Point, turn: float, long: float, bend: float = 0.09) -> None:
    """Lay a sturgeon seen from above: snout, fins, the three rows of scutes in view and a long upper tail."""
    at = spine(start, turn, long, bend)
    shares = [n / SPINE_STEPS for n in range(SPINE_STEPS + 1)]
    left = [beside(at, s, -girth(s) * long) for s in shares]
    right = [beside(at, s, girth(s) * long) for s in shares]
    outline = smooth([*left, *reversed(right)], closed=True)
    sheet.path(
        outline,
        "#06222f",
        opacity=0.55,
        transform=f"translate({-long * 0.05:.0f} {long * 0.085:.0f})",
        filter=sheet.blur(12),
    )
    sheet.open(filter="url(#gouache)")
    for root, tip, back, reach, side in (
        (0.27, 0.42, 0.37, 0.17, 1),
        (0.27, 0.42, 0.37, 0.17, -1),
        (0.66, 0.77, 0.73, 0.085, 1),
        (0.66, 0.77, 0.73, 0.085, -1),
    ):
        fin = [
            beside(at, root, side * girth(root) * long * 0.8),
            beside(at, (root + tip) / 2 - 0.01, side * reach * long),
            beside(at, tip, side * reach * long * 0.95),
            beside(at, back, side * girth(back) * long * 0.8),
        ]
        sheet.path(smooth(fin, closed=True), sheet.across((0, "#1d3340"), (1, "#6f8a88")))
        for k in range(6):
            a, b = (
                beside(at, root + 0.012 * k, side * girth(root) * long),
                beside(at, root + 0.05 + (tip - root - 0.04) * k / 6, side * reach * long * 0.93),
            )
            sheet.line(f"M{a[0]:.0f} {a[1]:.0f}L{b[0]:.0f} {b[1]:.0f}", "#a9bcae", 1.6, opacity=0.5)
    tail = [
        beside(at, 0.93, 0),
        beside(at, 1.0, -0.012 * long),
        beside(at, 1.13, -0.06 * long),
        beside(at, 1.05, 0.012 * long),
        beside(at, 1.04, 0.05 * long),
    ]
    sheet.path(smooth(tail, closed=True), "#27404a")
    sheet.path(outline, "#8c9c8f")
    for share, colour, alpha in ((0.84, "#475f63", 1), (0.62, "#3a5158", 1), (0.36, "#2c424c", 1)):
        inner = [beside(at, s, -girth(s) * long * share) for s in shares] + [
            beside(at, s, girth(s) * long * share) for s in reversed(shares)
        ]
        sheet.path(smooth(inner, closed=True), colour, opacity=alpha)
    sheet.close()
    sun = [beside(at, s, -girth(s) * long * 0.9) for s in shares[4:50]] + [
        beside(at, s, -girth(s) * long * 0.66) for s in reversed(shares[4:50])
    ]
    sheet.path(smooth(sun, closed=True), "#d9dcbd", opacity=0.4, filter="url(#cut)")
    for count, off, size in ((14, 0.0, 0.017), (26, 0.66, 0.0085), (26, -0.66, 0.0085)):
        for k in range(count):
            s = 0.24 + 0.7 * k / count
            x, y, way = at(s)
            x, y = beside(at, s, off * girth(s) * long)
            r = size * long * (1.15 - s * 0.75)
            mark = f'transform="translate({x:.1f} {y:.1f}) rotate({math.degrees(way):.0f})"'
            sheet.put(
                f'<g {mark}><path d="M{-r * 1.2:.1f} 0L0 {-r * 0.8:.1f}L{r * 1.5:.1f} 0L0 {r * 0.8:.1f}Z" fill="#12212b"/>'
                f'<path d="M{-r * 1.1:.1f} 0L0 {-r * 0.75:.1f}L{r * 1.3:.1f} 0Z" fill="#b9c2a8"/></g>'
            )
    for side in (1, -1):
        gill = [
            beside(at, 0.17, side * girth(0.17) * long * 0.4),
            beside(at, 0.215, side * girth(0.2) * long * 0.62),
            beside(at, 0.2, side * girth(0.2) * long),
        ]
        sheet.line(smooth(gill), "#0f1e28", long * 0.005)
        x, y = beside(at, 0.135, side * girth(0.135) * long * 0.62)
        sheet.oval(x, y, long * 0.0085, long * 0.0085, "#b9a368")
        sheet.oval(x, y, long * 0.006, long * 0.006, "#0a1218")


def ice(sheet: Sheet, x: float, y: float, rx: float, ry: float, count: int) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay crushed ice within an oval."""
    spots = sorted((sheet.rng.uniform(-1, 1), sheet.rng.uniform(-1, 1)) for _ in range(count))
    for down, over in spots:
        if down**2 + over**2 > 1:
            continue
        px, py, r = x + over * rx, y + down * ry, sheet.rng.uniform(15, 38)
        turns = sorted(sheet.rng.uniform(0, math.tau) for _ in range(5))
        chip = [(px + math.cos(t) * r, py + math.sin(t) * r * 0.75) for t in turns]
        sheet.path(
            straight(chip), sheet.rng.choice(["#e9f3ee", "#c4dbdd", "#a3c3cc", "#f8fbf3"]), opacity=0.8
        )
        sheet.path(straight([(px, py), *chip[:2]]), "#ffffff", opacity=0.75)


def banana_leaf(sheet: Sheet, x: float, y: float, long: float, wide: float, turn: float) -> None:  # noqa: PLR0917 - a drawing is all coordinates
    """Lay a banana leaf as a dish; (x, y) is its middle."""
    sheet.open(transform=f"rotate({turn} {x} {y})", filter="url(#cut)")
    blade = f"M{x - long} {y}C{x - long * 0.6} {y - wide * 1.2} {x + long * 0.6} {y - wide * 1.2} {x + long} {y}C{x + long * 0.6} {y + wide * 1.2} {x - long * 0.6} {y + wide * 1.2} {x - long} {y}Z"
    sheet.path(blade, INK, opacity=0.45, transform="translate(-16 26)")
    sheet.path(blade, sheet.down((0, LEAF_LIGHT), (0.48, LEAF), (0.5, LEAF_DARK), (1, LEAF)))
    sheet.open(clip_path=sheet.clip(blade))
    for k in range(60):
        px = x - long + k * long / 30
        for side in (-1, 1):
            sheet.line(
                f"M{px:.0f} {y}q{long * 0.04:.0f} {side * wide * 0.5:.0f} {long * 0.16:.0f} {side * wide:.0f}",
                LEAF_GLOW if k % 3 else LEAF_DEEP,
                2.2,
                opacity=0.38,
            )
    sheet.close()
    sheet.line(f"M{x - long * 1.08} {y}H{x + long}", LEAF_GLOW, 9)
    sheet.close()


def lime(sheet: Sheet, x: float, y: float, r: float) -> None:
    """Lay half a lime."""
    sheet.oval(x - 6, y + 12, r, r * 0.9, INK, opacity=0.4, filter=sheet.blur(6))
    sheet.oval(x, y, r, r * 0.92, LEAF)
    sheet.oval(x, y, r * 0.9, r * 0.82, "#eef0b8")
    for k in range(8):
        mid = math.tau * k / 8
        wedge = [
            (x + math.cos(mid + d) * r * q, y + math.sin(mid + d) * r * q * 0.92)
            for d, q in ((0, 0.1), (-0.32, 0.76), (0.32, 0.76))
        ]
        sheet.path(straight(wedge), "#bccb58", stroke="#bccb58", stroke_width=5, stroke_linejoin="round")


def salmon_fish(sheet: Sheet, x: float, y: float, long: float, turn: float) -> None:
    """Lay a salmon seen from the side, head to the right; (x, y) is its middle."""
    h = long * 0.13
    sheet.open(transform=f"translate({x} {y}) rotate({turn})", filter="url(#cut)")
    e = long / 2
    body = f"M{e} {h * 0.1}C{e * 0.86} {-h * 0.7} {e * 0.5} {-h * 1.1} {e * 0.1} {-h * 1.05}C{-e * 0.3} {-h} {-e * 0.6} {-h * 0.4} {-e * 0.8} {-h * 0.3}V{h * 0.3}C{-e * 0.6} {h * 0.4} {-e * 0.3} {h} {e * 0.1} {h * 1.1}C{e * 0.5} {h * 1.15} {e * 0.85} {h * 0.75} {e} {h * 0.1}Z"
    tail = f"M{-e * 0.76} {-h * 0.3}Q{-e * 0.95} {-h * 1.0} {-e * 1.1} {-h * 1.1}Q{-e * 1.0} 0 {-e * 1.1} {h * 1.1}Q{-e * 0.95} {h * 0.9} {-e * 0.76} {h * 0.3}Z"
    for d in (
        tail,
        f"M{e * 0.08} {-h}Q{-e * 0.06} {-h * 1.8} {-e * 0.16} {-h * 1.7}Q{-e * 0.2} {-h * 1.2} {-e * 0.22} {-h * 0.9}Z",
        f"M{-e * 0.2} {h * 0.8}Q{-e * 0.36} {h * 1.6} {-e * 0.44} {h * 1.5}L{-e * 0.4} {h * 0.6}Z",
        f"M{e * 0.1} {h}Q{-e * 0.02} {h * 1.6} {-e * 0.1} {h * 1.5}L{-e * 0.02} {h}Z",
        f"M{-e * 0.5} {-h * 0.6}q{-e * 0.08} {-h * 0.5} {-e * 0.12} {-h * 0.3}l{e * 0.04} {h * 0.4}Z",
    ):
        sheet.path(d, sheet.down((0, "#33525a"), (1, "#a85f4a")))
    sheet.path(
        body,
        sheet.down(
            (0, "#1d3a48"),
            (0.3, "#4a7276"),
            (0.46, "#d98b72"),
            (0.58, "#e0a58c"),
            (0.72, "#d5dccb"),
            (1, "#f3f0dc"),
        ),
    )
    sheet.open(clip_path=sheet.clip(body))
    for row in range(16):
        for k in range(60):
            px, py = -e + k * long / 60 + (row % 2) * long / 120, -h + row * h / 8
            sheet.line(
                f"M{px:.1f} {py:.1f}q{long * 0.008:.1f} {h * 0.06:.1f} 0 {h * 0.12:.1f}",
                CREAM,
                1.3,
                opacity=0.26,
            )
    for _ in range(120):
        px, py = sheet.rng.uniform(-e * 0.75, e * 0.8), sheet.rng.uniform(-1.0, 0.0) * h
        sheet.oval(px, py, long * 0.0055, long * 0.005, "#10242e", opacity=0.8)
    sheet.path(
        f"M{e * 0.66} {-h * 1.2}Q{e * 0.54} 0 {e * 0.64} {h * 1.2}H{e * 1.1}V{-h * 1.2}Z",
        "#20363e",
        opacity=0.22,
    )
    sheet.line(
        f"M{e * 0.67} {-h * 0.6}Q{e * 0.56} {h * 0.1} {e * 0.66} {h * 0.8}",
        "#1c3038",
        long * 0.005,
        opacity=0.8,
    )
    sheet.close()
    sheet.path(
        f"M{e * 0.56} {h * 0.35}Q{e * 0.4} {h * 0.5} {e * 0.3} {h * 1.0}Q{e * 0.48} {h * 0.95} {e * 0.58} {h * 0.55}Z",
        "#b8755e",
    )
    sheet.line(f"M{e * 0.99} {h * 0.14}Q{e * 0.92} {h * 0.3} {e * 0.83} {h * 0.26}", "#1c3038", long * 0.005)
    sheet.oval(e * 0.85, -h * 0.16, long * 0.015, long * 0.015, "#e6c77a")
    sheet.oval(e * 0.852, -h * 0.16, long * 0.009, long * 0.009, "#0c161c")
    sheet.line(
        f"M{e * 0.8} {-h * 0.68}C{e * 0.5} {-h * 1.02} {e * 0.1} {-h * 1.02} {-e * 0.6} {-h * 0.36}",
        "#d7ecd8",
        long * 0.008,
        opacity=0.6,
    )
    sheet.close()


def steak(sheet: Sheet, x: float, y: float, r: float, turn: float) -> None:
    """Lay one cut of sturgeon: dark skin with its bony plates, pale flesh in leaves about the cartilage."""
    sheet.open(transform=f"translate({x} {y}) rotate({turn})", filter="url(#cut)")
    rim = [
        (r * (1 + 0.05 * math.cos(3 * t)) * math.cos(t), r * 0.8 * math.sin(t))
        for t in (math.tau * k / 40 for k in range(40))
    ]
    sheet.path(
        smooth(rim, closed=True),
        INK,
        opacity=0.5,
        transform=f"translate({-r * 0.06:.0f} {r * 0.3:.0f})",
        filter=sheet.blur(10),
    )
    sheet.path(smooth(rim, closed=True), "#c9a889", transform=f"translate(0 {r * 0.17:.0f})")
    sheet.path(smooth(rim, closed=True), "#2c3b42", transform=f"translate(0 {r * 0.13:.0f})")
    for k in range(5):
        t = -math.pi / 2 + (k - 2) * 1.15
        sheet.path(
            f"M{-r * 0.12} 0L0 {-r * 0.12}L{r * 0.12} 0Z",
            "#b7b49a",
            transform=f"translate({math.cos(t) * r * 1.0:.0f} {math.sin(t) * r * 0.8:.0f}) rotate({math.degrees(t) + 90:.0f})",
        )
    sheet.path(smooth(rim, closed=True), "#33444b")
    flesh = smooth([(px * 0.93, py * 0.92) for px, py in rim], closed=True)
    sheet.path(flesh, sheet.round((0, "#f9e3cc"), (0.6, "#f6d5b9"), (1, "#e7ae8f"), x=0.65, y=0.35, r=0.7))
    for k in range(22):
        t = math.tau * k / 22 + 0.1
        bow = 0.45
        a = (math.cos(t) * r * 0.2, math.sin(t) * r * 0.16)
        b = (math.cos(t + bow) * r * 0.6, math.sin(t + bow) * r * 0.48)
        c = (math.cos(t + 0.2) * r * 0.88, math.sin(t + 0.2) * r * 0.7)
        sheet.line(
            f"M{a[0]:.0f} {a[1]:.0f}Q{b[0]:.0f} {b[1]:.0f} {c[0]:.0f} {c[1]:.0f}",
            "#d88f74" if k % 2 else "#fff4e2",
            r * 0.022,
            opacity=0.6,
        )
    for px, py, s in ((0.5, -0.25, 0.1), (-0.5, 0.2, 0.08), (0.2, 0.5, 0.07), (-0.3, -0.45, 0.08)):
        sheet.oval(px * r, py * r, s * r, s * r * 0.6, "#e9b44c", opacity=0.7)
    sheet.oval(0, -r * 0.02, r * 0.19, r * 0.16, "#e4ecdf", stroke="#c08b72", stroke_width=r * 0.025)
    sheet.oval(0, -r * 0.02, r * 0.08, r * 0.07, "#b9c6bd")
    sheet.path(
        f"M{-r * 0.3} {r * 0.74}Q0 {r * 0.3} {r * 0.3} {r * 0.74}Q0 {r * 0.82} {-r * 0.3} {r * 0.74}Z",
        "#8b4a3d",
        opacity=0.55,
    )
    sheet.close()
