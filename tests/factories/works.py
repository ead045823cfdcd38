"""Work of every kind as somebody types it (a product is chosen by the test)."""

from producers.diaries.models import EntryKind

SAMPLES: dict[EntryKind, dict[str, str]] = {
    EntryKind.FERTILISE: {"quantity_g": "50 kg", "method": "root"},
    EntryKind.SPRAY: {
        "dose_tenths": "1,5",
        "dose_unit": "ml_per_litre",
        "water_l": "40",
        "pest": "rầy xanh",
        "area_m2": "2.000",
    },
    EntryKind.WEED: {"method": "hoe"},
    EntryKind.PRUNE: {"style": "light"},
    EntryKind.PICK: {"quantity_g": "12,5 kg", "standard": "one_leaf"},
    EntryKind.WITHER: {"hours": "8", "temperature_c": "28"},
    EntryKind.FIX: {"temperature_c": "280", "minutes": "7"},
    EntryKind.ROLL: {"minutes": "25"},
    EntryKind.DRY: {"temperature_c": "95", "minutes": "90", "quantity_g": "2,5 kg"},
    EntryKind.STOCK: {"count": "2.000", "mean_weight_g": "200 g", "origin": "Sa Pa"},
    EntryKind.FEED: {"quantity_g": "15 kg"},
    EntryKind.WATER: {"temperature_tenths": "12,5", "oxygen_tenths": "7,8", "ph_hundredths": "7,25"},
    EntryKind.TREAT: {"dose_tenths": "2", "dose_unit": "g_per_kg_feed", "reason": "nấm mang"},
    EntryKind.GRADE: {"count": "50", "mean_weight_g": "1,2 kg"},
    EntryKind.MORTALITY: {"count": "3", "cause": "thiếu ô-xy"},
    EntryKind.HARVEST: {"quantity_g": "1500 kg", "count": "1.250"},
    EntryKind.PROCESS: {"method": "hun khói", "input_g": "10 kg", "quantity_g": "4 kg"},
    EntryKind.PACK: {"quantity_g": "10 kg", "pack_g": "200 g"},
}
SAID = {
    EntryKind.FERTILISE: "Bón NPK 16-16-8, 50 kg, bón gốc",
    EntryKind.SPRAY: "Phun NPK 16-16-8, 2.000 m²",
    EntryKind.WEED: "Làm cỏ, xới cỏ",
    EntryKind.PRUNE: "Đốn chè, đốn phớt",
    EntryKind.PICK: "Hái 12,5 kg chè tươi, một tôm một lá",
    EntryKind.WITHER: "Làm héo 8 giờ ở 28 °C",
    EntryKind.FIX: "Diệt men 7 phút ở 280 °C",
    EntryKind.ROLL: "Vò chè 25 phút",
    EntryKind.DRY: "Sấy khô 90 phút ở 95 °C, được 2,5 kg",
    EntryKind.STOCK: "Thả 2.000 con giống, mỗi con 200 g, từ Sa Pa",
    EntryKind.FEED: "Cho ăn NPK 16-16-8, 15 kg",
    EntryKind.WATER: "Đo nước: 12,5 °C, O₂ 7,8 mg/l, pH 7,25",
    EntryKind.TREAT: "Trị bệnh bằng NPK 16-16-8: nấm mang",
    EntryKind.GRADE: "Phân cỡ 50 con, trung bình 1,2 kg một con",
    EntryKind.MORTALITY: "3 con cá chết: thiếu ô-xy",
    EntryKind.HARVEST: "Thu 1.500 kg cá, 1.250 con",
    EntryKind.PROCESS: "Chế biến (hun khói): 10 kg thành 4 kg",
    EntryKind.PACK: "Đóng gói 10 kg, mỗi gói 200 g",
}
"""The same work as the diary says it, with a product called "NPK 16-16-8"."""
