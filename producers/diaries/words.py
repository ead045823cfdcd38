"""What the choices of the diary's forms are called."""

from __future__ import annotations

from app.core.i18n import _
from producers.diaries.choices import (
    Cleaned,
    Cleaning,
    Disposal,
    DoseUnit,
    Pruning,
    Sprayer,
    Spreading,
    Standard,
    TreatUnit,
    Wasted,
    WaterSource,
    Weather,
    Weeding,
)
from producers.inputs.models import LimitUnit
from producers.inputs.words import UNIT_WORDS

SPREADING_WORDS = {
    Spreading.ROOT: _("bón gốc"),
    Spreading.LEAF: _("phun qua lá"),
    Spreading.WATERED: _("hòa nước tưới"),
}
WEEDING_WORDS = {
    Weeding.HAND: _("nhổ tay"),
    Weeding.HOE: _("xới cỏ"),
    Weeding.CUTTER: _("phát cỏ bằng máy"),
}
PRUNING_WORDS = {
    Pruning.TABLE: _("sửa tán"),
    Pruning.LIGHT: _("đốn phớt"),
    Pruning.MEDIUM: _("đốn lửng"),
    Pruning.HARD: _("đốn đau"),
}
STANDARD_WORDS = {
    Standard.BUD: _("một tôm"),
    Standard.ONE_LEAF: _("một tôm một lá"),
    Standard.TWO_LEAVES: _("một tôm hai lá"),
}
DOSE_WORDS = {unit: UNIT_WORDS[LimitUnit(unit.value)] for unit in (*DoseUnit, *TreatUnit)}
SPRAYER_WORDS = {
    Sprayer.HAND: _("bình bơm tay"),
    Sprayer.BATTERY: _("bình điện"),
    Sprayer.MOTOR: _("máy phun"),
    Sprayer.DRONE: _("máy bay phun"),
}
WEATHER_WORDS = {
    Weather.SUNNY: _("trời nắng"),
    Weather.CLOUDY: _("trời râm"),
    Weather.WINDY: _("có gió"),
    Weather.RAINY: _("có mưa"),
}
SOURCE_WORDS = {
    WaterSource.STREAM: _("nước suối"),
    WaterSource.POND: _("nước ao, hồ"),
    WaterSource.WELL: _("nước giếng"),
    WaterSource.RAIN: _("nước mưa"),
    WaterSource.TAP: _("nước máy"),
}
CLEANED_WORDS = {
    Cleaned.WATERS: _("ao, bể, mương"),
    Cleaned.TOOLS: _("dụng cụ"),
    Cleaned.SPRAYER: _("bình phun"),
    Cleaned.WORKSHOP: _("xưởng chế biến"),
    Cleaned.STORE: _("kho chứa"),
}
CLEANING_WORDS = {
    Cleaning.WATER: _("rửa nước sạch"),
    Cleaning.SOAP: _("rửa xà phòng"),
    Cleaning.LIME: _("rắc vôi"),
    Cleaning.DISINFECTANT: _("dùng thuốc khử trùng"),
    Cleaning.SUN: _("phơi nắng"),
}
WASTED_WORDS = {
    Wasted.PESTICIDE_PACKS: _("vỏ thuốc"),
    Wasted.BAGS: _("bao phân, bao cám"),
    Wasted.DEAD_FISH: _("cá chết"),
    Wasted.LEFTOVERS: _("phụ phẩm, rác khác"),
}
DISPOSAL_WORDS = {
    Disposal.HAMLET_BIN: _("bỏ bể thu gom của xóm"),
    Disposal.COLLECTOR: _("giao đơn vị thu gom"),
    Disposal.BURIED_LIME: _("chôn lấp rắc vôi"),
    Disposal.BURNT: _("đốt"),
    Disposal.COMPOST: _("ủ làm phân"),
}
