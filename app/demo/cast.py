"""The demo's cast: invented people of real communes, with phone numbers for logging in."""

from __future__ import annotations

from dataclasses import dataclass

TAN_CUONG = "05503"
LA_BANG = "05818"
THUONG_MINH = "01921"
HA_NOI_BA_DINH = "00004"

TEA_PREFIX = "9521001"
FISH_PREFIX = "9521002"
"""GS1 prefix 952 is kept for demonstrations (GS1 General Specifications, section 1.4.2)."""

FARMER = "+84912000101"
HELPER = "+84912000109"
FISH_FARMER = "+84912000201"
BUYER = "+84912000301"
OPERATOR = "+84912000401"
ADMIN = "+84912000901"


@dataclass(frozen=True)
class Plot:
    """A tea plot: name, bush, square metres, year of planting, and where it lies (millionths of a degree)."""

    name: str
    variety: str
    area_m2: int
    planted_year: int


@dataclass(frozen=True)
class Household:
    """A member household of the tea cooperative."""

    name: str
    phone: str
    commune_code: str
    hamlet: str
    latitude_e6: int
    longitude_e6: int
    altitude_m: int
    plots: tuple[Plot, ...]


HOUSEHOLDS = (
    Household(
        "Hoàng Thị Lan", FARMER, TAN_CUONG, "xóm Hồng Thái", 21_551_900, 105_752_300, 118,
        (Plot("Đồi sau nhà", "Trung du lá nhỏ", 3_600, 1996), Plot("Bờ hồ", "LDP1", 2_400, 2011)),
    ),
    Household(
        "Nguyễn Văn Thành", "+84912000102", TAN_CUONG, "xóm Gò Pháo", 21_556_400, 105_744_800, 124,
        (Plot("Gò Pháo", "Trung du lá nhỏ", 4_100, 1992),),
    ),
    Household(
        "Trần Thị Mơ", "+84912000103", TAN_CUONG, "xóm Nam Tân", 21_548_200, 105_761_100, 96,
        (Plot("Vườn trên", "Kim Tuyên", 2_800, 2014), Plot("Vườn dưới", "LDP1", 1_900, 2009)),
    ),
    Household(
        "Lý Văn Phúc", "+84912000104", TAN_CUONG, "xóm Nhà Thờ", 21_560_700, 105_748_900, 131,
        (Plot("Đồi Cọ", "Phúc Vân Tiên", 3_200, 2012),),
    ),
    Household(
        "Đào Thị Vân", "+84912000105", TAN_CUONG, "xóm Soi Vàng", 21_545_600, 105_739_500, 102,
        (Plot("Soi Vàng", "Trung du lá nhỏ", 2_600, 1988),),
    ),
    Household(
        "Bàn Thị Hoa", "+84912000106", LA_BANG, "xóm Tiến Thành", 21_663_200, 105_571_400, 312,
        (Plot("Nương chân Tam Đảo", "Trung du lá nhỏ", 5_200, 1985), Plot("Nương suối", "Kim Tuyên", 2_300, 2015)),
    ),
    Household(
        "Dương Văn Lực", "+84912000107", LA_BANG, "xóm Rừng Vần", 21_668_900, 105_563_800, 348,
        (Plot("Rừng Vần", "LDP1", 3_900, 2008),),
    ),
    Household(
        "Triệu Thị Mai", "+84912000108", LA_BANG, "xóm Lau Sau", 21_671_500, 105_577_200, 365,
        (Plot("Lau Sau", "Trung du lá nhỏ", 3_000, 1994),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Raceway:
    """Fish water: name, species, cubic metres, young fish let in, and their mean weight then (grams)."""

    name: str
    crop: str
    volume_m3: int
    count: int
    mean_weight_g: int


RACEWAYS = (
    Raceway("Mương 1", "sturgeon", 120, 1_800, 420),
    Raceway("Mương 2", "sturgeon", 120, 1_650, 380),
    Raceway("Mương 3", "salmon", 96, 2_400, 210),
    Raceway("Mương 4", "salmon", 96, 2_300, 240),
)

BUYERS = (
    ("Phạm Minh Anh", BUYER, "số 12 ngõ 5 phố Quán Thánh"),
    ("Vũ Quốc Huy", "+84912000302", "số 40 phố Châu Long"),
    ("Lê Thu Hà", "+84912000303", "số 7 phố Hàng Than"),
    ("Đặng Hải Yến", "+84912000304", "P.1204, số 2 phố Trúc Bạch"),
    ("Ngô Gia Bảo", "+84912000305", "số 91 phố Phan Đình Phùng"),
    ("Bùi Khánh Linh", "+84912000306", "số 15 phố Cửa Bắc"),
    ("Trịnh Văn Sơn", "+84912000307", "số 3 ngõ 20 phố Đặng Dung"),
    ("Cao Thị Ngọc", "+84912000308", "số 66 phố Nguyễn Trường Tộ"),
)
