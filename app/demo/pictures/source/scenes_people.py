"""Visits, neighbours and faces."""

from collections.abc import Callable
from typing import Any

from app.demo.pictures.source.figures import person
from app.demo.pictures.source.land import canopy, dome, far_hills, field, leaf, mist, sky, stilt_house
from app.demo.pictures.source.portraits import earrings, face, headscarf, man_jacket, short_hair, shoulders
from app.demo.pictures.source.scenes_fish import basin, valley
from app.demo.pictures.source.scenes_tea import hooks
from app.demo.pictures.source.sheet import (
    AMBER,
    CHAM,
    CREAM,
    INK,
    LEAF,
    LEAF_DEEP,
    WOOD_DARK,
    Sheet,
    mix,
    smooth,
    straight,
)


def visit_tea(sheet: Sheet) -> None:
    """Draw visitors with baskets following a guide between the tea rows."""
    sky(sheet, (960, 230))
    far_hills(sheet, 370, 4)
    mist(sheet, 565, 60, 0.8)

    def walker(coat: str, off: float, **given: Any) -> Callable[[float, float, float], None]:
        def draw(x: float, y: float, metre: float) -> None:
            person(sheet, x + off * metre, y, metre * 1.62, coat=coat, **given)

        return draw

    guests = (
        (4.4, walker(CHAM, 0.0, hat=True, basket=True, reach=1.0)),
        (3.2, walker("#b9623b", -0.55, basket=True, legs="#3b3a4a", band=False)),
        (3.0, walker("#e8d9b8", 0.62, hat=True, legs="#5b4a3f", band=False)),
        (1.75, walker("#4f7d6b", -0.42, basket=True, hat=True, legs="#2a2f3d", band=False)),
    )
    field(sheet, (800, 560), guests=guests, path=0.7, near=1.12, bend=-0.5)
    sheet.glow(960, 230, 700, "#ffc87f", 0.5)


def faraway(sheet: Sheet, soft: float = 5) -> None:
    """Lay soft hills and tea behind a face."""
    sheet.open(filter=sheet.blur(soft))
    sky(sheet, (1010, 210))
    far_hills(sheet, 340, 4)
    dome(sheet, 190, 720, 460, 220, 0.35, 9)
    dome(sheet, 1120, 760, 420, 220, 0.3, 9)
    sheet.close()


def portrait_lan(sheet: Sheet) -> None:
    """Draw a grower in indigo dress and silver."""
    faraway(sheet)
    shoulders(sheet, CHAM)
    face(sheet, "#cf9467")
    headscarf(sheet, CHAM, band=True)
    earrings(sheet)
    sheet.glow(1080, 200, 640, "#ffc87f", 0.5)


def portrait_hoa(sheet: Sheet) -> None:
    """Draw an elder who has grown tea all her life."""
    faraway(sheet)
    shoulders(sheet, "#4a3550", collar="#2f5d50")
    face(sheet, "#b97f58", age=1.0, broad=1.03, brow=5)
    headscarf(sheet, "#2f3a58", band=False)
    sheet.glow(1080, 200, 640, "#ffc87f", 0.5)


def portrait_tuan(sheet: Sheet) -> None:
    """Draw a keeper of fish before his raceways."""
    sheet.open(filter=sheet.blur(4))
    valley(sheet)
    basin(sheet, 700, 420, 150, 0.5, 700)
    basin(sheet, 940, 720, 190, 0.62, 700)
    sheet.close()
    man_jacket(sheet)
    face(sheet, "#bd8257", broad=1.06, smile=0.7, brow=13, age=0.2)
    short_hair(sheet)
    sheet.glow(1080, 200, 640, "#ffc87f", 0.5)


def cooperative(sheet: Sheet) -> None:
    """Draw neighbours before a wooden house, leaves drying on trays."""
    sky(sheet, (1010, 170), top="#9db9b4", low="#ffdfae")
    far_hills(sheet, 250, 3)
    dome(sheet, 1130, 560, 360, 160, 0.45, 9)
    dome(sheet, 90, 580, 360, 170, 0.4, 9)
    mist(sheet, 560, 50, 0.6)
    for x, y, r in ((210, 560, 80), (1040, 560, 74), (1130, 590, 56)):
        canopy(sheet, x, y, r, LEAF_DEEP)
    sheet.box(0, 620, 1280, 340, sheet.down((0, "#d9b27a"), (1, "#8a5c3c")), filter="url(#gouache)")
    stilt_house(sheet, 620, 660, 330)
    crowd = (
        (300, 720, 220, CHAM, True),
        (420, 735, 236, "#b9623b", False),
        (540, 720, 226, "#3f6659", True),
        (665, 738, 240, CHAM, False),
        (790, 722, 224, "#e4d3ae", True),
        (915, 736, 232, "#4a3550", False),
    )
    for k, (x, y, high, coat, hat) in enumerate(crowd):
        person(
            sheet,
            x,
            y,
            high,
            coat=coat,
            hat=hat,
            basket=k in {1, 4},
            scarf="" if hat else "#2b355a",
            band=k % 2 == 1,
        )
    for k, (x, y, r) in enumerate(((190, 850, 150), (510, 880, 170), (850, 865, 160), (1140, 840, 130))):
        sheet.oval(x - 14, y + 14, r, r * 0.34, INK, opacity=0.4, filter=sheet.blur(8))
        sheet.oval(x, y, r, r * 0.34, "#a87a41")
        sheet.oval(x, y - 3, r * 0.96, r * 0.31, "#e6c183")
        hooks(sheet, x, y - 3, r * 0.8, r * 0.23, 130, 17 + k % 2)
    sheet.glow(1010, 170, 700, "#ffc87f", 0.5)


def visit_fish(sheet: Sheet) -> None:
    """Draw a family feeding the fish at a raceway."""
    valley(sheet)
    sheet.box(0, 560, 1280, 400, sheet.down((0, "#8ea768"), (1, "#4d6b3d")), filter="url(#gouache)")
    for y, half, deep in ((575.0, 200, 40), (660.0, 300, 60)):
        basin(sheet, y, half, deep, 0.8, 960)
    basin(sheet, 1010, 640, 320, 0.5, 1010)
    for k in range(9):
        x, y = 860 + sheet.rng.uniform(-120, 320), 790 + sheet.rng.uniform(-40, 110)
        for ring in range(3):
            sheet.oval(
                x,
                y,
                18 + ring * 20,
                5 + ring * 6,
                "none",
                stroke=CREAM,
                stroke_width=2,
                opacity=0.7 - ring * 0.2,
            )
        sheet.path(
            f"M{x - 34} {y}q28 -22 60 -4q18 -14 26 -12q-8 12 -2 24q-14 -2 -24 -8q-32 12 -60 0Z",
            "#1a3540",
            opacity=0.75,
            filter="url(#cut)",
            data_k=k,
        )
    person(sheet, 130, 940, 440, coat="#b9623b", legs="#3b3a4a", hat=True, reach=0.9, band=False)
    person(sheet, 265, 930, 280, coat=AMBER, legs="#2f4f6b", reach=1.1, band=False)
    person(sheet, 400, 915, 420, coat=CHAM, reach=0.6, scarf="#2b355a")
    for _ in range(46):
        x = sheet.rng.uniform(500, 780)
        sheet.oval(x, 660 + (x - 500) * 0.5 + sheet.rng.uniform(-40, 40), 4, 3, "#5a3822")
    sheet.glow(1000, 140, 640, "#ffc87f", 0.5)


def day_pass(sheet: Sheet) -> None:
    """Draw a path over a bamboo bridge into the hills."""
    sky(sheet, (820, 240), low="#f6b58c")
    far_hills(sheet, 310, 4)
    dome(sheet, 180, 640, 400, 190, 0.45, 10)
    dome(sheet, 1090, 640, 420, 200, 0.4, 10)
    mist(sheet, 640, 60, 0.8)
    sheet.path(
        straight([(0, 640), (1280, 640), (1280, 960), (0, 960)]),
        sheet.down((0, "#9fb36c"), (1, "#3f6238")),
        filter="url(#gouache)",
    )
    trail = [
        (622, 750),
        (600, 700),
        (668, 668),
        (640, 640),
        (700, 622),
        (712, 640),
        (690, 668),
        (770, 700),
        (744, 750),
    ]
    sheet.path(smooth(trail, closed=True), sheet.down((0, "#f3dcae"), (1, "#d2a768")), filter="url(#cut)")
    river = smooth(
        [
            (-30, 760),
            (300, 735),
            (640, 770),
            (980, 735),
            (1310, 765),
            (1310, 900),
            (980, 868),
            (640, 900),
            (300, 870),
            (-30, 890),
        ],
        closed=True,
    )
    sheet.path(river, sheet.down((0, "#cfe0c3"), (0.5, "#5aa09d"), (1, "#1d5a68")), filter="url(#gouache)")
    sheet.path(river, "#fff", filter="url(#ripple)", opacity=0.6)
    sheet.path(
        "M560 960L625 735H735L860 960Z",
        INK,
        opacity=0.35,
        transform="translate(-60 16)",
        filter=sheet.blur(8),
    )
    for k in range(26):
        t = k / 25
        y, half = 730 + t**1.5 * 240, 52 + t * 110
        tone = mix("#8d6636", "#f0d08f", (k * 7 % 5) / 5)
        sheet.line(
            f"M{680 + t * 20 - half:.0f} {y:.0f}L{680 + t * 20 + half:.0f} {y + 2:.0f}", tone, 5 + t * 11
        )
        sheet.line(
            f"M{680 + t * 20 - half:.0f} {y + 4 + t * 5:.0f}h{half * 2:.0f}",
            WOOD_DARK,
            1 + t * 3,
            opacity=0.6,
        )
    for side in (-1, 1):
        for k in range(6):
            t = k / 5
            x, y = 680 + t * 20 + side * (56 + t * 112), 730 + t**1.5 * 232
            sheet.line(f"M{x:.0f} {y:.0f}v{-58 - t * 120:.0f}", "#c2934f", 6 + t * 10)
        for lift in (0.55, 0.95):
            sheet.line(
                f"M{680 + side * 56} {730 - 58 * lift:.0f}Q{690 + side * 100} {770 - 100 * lift:.0f} {700 + side * 168} {962 - 178 * lift:.0f}",
                "#e0b86f",
                8,
            )
    person(sheet, 684, 752, 150, coat=CHAM, hat=True, basket=True)
    for k in range(26):
        x = sheet.rng.choice([sheet.rng.uniform(-20, 330), sheet.rng.uniform(990, 1300)])
        leaf(
            sheet,
            x,
            980,
            sheet.rng.uniform(80, 210),
            sheet.rng.uniform(-45, 45),
            mix(LEAF_DEEP, LEAF, (k % 7) / 8),
            vein=False,
        )
    sheet.glow(820, 240, 700, "#ffc87f", 0.5)


def stilt_house_at_dusk(sheet: Sheet) -> None:
    """Draw a stilt house with its windows lit, between tea and the evening hills."""
    sky(sheet, (1010, 250), top="#5f7fa6", low="#ffb98a")
    far_hills(sheet, 360, 4)
    mist(sheet, 560, 60, 0.6)
    dome(sheet, 150, 820, 520, 230, 0.3, 9)
    dome(sheet, 1150, 850, 480, 240, 0.25, 9)
    sheet.path("M-20 980V800Q420 726 860 770T1320 800V980Z", sheet.down((0, LEAF), (1, LEAF_DEEP)))
    stilt_house(sheet, 620, 846, 330)
    sheet.glow(620, 590, 320, "#ffc868", 0.35)
    person(sheet, 300, 888, 190, coat=CHAM, hat=True, basket=True)
    person(sheet, 980, 880, 170, coat="#b9623b", legs="#3b3a4a", band=False)
    for k in range(22):
        x = sheet.rng.uniform(-20, 1320)
        leaf(
            sheet,
            x,
            985,
            sheet.rng.uniform(60, 130),
            sheet.rng.uniform(-45, 45),
            mix(LEAF_DEEP, LEAF, (k % 7) / 8),
        )


SCENES: dict[str, Callable[[Sheet], None]] = {
    "visit-tea": visit_tea,
    "visit-fish": visit_fish,
    "day-pass": day_pass,
    "stilt-house": stilt_house_at_dusk,
    "cooperative": cooperative,
    "portrait-lan": portrait_lan,
    "portrait-hoa": portrait_hoa,
    "portrait-tuan": portrait_tuan,
}
