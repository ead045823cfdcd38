"""The work of the day: picking, roasting, pouring, weighing, measuring, writing down."""

import math
from collections.abc import Callable

from app.demo.pictures.source.figures import SKIN, back_basket, person
from app.demo.pictures.source.fish import water
from app.demo.pictures.source.land import SUN, brocade, far_hills, field, leaf, mist, sky, sprig, steam, table
from app.demo.pictures.source.scenes_tea import contents_window, cup, hooks, shade
from app.demo.pictures.source.sheet import (
    AMBER,
    CHAM,
    CREAM,
    EMBER,
    HEIGHT,
    INK,
    LEAF,
    LEAF_DARK,
    LEAF_GLOW,
    LEAF_LIGHT,
    PAPER,
    WIDTH,
    WOOD,
    WOOD_DARK,
    Sheet,
    mix,
)


def tea_picking(sheet: Sheet) -> None:
    """Draw a picker among the rows, young leaves near at hand."""
    sky(sheet, (300, 210), low="#f9c48e")
    far_hills(sheet, 270, 4)
    mist(sheet, 450, 60, 0.8)

    def picker(x: float, y: float, metre: float) -> None:
        person(sheet, x, y, metre * 1.6, hat=True, basket=True, reach=0.4)

    def friend(x: float, y: float, metre: float) -> None:
        person(sheet, x - 2.6 * metre, y, metre * 1.55, coat="#b9623b", hat=True, basket=True)

    field(sheet, (700, 400), guests=((1.62, picker), (3.6, friend)), path=0.05, near=1.02, gap=1.1)
    for x, y, long, turn in (
        (90, 990, 330, 8),
        (250, 1010, 260, -14),
        (1190, 1000, 340, -10),
        (1040, 1020, 240, 14),
    ):
        sheet.line(f"M{x} {y + 60}V{y - 20}", LEAF_DARK, 14)
        sprig(sheet, x, y, long, turn)
    sheet.glow(300, 210, 720, "#ffc87f", 0.5)


def pouch(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Lay a paper pouch with a folded top; (x, y) is the middle of its foot."""
    shade(sheet, x - 20, y + 4, w * 0.66, 44)
    body = f"M{x - w * 0.46} {y - h}L{x - w * 0.5} {y - h * 0.2}Q{x - w * 0.52} {y} {x - w * 0.4} {y + 8}H{x + w * 0.4}Q{x + w * 0.52} {y} {x + w * 0.5} {y - h * 0.2}L{x + w * 0.46} {y - h}Z"
    sheet.open(filter="url(#cut)")
    sheet.path(
        body,
        sheet.across((0, "#7d5734"), (0.2, "#b98a58"), (0.7, "#dcb581"), (0.9, "#f2d6a4"), (1, "#bd9160")),
    )
    sheet.open(clip_path=sheet.clip(body))
    for _ in range(22):
        px, py = x + sheet.rng.uniform(-0.5, 0.5) * w, y - sheet.rng.uniform(0.02, 0.95) * h
        sheet.line(
            f"M{px:.0f} {py:.0f}l{sheet.rng.uniform(-60, 60):.0f} {sheet.rng.uniform(20, 90):.0f}",
            sheet.rng.choice(["#fff0cc", "#6d4726"]),
            3,
            opacity=0.2,
        )
    brocade(sheet, x - w * 0.6, y - h * 0.2, w * 1.2, h * 0.13)
    sheet.close()
    sheet.path(
        f"M{x - w * 0.47} {y - h}h{w * 0.94}l{-w * 0.005} {h * 0.11}h{-w * 0.93}Z",
        sheet.across((0, "#8d6339"), (0.8, "#efcf9a"), (1, "#c49a66")),
    )
    sheet.box(x - w * 0.46, y - h * 0.89, w * 0.92, 8, WOOD_DARK, opacity=0.5)
    sheet.box(x - w * 0.29, y - h * 0.77, w * 0.58, h * 0.47, PAPER)
    sheet.box(x - w * 0.265, y - h * 0.75, w * 0.53, h * 0.43, "none", stroke=CHAM, stroke_width=4)
    sprig(sheet, x, y - h * 0.5, h * 0.2, 0, LEAF)
    sheet.close()
    for text, down, size, colour in (("CHÈ XANH", 0.425, 0.08, CHAM), ("500 g", 0.355, 0.075, EMBER)):
        sheet.put(
            f'<text x="{x}" y="{y - h * down:.0f}" font-family="serif" font-weight="bold" font-size="{w * size:.0f}" text-anchor="middle" fill="{colour}">{text}</text>'
        )


def tea_bag(sheet: Sheet) -> None:
    """Draw a paper pouch holding 500 g of green tea."""
    sheet.box(0, 0, WIDTH, 690, sheet.across((0, "#55627c"), (0.5, "#c4a581"), (1, "#f6d9a4")))
    sheet.open(opacity=0.3, filter=sheet.blur(7))
    for k in range(26):
        leaf(sheet, 640 + (k % 9) * 90, -40 + (k // 9) * 150, 210, 120 + (k * 37) % 90, "#5d5040", vein=False)
    sheet.close()
    table(sheet, 660)
    pouch(sheet, 600, 860, 440, 650)
    hooks(sheet, 1000, 850, 170, 46, 150, 38, heap=60)
    sprig(sheet, 210, 880, 150, -30)
    sheet.glow(1150, 100, 760, "#ffcf8a", 0.55)


def fire(sheet: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Lay flames whose foot is at (x, y)."""
    for k in range(26):
        px, up = x + sheet.rng.uniform(-0.5, 0.5) * w, h * sheet.rng.uniform(0.4, 1)
        wide = w * sheet.rng.uniform(0.05, 0.12)
        tone = ("#d8431f", "#f0812c", "#fcc24f", "#fff0b0")[min(3, k // 7)]
        up *= 1 - 0.14 * (k // 7)
        sheet.path(
            f"M{px - wide:.0f} {y}Q{px - wide * 1.2:.0f} {y - up * 0.5:.0f} {px + wide * 0.3:.0f} {y - up:.0f}Q{px + wide * 1.4:.0f} {y - up * 0.4:.0f} {px + wide:.0f} {y}Z",
            tone,
            opacity=0.85,
            filter="url(#cut)",
        )


def tea_roast(sheet: Sheet) -> None:
    """Draw tea turning in a wood-fired drum."""
    sheet.box(0, 0, WIDTH, HEIGHT, sheet.down((0, "#1b2036"), (0.6, "#4a2c26"), (1, "#26161a")))
    for k in range(15):
        sheet.box(k * 92, 0, 86, 690, mix("#3a2723", "#6b3f28", (k * 5 % 7) / 9), opacity=0.8)
    sheet.box(0, 0, WIDTH, 690, "#000", filter="url(#woodgrain)", opacity=0.5)
    sheet.box(0, 850, WIDTH, 110, "#3a2420")
    sheet.glow(640, 640, 700, "#ff9a3c", 0.7)
    sheet.box(330, 640, 620, 250, "#6d3b2a", filter="url(#cut)")
    for row in range(7):
        for k in range(9):
            sheet.box(
                334 + k * 72 - (row % 2) * 34,
                644 + row * 35,
                66,
                30,
                mix("#7d4630", "#b8673c", sheet.rng.random()),
                opacity=0.9,
                rx=3,
            )
    sheet.path("M490 890V800Q640 660 790 800V890Z", "#170b0c")
    sheet.open(clip_path=sheet.clip("M490 890V800Q640 660 790 800V890Z"))
    sheet.glow(640, 880, 220, "#ff8a2a", 1)
    for k in range(4):
        sheet.line(f"M{530 + k * 30} 890L{660 + k * 40} {860 - k * 6}", WOOD_DARK, 26)
    fire(sheet, 640, 886, 250, 160)
    sheet.close()
    drum = "M420 420Q420 200 640 190H900Q1060 230 1060 420T900 650H640Q420 640 420 420Z"
    sheet.path(
        drum,
        sheet.down((0, "#9aa0a4"), (0.2, "#59606b"), (0.7, "#2d2a33"), (0.94, "#d0662c"), (1, "#f0a04a")),
        filter="url(#gouache)",
    )
    for x in (790, 900):
        sheet.line(f"M{x} 194Q{x + 110} 420 {x} 648", "#1d2029", 10, opacity=0.7)
        sheet.line(f"M{x + 10} 198Q{x + 120} 420 {x + 10} 644", "#b9b6aa", 3, opacity=0.6)
    sheet.oval(620, 420, 232, 232, "#262830")
    sheet.oval(620, 420, 232, 232, "none", stroke="#a89a88", stroke_width=16)
    sheet.oval(620, 420, 196, 196, sheet.round((0, "#5a3a22"), (0.7, "#2c2018"), (1, "#15120f"), y=0.8))
    sheet.open(clip_path=sheet.clip("M424 420a196 196 0 0 0 392 0a196 196 0 0 0 -392 0Z"))
    hooks(sheet, 600, 560, 220, 120, 520, 36, heap=40)
    for _ in range(40):
        leaf(
            sheet,
            620 + sheet.rng.uniform(-150, 170),
            420 + sheet.rng.uniform(-150, 60),
            30,
            sheet.rng.uniform(0, 360),
            mix(LEAF, LEAF_LIGHT, sheet.rng.random()),
            vein=False,
        )
    sheet.close()
    person(sheet, 210, 930, 660, coat=CHAM, reach=0.75, scarf="#2b355a")
    steam(sheet, 620, 300, 300)
    for k in range(5):
        sheet.line(f"M{1010 + k * 16} {920 - k * 30}h250", mix("#8a5533", AMBER, k / 9), 38)
        sheet.oval(1010 + k * 16, 920 - k * 30, 17, 19, "#e6bb7c")
    sheet.glow(640, 800, 520, "#ffa347", 0.6)


def teapot(sheet: Sheet, x: float, y: float, r: float) -> None:
    """Lay a round clay teapot; (x, y) is the middle of its foot."""
    clay = sheet.round((0, "#f0a873"), (0.3, "#b9623b"), (1, "#51241f"), x=0.7, y=0.28, r=0.85)
    shade(sheet, x, y, r * 1.3, r * 0.22)
    sheet.open(filter="url(#cut)")
    sheet.line(
        f"M{x - r * 0.8} {y - r * 1.1}C{x - r * 1.7} {y - r * 1.3} {x - r * 1.6} {y - r * 0.3} {x - r * 0.8} {y - r * 0.4}",
        "#6b3026",
        r * 0.17,
    )
    sheet.path(
        f"M{x + r * 0.7} {y - r * 0.4}Q{x + r * 1.25} {y - r * 0.6} {x + r * 1.32} {y - r * 1.2}L{x + r * 1.62} {y - r * 1.3}Q{x + r * 1.5} {y - r * 0.5} {x + r * 0.75} {y - r * 0.05}Z",
        sheet.across((0, "#8a4129"), (1, "#dd8a55")),
    )
    sheet.path(
        f"M{x - r * 0.55} {y}Q{x - r * 1.15} {y - r * 0.3} {x - r} {y - r * 0.8}Q{x - r * 0.7} {y - r * 1.4} {x} {y - r * 1.42}Q{x + r * 0.7} {y - r * 1.4} {x + r} {y - r * 0.8}Q{x + r * 1.15} {y - r * 0.3} {x + r * 0.55} {y}Q{x} {y + r * 0.1} {x - r * 0.55} {y}Z",
        clay,
    )
    sheet.oval(x, y - r * 1.36, r * 0.52, r * 0.13, "#6b3026")
    sheet.path(f"M{x - r * 0.48} {y - r * 1.39}Q{x} {y - r * 1.72} {x + r * 0.48} {y - r * 1.39}Z", clay)
    sheet.oval(x, y - r * 1.66, r * 0.13, r * 0.12, clay)
    sheet.close()
    sheet.line(
        f"M{x + r * 0.5} {y - r * 1.12}Q{x + r * 0.84} {y - r * 0.86} {x + r * 0.84} {y - r * 0.55}",
        "#ffe0bd",
        r * 0.06,
        opacity=0.7,
        filter=sheet.blur(3),
    )


def tea_cups(sheet: Sheet) -> None:
    """Draw a pot and cups set out on the porch."""
    contents_window(sheet)
    for x in (60, 1190):
        sheet.box(
            x, 0, 52, 620, sheet.across((0, WOOD_DARK), (0.7, WOOD), (1, "#e0a668")), filter="url(#gouache)"
        )
    sheet.box(0, 0, WIDTH, 60, WOOD_DARK)
    for y in (430, 540):
        sheet.box(0, y, WIDTH, 22, sheet.down((0, "#d99f62"), (1, WOOD_DARK)))
    table(sheet, 610)
    sheet.open(transform="skewX(-12) translate(150 0)")
    brocade(sheet, 150, 690, 1010, 210)
    sheet.close()
    teapot(sheet, 440, 800, 190)
    cup(sheet, 800, 690, 74)
    cup(sheet, 1010, 720, 80)
    cup(sheet, 850, 810, 92)
    sheet.glow(1080, 120, 760, "#ffcf8a", 0.5)


def scale(sheet: Sheet) -> None:
    """Draw fresh leaf hanging from a scale."""
    sheet.open(filter=sheet.blur(4))
    sky(sheet, (300, 220), low="#f9c48e")
    far_hills(sheet, 330, 3)
    field(sheet, (420, 470), path=0.3, near=1.1)
    sheet.close()
    for d in ("M300 980L690 40", "M1080 980L690 40"):
        sheet.line(d, WOOD_DARK, 34, transform="translate(-8 6)", opacity=0.5)
        sheet.line(d, "#c99a55", 28)
        sheet.line(d, "#f2d898", 6, transform="translate(6 0)")
    sheet.line("M690 30V170", INK, 9)
    sheet.oval(690, 270, 122, 122, INK, opacity=0.4, transform="translate(-12 14)", filter=sheet.blur(8))
    sheet.oval(690, 270, 120, 120, sheet.across((0, "#5f2a22"), (0.7, EMBER), (1, AMBER)))
    sheet.oval(690, 270, 98, 98, CREAM)
    for k in range(40):
        t, long = math.tau * k / 40, 18 if k % 5 == 0 else 9
        sheet.line(
            f"M{690 + math.cos(t) * 92:.1f} {270 + math.sin(t) * 92:.1f}L{690 + math.cos(t) * (92 - long):.1f} {270 + math.sin(t) * (92 - long):.1f}",
            INK,
            3,
        )
    sheet.line("M690 270L742 226", EMBER, 8)
    sheet.oval(690, 270, 11, 11, INK)
    sheet.line("M690 390V440M690 440L520 560M690 440L860 560", INK, 8)
    back_basket(sheet, 690, 880, 350, 330, full=False)
    for _ in range(190):
        t, out = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        x, y = 690 + math.cos(t) * out * 172, 548 + math.sin(t) * out * 34 - 60 * (1 - out)
        leaf(
            sheet,
            x,
            y,
            44,
            sheet.rng.uniform(-80, 80),
            mix(LEAF_DARK, mix(LEAF_LIGHT, LEAF_GLOW, sheet.rng.random()), 0.35 + 0.6 * sheet.rng.random()),
        )
    sheet.line("M516 550Q690 590 864 550", "#d8b06c", 22)
    sheet.glow(300, 220, 640, "#ffc87f", 0.45)


def spray_label(sheet: Sheet) -> None:
    """Draw a sack and a bottle set down for the diary's photograph."""
    sheet.open(filter=sheet.blur(4))
    sky(sheet, (980, 200))
    far_hills(sheet, 300, 3)
    field(sheet, (700, 430), path=0.4, near=1.3)
    sheet.close()
    table(sheet, 700)
    shade(sheet, 460, 880, 290, 44)
    sack = "M270 880Q230 700 290 450Q300 400 270 340Q400 300 480 326Q570 300 690 344Q650 400 668 450Q720 700 680 880Q480 910 270 880Z"
    sheet.path(
        sack,
        sheet.across((0, "#8f7d63"), (0.3, "#cdbb97"), (0.8, "#f7ebcd"), (1, "#cdb78e")),
        filter="url(#gouache)",
    )
    sheet.line("M288 430Q480 470 668 430", EMBER, 10)
    for k in range(12):
        sheet.line(f"M{310 + k * 32} 432q{6 - k} 60 {-4 + k} 110", WOOD, 3, opacity=0.35)
    sheet.box(352, 540, 260, 270, CREAM)
    sheet.box(352, 540, 260, 56, LEAF)
    sprig(sheet, 482, 720, 100, 0, LEAF)
    for k in range(3):
        sheet.line(f"M390 {744 + k * 20}h{184 - k * 40}", CHAM, 6, opacity=0.75)
    shade(sheet, 900, 880, 130, 30)
    bottle = "M800 880Q788 870 790 620Q796 560 850 540V480H950V540Q1004 560 1010 620Q1012 870 1000 880Z"
    sheet.path(
        bottle, sheet.across((0, "#2d4a3f"), (0.6, LEAF), (0.86, LEAF_GLOW), (1, LEAF)), filter="url(#cut)"
    )
    sheet.box(838, 420, 124, 70, sheet.across((0, "#7c2618"), (0.8, "#ee7a55"), (1, EMBER)), rx=8)
    sheet.box(798, 640, 206, 170, CREAM)
    sheet.box(798, 640, 206, 34, CHAM)
    leaf(sheet, 850, 780, 80, 20, LEAF)
    for k in range(4):
        sheet.line(f"M894 {700 + k * 26}h{84 - (k % 2) * 24}", CHAM, 6, opacity=0.75)
    sheet.glow(1080, 120, 700, "#ffcf8a", 0.5)


def water_meter(sheet: Sheet) -> None:
    """Draw a hand dipping a thermometer into the raceway."""
    water(sheet, shallow="#8fd0bd", stones=190)
    sheet.box(0, 0, WIDTH, HEIGHT, "#fff", filter="url(#caustic)", opacity=0.3, style="mix-blend-mode:screen")
    for k in range(6):
        sheet.oval(
            520,
            640,
            60 + k * 62,
            24 + k * 26,
            "none",
            stroke=CREAM,
            stroke_width=5 - k * 0.6,
            opacity=0.75 - k * 0.1,
            filter="url(#cut)",
        )
    sheet.open(transform="rotate(14 520 640)")
    sheet.line("M520 640V840", "#d9efe4", 24, opacity=0.4)
    sheet.line("M520 650V810", EMBER, 8, opacity=0.45)
    sheet.line("M520 180V640", "#eef4ea", 36)
    sheet.line("M520 300V640", EMBER, 10)
    for k in range(20):
        sheet.line(f"M506 {420 + k * 11}h{14 if k % 5 else 26}", INK, 2)
    sheet.close()
    sheet.path(
        "M690 380Q860 330 1330 60V-160L900 -60Q760 130 640 220Z",
        INK,
        opacity=0.35,
        transform="translate(-70 150)",
        filter=sheet.blur(22),
    )
    sleeve = "M870 60L1010 330Q1180 240 1340 190V-60H1000Z"
    skin = sheet.across((0, mix(SKIN, INK, 0.1)), (0.6, SKIN), (1, mix(SKIN, SUN, 0.4)))
    sheet.open(filter="url(#cut)")
    sheet.path("M700 400Q860 390 1000 300L900 110Q760 130 640 210Q560 260 590 330Q620 400 700 400Z", skin)
    for k, (x, y) in enumerate(((560, 300), (552, 346), (560, 392), (580, 434))):
        sheet.line(f"M{720 + k * 8} {280 + k * 36}Q{640} {250 + k * 44} {x} {y}", mix(SKIN, INK, 0.35), 56)
        sheet.line(
            f"M{720 + k * 8} {276 + k * 36}Q{640} {246 + k * 44} {x} {y - 3}", mix(SKIN, SUN, 0.12), 47
        )
        sheet.oval(x - 12, y - 6, 12, 9, "#f0c9a4")
    sheet.line("M740 190Q640 190 590 262", mix(SKIN, INK, 0.3), 62)
    sheet.line("M740 186Q640 186 592 256", mix(SKIN, SUN, 0.25), 52)
    sheet.oval(592, 248, 15, 12, "#f6d6b4")
    sheet.path(sleeve, sheet.across((0, CHAM), (1, mix(CHAM, SUN, 0.35))))
    sheet.close()
    sheet.open(transform="translate(876 56) rotate(62)")
    brocade(sheet, -6, -46, 316, 62)
    sheet.close()
    sheet.box(0, 0, WIDTH, HEIGHT, "#fff", filter="url(#ripple)", opacity=0.1)
    sheet.glow(1100, 60, 640, "#fff0bf", 0.4)


SCENES: dict[str, Callable[[Sheet], None]] = {
    "tea-picking": tea_picking,
    "tea-bag": tea_bag,
    "tea-roast": tea_roast,
    "tea-cups": tea_cups,
    "scale": scale,
    "spray-label": spray_label,
    "water-meter": water_meter,
}
