"""The booklet's front and back: what stands on the cover and above each place, and the lists at the end."""

from __future__ import annotations

from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.phone import format_phone
from producers.certificates.words import badge_words
from producers.diaries.booklet import Booklet, Chapter
from producers.diaries.booklet_tables import Cell, Column, Scaled, Table
from producers.farms.words import CROP_WORDS, SITE_WORDS
from producers.inputs.models import InputKind

TITLE = _("Sổ nhật ký sản xuất")
TEA_STANDARD = _("VietGAP trồng trọt: TCVN 11892-1")
FISH_STANDARD = _("VietGAP nuôi trồng thủy sản trong ao, bể: TCVN 13528-1")
NONE = _("Không có")
SIGNATURES = (_("Người lập sổ"), _("Đại diện cơ sở"), _("Người đánh giá"))
FIGURES_NOTE = _(
    "Số viết kiểu Việt Nam: 1.250,5 là một nghìn hai trăm năm mươi phẩy năm. Ngày viết ngày/tháng/năm."
)
"""Said to readers of other languages only."""
TOTAL, PLACE, UNIT = _("Cộng"), _("Nơi"), _("Đơn vị")
_INPUT_WORDS = {
    InputKind.FERTILISER: _("Phân bón"),
    InputKind.PESTICIDE: _("Thuốc bảo vệ thực vật"),
    InputKind.FEED: _("Thức ăn cho cá"),
    InputKind.DRUG: _("Thuốc cho cá"),
}
Facts = list[tuple[Text, Cell]]


def standards(booklet: Booklet) -> list[Text]:
    """By which standards the booklet is read."""
    return [
        words
        for words, is_there in ((TEA_STANDARD, booklet.has_tea), (FISH_STANDARD, booklet.has_fish))
        if is_there
    ]


def period(booklet: Booklet) -> Text:
    """From which day to which."""
    scope = booklet.scope
    return _("%(since)s đến %(until)s", since=f"{scope.since:%d/%m/%Y}", until=f"{scope.until:%d/%m/%Y}")


def cover(booklet: Booklet) -> Facts:
    """What the cover says."""
    producer = booklet.producer
    codes = dict.fromkeys(
        chapter.site.planting_area_code for chapter in booklet.chapters if chapter.site.planting_area_code
    )
    address = f"{producer.address_line}, {booklet.commune}" if producer.address_line else booklet.commune
    return [
        (_("Cơ sở"), producer.name),
        (_("Địa chỉ"), address),
        (_("Điện thoại"), format_phone(producer.phone)),
        (_("Thời gian"), period(booklet)),
        (_("Mã số vùng trồng"), ", ".join(codes) or NONE if booklet.has_tea else None),
        (_("Số vườn, ao, bể"), Scaled(len(booklet.chapters))),
        (_("Số dòng nhật ký"), Scaled(booklet.entry_count)),
        (_("Số lần sửa"), Scaled(len(booklet.changes))),
        (_("In lúc"), f"{in_vietnam(booklet.printed_at):%H:%M %d/%m/%Y}"),
        (_("Người in"), booklet.printed_by),
        (_("Mã kiểm tra dữ liệu"), booklet.digest),
    ]


def place(chapter: Chapter) -> Facts:
    """What is known of a place."""
    site, farm = chapter.site, chapter.farm
    where = f"{farm.hamlet}, {chapter.commune}" if farm.hamlet else chapter.commune
    return [
        (_("Loại"), SITE_WORDS[site.kind]),
        (_("Trồng, nuôi"), CROP_WORDS[site.crop]),
        (_("Giống"), site.variety or None),
        (_("Năm trồng"), str(site.planted_year) if site.planted_year else None),
        (_("Diện tích (m²)"), Scaled(site.area_m2) if site.area_m2 is not None else None),
        (_("Thể tích nước (m³)"), Scaled(site.volume_m3) if site.volume_m3 is not None else None),
        (_("Nông hộ"), farm.name),
        (_("Địa chỉ"), where),
        (_("Mã số vùng trồng"), site.planting_area_code),
    ]


def certificates(booklet: Booklet) -> Table:
    """The certificates that held at some day of the period."""
    columns = [
        Column(head=_("Chứng nhận"), share=1.5),
        Column(head=_("Số"), share=1.5),
        Column(head=_("Nơi cấp"), share=2.5),
        Column(head=_("Có hiệu lực từ"), share=1.1),
        Column(head=_("Đến hết"), share=1.1),
    ]
    rows: list[list[Cell]] = [
        [badge_words(one), one.number, one.issuer, one.valid_from, one.valid_until]
        for one in booklet.certificates
    ]
    return Table(_("Giấy chứng nhận"), columns, rows)


def used(booklet: Booklet) -> Table:
    """Every product used, with its total."""
    columns = [
        Column(head=_("Loại"), share=1.4),
        Column(head=_("Tên sản phẩm"), share=2),
        Column(head=_("Hoạt chất"), share=2),
        Column(head=_("Số đăng ký"), share=1.4),
        Column(head=_("Số lần dùng"), share=0.8, is_number=True),
        Column(head=_("Tổng lượng"), share=1, is_number=True),
        Column(head=UNIT, share=0.6),
    ]
    rows: list[list[Cell]] = [
        [
            _INPUT_WORDS[one.product.kind],
            one.product.name,
            one.product.active_ingredient or None,
            one.product.registration or None,
            Scaled(one.times),
            one.amount,
            one.unit,
        ]
        for one in booklet.used
    ]
    return Table(_("Vật tư đã dùng"), columns, rows)


def changes(booklet: Booklet) -> Table:
    """Every version that stood before another, the oldest first within its mark."""
    columns = [
        Column(head=_("Lần sửa"), share=0.6),
        Column(head=PLACE, share=1.4),
        Column(head=_("Ngày làm"), share=1.35),
        Column(head=_("Trước đó đã ghi"), share=4),
        Column(head=_("Người ghi"), share=1.5),
        Column(head=_("Ghi lúc"), share=1.35),
        Column(head=_("Thay bằng"), share=4),
        Column(head=_("Người sửa"), share=1.5),
        Column(head=_("Sửa lúc"), share=1.35),
    ]
    rows: list[list[Cell]] = [
        [
            one.mark,
            one.place,
            one.performed_on,
            one.before,
            one.written_by,
            f"{one.written_at:%H:%M %d/%m/%Y}",
            one.after or _("Bỏ dòng này, không ghi gì thay"),
            one.changed_by,
            f"{one.changed_at:%H:%M %d/%m/%Y}",
        ]
        for one in booklet.changes
    ]
    return Table(_("Những lần sửa"), columns, rows)


def file_name(booklet: Booklet, ending: str) -> str:
    """What the file is called on the auditor's desk."""
    scope = booklet.scope
    return f"nhat-ky-{booklet.producer.slug}-{scope.since:%Y%m%d}-{scope.until:%Y%m%d}.{ending}"


def printed(booklet: Booklet) -> Text:
    """The foot of every page."""
    return _(
        "In lúc %(at)s · mã dữ liệu %(digest)s",
        at=f"{in_vietnam(booklet.printed_at):%H:%M %d/%m/%Y}",
        digest=booklet.digest,
    )


def printed_on(booklet: Booklet) -> str:
    """The day of printing as ISO, for the document's own date."""
    return today(booklet.printed_at).isoformat()
