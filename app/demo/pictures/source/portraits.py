"""Three faces: a grower in indigo, an elder of the tea, a keeper of fish."""

from app.demo.pictures.source.figures import SKIN
from app.demo.pictures.source.land import SUN, brocade
from app.demo.pictures.source.sheet import CHAM, CHAM_MID, CREAM, EMBER, INK, PAPER, Sheet, mix

HAIR = "#1b1a22"


def shoulders(sheet: Sheet, coat: str, *, collar: str = EMBER, pattern: bool = True) -> None:
    """Lay the bust of a cross-fronted jacket, its collar and its brocade."""
    cloth = sheet.across(
        (0, mix(coat, INK, 0.6)), (0.55, coat), (0.85, mix(coat, SUN, 0.22)), (1, mix(coat, SUN, 0.4))
    )
    body = "M250 980C250 800 300 730 420 690L560 640H720L860 690C980 730 1030 800 1030 980Z"
    sheet.path(body, cloth, filter="url(#cut)")
    sheet.open(clip_path=sheet.clip(body))
    for k in range(34):
        sheet.line(
            f"M{250 + k * 24} 980Q{290 + k * 22} 820 {420 + k * 13} 660",
            mix(coat, CREAM, 0.3),
            1.4,
            opacity=0.25,
        )
    for path in ("M380 980Q350 860 400 740", "M900 980Q930 860 880 740"):
        sheet.line(path, INK, 9, opacity=0.4, filter=sheet.blur(3))
    if pattern:
        sheet.open(transform="rotate(63 560 660)")
        brocade(sheet, 545, 640, 520, 56, mix(coat, INK, 0.4))
        sheet.close()
        sheet.open(transform="rotate(-63 720 660) matrix(-1 0 0 1 1280 0)")
        brocade(sheet, 545, 640, 520, 56, mix(coat, INK, 0.4))
        sheet.close()
    sheet.close()
    sheet.path("M548 650L640 800L732 650L700 622H580Z", mix(SKIN, INK, 0.28))
    sheet.line("M546 640L640 806", collar, 24)
    sheet.line("M734 640L640 806", mix(collar, SUN, 0.2), 24)
    sheet.line("M546 640L640 806L734 640", PAPER, 4, stroke_dasharray="5 12")


def face(
    sheet: Sheet, skin: str, *, age: float = 0.0, broad: float = 1.0, smile: float = 1.0, brow: float = 8.0
) -> None:
    """Lay a face turned a little to the light at the right; `age` from 0 to 1 draws its lines."""
    dark, lit = mix(skin, "#5a2a2a", 0.45), mix(skin, SUN, 0.5)
    sheet.open(transform=f"translate({640 - 640 * broad} 0) scale({broad} 1)")
    sheet.path("M580 560H700V680Q640 740 580 680Z", mix(skin, INK, 0.32))
    shape = "M512 400C506 270 560 220 646 220S782 280 776 400C774 500 744 566 704 604Q652 640 600 606C552 570 516 500 512 400Z"
    sheet.path(
        shape,
        sheet.across((0, dark), (0.36, skin), (0.75, mix(skin, SUN, 0.25)), (1, lit)),
        filter="url(#cut)",
    )
    sheet.open(clip_path=sheet.clip(shape))
    sheet.path(
        "M500 200H600C560 300 566 420 582 480C590 540 610 590 640 640H500Z",
        dark,
        opacity=0.34,
        filter="url(#cut)",
    )
    sheet.oval(566, 486, 40, 28, "#d4553a", opacity=0.26, filter=sheet.blur(12))
    sheet.oval(728, 486, 38, 28, "#e0663c", opacity=0.34, filter=sheet.blur(12))
    sheet.path("M640 600Q650 560 690 590Q660 640 620 630Z", dark, opacity=0.2)
    sheet.close()
    for x, side in ((586, -1), (708, 1)):
        sheet.line(
            f"M{x - 36} {372 - (side < 0) * 3}Q{x} {350} {x + 36} {372 - (side > 0) * 3}",
            mix(HAIR, "#8a8580", age),
            brow,
        )
        sheet.path(f"M{x - 29} 412Q{x} 391 {x + 29} 411Q{x + 2} 424 {x - 29} 412Z", "#f4e6cf")
        sheet.oval(x + 3, 408, 11.5, 10.5, "#20130f")
        sheet.oval(x + 7, 404, 3, 3, CREAM)
        sheet.line(f"M{x - 31} 413Q{x - 2} 388 {x + 31} 411", HAIR, 6)
        sheet.line(f"M{x - 24} 394Q{x} 379 {x + 26} 393", dark, 2.5, opacity=0.7)
        sheet.line(f"M{x - 20} 430Q{x} {436} {x + 22} 428", dark, 2 + age * 2, opacity=0.3 + age * 0.4)
        for k in range(3 if age else 0):
            sheet.line(
                f"M{x + side * 38} {408 + k * 8}l{side * 20} {-8 + k * 9}", dark, 2.2, opacity=0.55 * age
            )
    sheet.path("M640 404Q630 460 618 486Q622 502 646 503Q674 502 678 488Q662 470 656 404Z", lit, opacity=0.4)
    sheet.path("M640 396Q632 456 614 486Q616 502 640 502Q628 470 640 396Z", dark, opacity=0.5)
    sheet.line("M618 497Q646 510 676 496", dark, 4)
    lift = 14 * smile
    sheet.path(
        f"M594 {542 - lift * 0.4}Q630 538 648 544Q668 538 698 {542 - lift * 0.4}Q682 {562 + lift} 646 {564 + lift}Q610 {562 + lift} 594 {542 - lift * 0.4}Z",
        mix("#b04a3c", dark, 0.3 + age * 0.3),
    )
    sheet.line(f"M592 {541 - lift * 0.5}Q646 {552 + lift} 700 {541 - lift * 0.5}", "#5c1f20", 4)
    for d in (f"M588 484Q560 520 584 {560 - lift}", f"M706 484Q732 520 710 {560 - lift}"):
        sheet.line(d, dark, 2.5 + age * 2, opacity=0.25 + age * 0.45)
    for k in range(int(age * 4)):
        sheet.line(f"M576 {300 + k * 17}Q646 {288 + k * 17} 722 {302 + k * 17}", dark, 2.4, opacity=0.45)
    sheet.line("M770 320Q786 420 748 560", "#ffe6b5", 6, opacity=0.5, filter=sheet.blur(2))
    sheet.close()


def headscarf(sheet: Sheet, cloth: str, *, band: bool) -> None:
    """Lay a wrapped indigo headscarf over parted hair."""
    sheet.path(
        "M500 404Q480 220 600 200Q646 196 700 204Q806 220 788 404Q768 318 712 290Q650 276 580 292Q524 318 508 400Z",
        HAIR,
        filter="url(#cut)",
    )
    sheet.line("M646 232Q640 262 644 284", "#6b5a56", 3)
    wrap = "M486 330C470 180 540 110 650 108S824 180 806 330C790 262 730 238 646 236S506 262 486 330Z"
    sheet.path(
        wrap,
        sheet.across((0, mix(cloth, INK, 0.7)), (0.6, cloth), (0.9, mix(cloth, SUN, 0.35)), (1, cloth)),
        filter="url(#gouache)",
    )
    for k in range(5):
        sheet.line(
            f"M{492 + k * 6} {312 - k * 34}Q646 {214 - k * 26} {800 - k * 6} {312 - k * 34}",
            mix(cloth, CREAM, 0.35),
            3,
            opacity=0.5,
        )
    sheet.line(
        "M490 318C510 254 574 232 646 231S786 254 802 318", EMBER if band else mix(cloth, INK, 0.3), 24
    )
    if band:
        sheet.line("M490 318C510 254 574 232 646 231S786 254 802 318", PAPER, 6, stroke_dasharray="7 11")
    sheet.path(
        "M488 320Q446 420 470 560Q500 600 520 540Q496 440 508 330Z", mix(cloth, INK, 0.55), filter="url(#cut)"
    )


def earrings(sheet: Sheet) -> None:
    """Lay silver rings at both ears and a silver collar."""
    for x in (514, 780):
        sheet.oval(x, 500, 17, 22, "none", stroke="#dfe3dc", stroke_width=6)
    sheet.line("M540 672Q640 800 742 672", "#7d8894", 17)
    sheet.line("M540 669Q640 796 742 669", "#eef0e6", 8)


def short_hair(sheet: Sheet) -> None:
    """Lay a man's short hair and his ears."""
    for x in (508, 782):
        sheet.oval(x, 424, 19, 40, mix(SKIN, INK, 0.3) if x < 640 else mix(SKIN, SUN, 0.2))
    sheet.path(
        "M504 400Q476 190 640 168Q810 172 788 400Q782 340 762 312Q730 296 700 268Q640 300 556 290Q522 330 504 400Z",
        HAIR,
        filter="url(#gouache)",
    )
    for k in range(16):
        sheet.line(f"M{560 + k * 13} 200q{-6 + k} 40 {-22 + k * 2} 78", CHAM_MID, 2, opacity=0.4)


def man_jacket(sheet: Sheet) -> None:
    """Lay a work jacket over a pale shirt."""
    shoulders(sheet, "#3f6659", collar=CREAM, pattern=False)
    for x in (380, 800):
        sheet.path(f"M{x} 850h110v90q-55 26 -110 0Z", mix("#3f6659", INK, 0.3), opacity=0.8)
    sheet.line("M640 806V980", INK, 4, opacity=0.6)
    for k in range(3):
        sheet.oval(652, 840 + k * 48, 7, 7, CHAM)
