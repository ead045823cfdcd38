"""People of the market, drawn whole and small, and the baskets they carry."""

from app.demo.pictures.source.land import SUN
from app.demo.pictures.source.sheet import (
    CHAM,
    CREAM,
    EMBER,
    INK,
    LEAF_GLOW,
    LEAF_LIGHT,
    PAPER,
    WOOD_DARK,
    Sheet,
    mix,
)

SKIN = "#c98d62"
STRAW = "#e3c07d"


def conical_hat(sheet: Sheet, x: float, y: float, r: float) -> None:
    """Lay a nón; (x, y) is the middle of its brim."""
    cone = f"M{x - r} {y}Q{x - r * 0.4} {y - r * 0.38} {x} {y - r * 0.78}Q{x + r * 0.4} {y - r * 0.38} {x + r} {y}Q{x} {y + r * 0.3} {x - r} {y}Z"
    sheet.path(cone, sheet.across((0, "#a77f48"), (0.55, STRAW), (0.85, "#fff0c0"), (1, STRAW)))
    for k in range(1, 5):
        w, up = r * (1 - k * 0.2), r * 0.155 * k
        sheet.line(
            f"M{x - w} {y - up}Q{x} {y - up + w * 0.28} {x + w} {y - up}", "#8d6636", r * 0.022, opacity=0.55
        )


def back_basket(sheet: Sheet, x: float, y: float, w: float, h: float, *, full: bool = True) -> None:
    """Lay a woven basket carried on the back; (x, y) is the middle of its foot."""
    if full:
        for k in range(16):
            px = x - w * 0.5 + w * k / 15
            tone = mix(LEAF_LIGHT, LEAF_GLOW, (k * 7 % 5) / 5)
            sheet.oval(
                px,
                y - h - w * 0.05 * (1 + (k * 3) % 3),
                w * 0.1,
                w * 0.09,
                mix(tone, "#35652f", (k % 3) * 0.25),
            )
    body = f"M{x - w * 0.52} {y - h}L{x - w * 0.36} {y}Q{x} {y + w * 0.08} {x + w * 0.36} {y}L{x + w * 0.52} {y - h}Q{x} {y - h + w * 0.12} {x - w * 0.52} {y - h}Z"
    sheet.path(body, sheet.across((0, "#6f4a28"), (0.6, "#bb8b4c"), (0.9, "#ecc987"), (1, "#b98a4d")))
    sheet.open(clip_path=sheet.clip(body))
    rows = 9
    for k in range(rows):
        yy = y - h + (k + 0.7) * h / rows
        sheet.line(
            f"M{x - w * 0.55:.1f} {yy:.1f}q{w * 0.55:.1f} {w * 0.12:.1f} {w * 1.1:.1f} 0",
            WOOD_DARK,
            h * 0.022,
            opacity=0.55,
            stroke_dasharray=f"{w * 0.09:.1f} {w * 0.06:.1f}",
            stroke_dashoffset=f"{w * 0.07 * (k % 2):.1f}",
        )
    sheet.close()
    sheet.line(f"M{x - w * 0.52} {y - h}Q{x} {y - h + w * 0.12} {x + w * 0.52} {y - h}", "#d8b06c", w * 0.06)


def head(sheet: Sheet, x: float, y: float, r: float, *, hat: bool, scarf: str = "") -> None:
    """Lay a head seen from behind or turned away; (x, y) is its middle."""
    sheet.oval(x, y, r * 0.84, r, mix(SKIN, INK, 0.15))
    sheet.path(
        f"M{x + r * 0.3} {y - r * 0.6}Q{x + r * 0.95} {y} {x + r * 0.4} {y + r * 0.85}Z", mix(SKIN, SUN, 0.35)
    )
    sheet.path(
        f"M{x - r * 0.9} {y + r * 0.4}Q{x - r} {y - r * 1.1} {x} {y - r * 1.12}Q{x + r * 0.95} {y - r * 1.1} {x + r * 0.72} {y - r * 0.05}Q{x + r * 0.2} {y + r * 0.6} {x - r * 0.9} {y + r * 0.4}Z",
        scarf or "#1a1a22",
    )
    if hat:
        conical_hat(sheet, x, y - r * 0.35, r * 2.05)


def person(
    sheet: Sheet,
    x: float,
    y: float,
    high: float,
    *,
    coat: str = CHAM,
    legs: str = INK,
    hat: bool = False,
    basket: bool = False,
    scarf: str = "",
    net: bool = False,
    reach: float = 0.0,
    band: bool = True,
) -> None:
    """Lay one standing figure from behind; (x, y) is the ground between the feet, `reach` raises the right hand."""
    u = high / 8
    sheet.oval(x - u * 1.1, y, u * 1.9, u * 0.32, INK, opacity=0.4, filter=sheet.blur(max(2, u * 0.14)))
    sheet.open(filter="url(#cut)") if high > 260 else sheet.open()
    for side in (-1, 1):
        sheet.path(
            f"M{x + side * u * 0.12} {y - u * 3.4}L{x + side * u * 0.2} {y}H{x + side * u * 0.78}L{x + side * u * 0.95} {y - u * 3.6}Z",
            legs,
        )
        sheet.oval(x + side * u * 0.5, y - u * 0.06, u * 0.42, u * 0.2, mix(legs, "#000000", 0.4))
    hand = (x + u * (1.35 + reach * 1.3), y - u * (3.3 + reach * 2.2))
    cloth = sheet.across(
        (0, mix(coat, INK, 0.55)), (0.6, coat), (0.88, mix(coat, SUN, 0.28)), (1, mix(coat, SUN, 0.55))
    )
    sheet.line(
        f"M{x - u * 0.95} {y - u * 5.7}Q{x - u * 1.6} {y - u * 4.6} {x - u * 1.3} {y - u * 3.4}",
        mix(coat, INK, 0.45),
        u * 0.62,
    )
    sheet.oval(x - u * 1.28, y - u * 3.2, u * 0.28, u * 0.3, mix(SKIN, INK, 0.2))
    sheet.line(
        f"M{x + u * 0.9} {y - u * 5.7}Q{x + u * 1.6} {y - u * 4.7} {hand[0]} {hand[1]}",
        mix(coat, SUN, 0.2),
        u * 0.6,
    )
    sheet.oval(hand[0], hand[1] + u * 0.16, u * 0.28, u * 0.3, mix(SKIN, SUN, 0.2))
    sheet.path(
        f"M{x - u * 0.5} {y - u * 6.5}Q{x - u * 1.25} {y - u * 6.3} {x - u * 1.2} {y - u * 5.5}L{x - u * 1.25} {y - u * 2.7}Q{x} {y - u * 2.4} {x + u * 1.25} {y - u * 2.7}L{x + u * 1.2} {y - u * 5.5}Q{x + u * 1.25} {y - u * 6.3} {x + u * 0.5} {y - u * 6.5}Z",
        cloth,
    )
    sheet.line(
        f"M{x - u * 0.3} {y - u * 5.4}Q{x - u * 0.1} {y - u * 4} {x - u * 0.5} {y - u * 2.8}",
        INK,
        u * 0.07,
        opacity=0.4,
    )
    if band:
        sheet.box(x - u * 1.2, y - u * 3.95, u * 2.4, u * 0.3, EMBER)
        sheet.line(
            f"M{x - u * 1.2} {y - u * 3.8}h{u * 2.4}",
            PAPER,
            u * 0.08,
            stroke_dasharray=f"{u * 0.16} {u * 0.16}",
        )
    if basket:
        for side in (-1, 1):
            sheet.line(
                f"M{x + side * u * 0.5} {y - u * 6.3}Q{x + side * u * 0.9} {y - u * 5.6} {x + side * u * 0.8} {y - u * 5}",
                WOOD_DARK,
                u * 0.16,
            )
        back_basket(sheet, x, y - u * 3.2, u * 2.1, u * 2.3)
    sheet.box(x - u * 0.3, y - u * 6.9, u * 0.6, u * 0.6, mix(SKIN, INK, 0.25))
    head(sheet, x, y - u * 7.3, u * 0.68, hat=hat, scarf=scarf)
    if net:
        sheet.line(f"M{hand[0] + u * 0.5} {y + u * 0.1}L{hand[0] - u * 0.3} {y - u * 6}", "#c99a58", u * 0.14)
        sheet.oval(
            hand[0] - u * 0.4,
            y - u * 6.6,
            u * 0.7,
            u * 0.85,
            CREAM,
            opacity=0.35,
            stroke="#c99a58",
            stroke_width=u * 0.1,
        )
    sheet.close()
