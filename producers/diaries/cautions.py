"""What looks wrong in a piece of work that was done all the same: it is written down and marked, never refused.

A farmer must be able to write the truth. Compared are what she wrote, what the product's label says and the size of the
site; where the label or the size is unknown, or the units cannot be compared, nothing is said.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from app.core.i18n import Text, _
from producers.diaries.choices import DoseUnit
from producers.diaries.schemas import Spray, Treat
from producers.inputs.models import LimitUnit

if TYPE_CHECKING:
    from producers.diaries.schemas import Work
    from producers.farms.models import Site
    from producers.inputs.models import Input

M2_PER_HA = 10_000
LEAST_WATER_L_PER_HA, MOST_WATER_L_PER_HA = 50, 3_000
"""Sprayers of all sorts lie well between: a drone sprays about 100 litres, a motor pump up to 1,000 (from experience)."""
SEASON_DAYS = 365
"""Tea is picked the whole year round: the label's season counts as a year."""


class Caution(StrEnum):
    """One thing that looks wrong."""

    DOSE_OVER_LABEL = "dose_over_label"
    AREA_OVER_SITE = "area_over_site"
    VOLUME_OVER_SITE = "volume_over_site"
    WATER_TOO_LITTLE = "water_too_little"
    WATER_TOO_MUCH = "water_too_much"
    USED_TOO_OFTEN = "used_too_often"


CAUTION_WORDS: dict[str, Text] = {
    Caution.DOSE_OVER_LABEL: _("Liều cao hơn nhãn cho phép."),
    Caution.AREA_OVER_SITE: _("Diện tích ghi lớn hơn cả lô vườn."),
    Caution.VOLUME_OVER_SITE: _("Lượng nước ghi nhiều hơn nước trong ao, bể."),
    Caution.WATER_TOO_LITTLE: _("Lượng nước phun ít quá so với diện tích."),
    Caution.WATER_TOO_MUCH: _("Lượng nước phun nhiều quá so với diện tích."),
    Caution.USED_TOO_OFTEN: _("Dùng nhiều lần hơn nhãn cho phép trong một vụ."),
}


def judge(work: Work, *, site: Site, product: Input | None, earlier_uses: int) -> list[Caution]:
    """List what looks wrong; `earlier_uses` of the product on this site within the season before this work."""
    found: list[Caution] = []
    if product is not None and _is_over_label(work, product):
        found.append(Caution.DOSE_OVER_LABEL)
    area = getattr(work, "area_m2", None)
    if area is not None and site.area_m2 is not None and area > site.area_m2:
        found.append(Caution.AREA_OVER_SITE)
    volume = getattr(work, "volume_m3", None)
    if volume is not None and site.volume_m3 is not None and volume > site.volume_m3:
        found.append(Caution.VOLUME_OVER_SITE)
    if isinstance(work, Spray):
        litres = work.water_l * M2_PER_HA
        if litres < LEAST_WATER_L_PER_HA * work.area_m2:
            found.append(Caution.WATER_TOO_LITTLE)
        elif litres > MOST_WATER_L_PER_HA * work.area_m2:
            found.append(Caution.WATER_TOO_MUCH)
    if product is not None and product.max_uses is not None and earlier_uses >= product.max_uses:
        found.append(Caution.USED_TOO_OFTEN)
    return found


_PER_HA = {LimitUnit.ML_PER_HA.value: DoseUnit.ML_PER_LITRE, LimitUnit.G_PER_HA.value: DoseUnit.G_PER_LITRE}


def _is_over_label(work: Work, product: Input) -> bool:
    limit, unit = product.max_dose_tenths, str(product.max_dose_unit)
    if limit is None or not isinstance(work, Spray | Treat):
        return False
    if unit == str(work.dose_unit):
        return work.dose_tenths > limit
    if isinstance(work, Spray) and _PER_HA.get(unit) is work.dose_unit:
        return work.dose_tenths * work.water_l * M2_PER_HA > limit * work.area_m2
    return False
