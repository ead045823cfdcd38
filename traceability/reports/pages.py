"""Pages of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from traceability.reports.models import Sign

SIGNS: Sequence[tuple[Sign, Text]] = (
    (Sign.PACK, _("Gói hoặc nhãn trông khác: in mờ, in lệch, bị bóc dán lại")),
    (Sign.GOODS, _("Hàng bên trong không giống mọi khi")),
    (Sign.SCANS, _("Trang quét nói nhãn đã bị quét nhiều hoặc đáng ngờ")),
    (Sign.PLACE, _("Bán ở chỗ lạ, hoặc rẻ bất thường")),
    (Sign.OTHER, _("Chuyện khác")),
)


@dataclass(frozen=True, kw_only=True)
class ReportPage(Page):
    """The form for a label that somebody finds suspicious."""

    template: ClassVar[str] = "traceability/report.html"
    area: ClassVar[str] = "buyer"
    form: Form
    report_id: str
    product: str
    gtin: str
    lot: str | None
    serial: str | None
    signs: Sequence[tuple[str, Text]]
    back: str


@dataclass(frozen=True, kw_only=True)
class ReportThanksPage(Page):
    """The report has arrived, and what happens next."""

    template: ClassVar[str] = "traceability/report_thanks.html"
    area: ClassVar[str] = "buyer"


@dataclass(frozen=True)
class ReportLine:
    """One report in a list."""

    words: Text
    product: str
    label: str | None
    lot_code: str | None
    note: str
    province: str | None
    told_at: datetime
    producer: str | None
    photo: str | None
    photo_large: str | None
    story: str
    handled_at: datetime | None
    handle: str | None
    """Where the producer says that they looked into it; None when they did, and for the staff."""


@dataclass(frozen=True, kw_only=True)
class ReportsPage(Page):
    """What people reported about a producer's labels."""

    template: ClassVar[str] = "traceability/reports.html"
    area: ClassVar[str] = "farmer"
    lines: list[ReportLine]


@dataclass(frozen=True, kw_only=True)
class ReportsDeskPage(Page):
    """What people reported about anybody's labels, for the platform's staff."""

    template: ClassVar[str] = "traceability/reports_desk.html"
    area: ClassVar[str] = "office"
    lines: list[ReportLine]
