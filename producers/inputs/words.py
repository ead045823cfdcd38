"""What inputs are called, and what their labels count."""

from __future__ import annotations

from app.core.i18n import Text, _
from app.core.quantity import format_scaled
from producers.inputs.models import Input, InputKind, LimitUnit

KIND_WORDS = {
    InputKind.FERTILISER: _("Phân bón"),
    InputKind.PESTICIDE: _("Thuốc bảo vệ thực vật"),
    InputKind.FEED: _("Thức ăn cho cá"),
    InputKind.DRUG: _("Thuốc cho cá"),
}
KIND_ICONS = {
    InputKind.FERTILISER: "sprout",
    InputKind.PESTICIDE: "spray",
    InputKind.FEED: "basket",
    InputKind.DRUG: "plus",
}
UNIT_WORDS = {
    LimitUnit.ML_PER_LITRE: _("ml cho 1 lít nước"),
    LimitUnit.G_PER_LITRE: _("g cho 1 lít nước"),
    LimitUnit.ML_PER_HA: _("ml cho 1 héc-ta"),
    LimitUnit.G_PER_HA: _("g cho 1 héc-ta"),
    LimitUnit.G_PER_KG_FEED: _("g cho 1 kg thức ăn"),
    LimitUnit.ML_PER_M3: _("ml cho 1 m³ nước"),
    LimitUnit.G_PER_M3: _("g cho 1 m³ nước"),
}


def say_limit(product: Input) -> Text | None:
    """Say the label's largest dose, if it is known."""
    if product.max_dose_tenths is None or product.max_dose_unit is None:
        return None
    dose = format_scaled(product.max_dose_tenths, 1)
    return _("nhiều nhất %(dose)s %(unit)s", dose=dose, unit=UNIT_WORDS[product.max_dose_unit])


def show_code(product: Input) -> str:
    """The pack's code as it stands below the bars: 13 digits mostly."""
    return (product.pack_code or "").removeprefix("0")
