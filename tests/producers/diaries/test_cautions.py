"""What looks wrong is written down with a warning, never refused."""

import pytest

from producers.diaries.cautions import CAUTION_WORDS, Caution, judge
from producers.diaries.schemas import Fertilise, Pick, Spray, Treat
from producers.farms.models import Crop, Site, SiteKind
from producers.inputs.models import Input, InputKind, LimitUnit

PLOT = Site(name="Đồi", kind=SiteKind.PLOT, crop=Crop.TEA, area_m2=2_000)
POND = Site(name="Ao", kind=SiteKind.POND, crop=Crop.SALMON, volume_m3=120)
ID = "01a21493-aaaa-73dd-8403-8b6917fffa0a"


def spray(**typed):
    """Two ml a litre, forty litres, two thousand square metres."""
    fields = {
        "input_id": ID,
        "dose_tenths": 20,
        "dose_unit": "ml_per_litre",
        "water_l": 40,
        "pest": "rầy",
        "area_m2": 2000,
    }
    return Spray.model_validate(fields | typed)


def treat(**typed):
    """Two grams for a kilo of feed."""
    fields = {"input_id": ID, "dose_tenths": 20, "dose_unit": "g_per_kg_feed", "reason": "nấm"}
    return Treat.model_validate(fields | typed)


def label(dose=None, unit=None, uses=None):
    """A product whose label says so much."""
    kind = InputKind.PESTICIDE
    return Input(kind=kind, name="Neem", max_dose_tenths=dose, max_dose_unit=unit, max_uses=uses)


def judged(work, product=None, site=PLOT, earlier_uses=0):
    """What looks wrong."""
    return judge(work, site=site, product=product, earlier_uses=earlier_uses)


@pytest.mark.parametrize(
    ("work", "product", "is_over"),
    [
        (spray(), label(20, LimitUnit.ML_PER_LITRE), False),
        (spray(dose_tenths=21), label(20, LimitUnit.ML_PER_LITRE), True),
        (spray(dose_tenths=21), label(), False),
        # 2 ml a litre, 40 litres on 2,000 m² are 80 ml, 400 ml a hectare.
        (spray(), label(4_000, LimitUnit.ML_PER_HA), False),
        (spray(), label(3_999, LimitUnit.ML_PER_HA), True),
        (spray(), label(1, LimitUnit.G_PER_HA), False),
        (spray(dose_unit="g_per_litre"), label(3_999, LimitUnit.G_PER_HA), True),
        (spray(), label(1, LimitUnit.G_PER_LITRE), False),
        (treat(), label(19, LimitUnit.G_PER_KG_FEED), True),
        (treat(), label(19, LimitUnit.G_PER_M3), False),
    ],
)  # fmt: skip
def test_a_dose_is_held_against_the_label(work, product, is_over):
    """Compared in the label's own unit, by litre or by hectare; what cannot be compared is not judged."""
    assert (Caution.DOSE_OVER_LABEL in judged(work, product)) is is_over


def test_work_without_a_dose_has_none_to_judge():
    """Fertiliser is weighed, whatever the label says of sprays."""
    manure = Fertilise.model_validate({"input_id": ID, "quantity_g": 500, "method": "root"})
    assert judged(manure, label(1, LimitUnit.ML_PER_LITRE)) == []


def test_no_more_is_treated_than_there_is():
    """More area than the plot, more water than the pond: marked; the other measure of a site is not there to compare."""
    assert judged(spray(area_m2=2_000)) == []
    assert judged(spray(area_m2=2_001)) == [Caution.AREA_OVER_SITE]
    manure = Fertilise.model_validate({"input_id": ID, "quantity_g": 500, "method": "root", "area_m2": 3000})
    assert judged(manure) == [Caution.AREA_OVER_SITE]
    assert judged(treat(volume_m3=120), site=POND) == []
    assert judged(treat(volume_m3=121), site=POND) == [Caution.VOLUME_OVER_SITE]
    assert judged(spray(area_m2=2_001), site=POND) == []
    assert judged(treat(volume_m3=121)) == []


@pytest.mark.parametrize(
    ("litres", "found"),
    [(10, []), (9, [Caution.WATER_TOO_LITTLE]), (600, []), (601, [Caution.WATER_TOO_MUCH])],
)
def test_the_spray_water_fits_the_area(litres, found):
    """Fifty to three thousand litres a hectare are sprayed by somebody; beyond that a figure was mistyped."""
    assert judged(spray(water_l=litres)) == found


def test_the_label_counts_the_uses_of_a_season():
    """Twice allowed: the third time is marked; a label that counts nothing marks nothing."""
    assert judged(spray(), label(uses=2), earlier_uses=1) == []
    assert judged(spray(), label(uses=2), earlier_uses=2) == [Caution.USED_TOO_OFTEN]
    assert judged(spray(), label(), earlier_uses=9) == []


def test_ordinary_work_is_not_judged():
    """Leaf picked has nothing to be compared with, and each warning has its words."""
    assert judged(Pick.model_validate({"quantity_g": 5000, "standard": "bud"})) == []
    assert set(CAUTION_WORDS) == set(Caution)
