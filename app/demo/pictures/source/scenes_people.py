"""Visits, neighbours and faces."""

from collections.abc import Callable

from app.demo.pictures.source.figures import person
from app.demo.pictures.source.land import far_hills, field, mist, sky
from app.demo.pictures.source.sheet import CHAM, EMBER, PAPER, Sheet


def visit_tea(sheet: Sheet) -> None:
    """Visitors with baskets following a guide between the tea rows."""
    sky(sheet, (960, 230))
    far_hills(sheet, 300, 4)
    mist(sheet, 480, 60, 0.8)

    def walker(coat: str, off: float, **given: object) -> Callable[[float, float, float], None]:
        def draw(x: float, y: float, metre: float) -> None:
            person(sheet, x + off * metre, y, metre * 1.62, coat=coat, **given)  # type: ignore[arg-type] - given are person's own flags

        return draw

    guests = (
        (4.3, walker(CHAM, 0.05, hat=True, basket=True, reach=1.0)),
        (2.75, walker("#b9623b", -0.3, basket=True, legs="#3b3a4a", band=False)),
        (2.6, walker("#e8d9b8", 0.33, hat=True, legs="#5b4a3f", band=False)),
        (1.75, walker("#4f7d6b", -0.12, basket=True, hat=True, legs="#2a2f3d", band=False)),
    )
    field(sheet, (640, 470), guests=guests, path=0.75, near=1.0)
    sheet.glow(960, 230, 700, "#ffc87f", 0.5)


SCENES: dict[str, Callable[[Sheet], None]] = {"visit-tea": visit_tea}
