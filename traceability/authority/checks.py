"""What the rules ask of a lot, item by item: what is there, what is lacking, and what mends it. Pure.

Three lists: the ten items of Circular 02/2024/TT-BKHCN, the passport's minimum of Decree 37/2026/ND-CP (art. 32), the
records of Circular 17/2021/TT-BNNPTNT (art. 6). What a rule asks "if there is any" is never lacking, only not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.certificates.models import CertificateKind
from producers.farms.models import Crop
from traceability.authority.record import LotRecord
from traceability.lots.models import LotState

DEMONSTRATION_PREFIX = "952"
"""The GS1 prefix that is nobody's: numbers under it are for demonstrations."""
CERTIFICATES: Mapping[CertificateKind, Text] = {
    CertificateKind.VIETGAP: _("VietGAP"),
    CertificateKind.ORGANIC: _("Hữu cơ"),
    CertificateKind.OCOP: _("OCOP"),
    CertificateKind.FOOD_SAFETY: _("An toàn thực phẩm"),
}


class Rule(StrEnum):
    """Which rule asks."""

    CIRCULAR_02 = "circular_02"
    DECREE_37 = "decree_37"
    CIRCULAR_17 = "circular_17"


RULE_WORDS: Mapping[Rule, Text] = {
    Rule.CIRCULAR_02: _("Mười mục của Thông tư 02/2024"),
    Rule.DECREE_37: _("Hộ chiếu số theo Nghị định 37/2026"),
    Rule.CIRCULAR_17: _("Sổ của lô theo Thông tư 17/2021"),
}


class Status(StrEnum):
    """`there`; `lacking`, which somebody must mend; `none`, which the rule asks only if there is any."""

    THERE = "there"
    LACKING = "lacking"
    NONE = "none"


@dataclass(frozen=True)
class Mending:
    """What the producer can do: words, and the form that does it (a route, and what its address names), if there is one."""

    words: Text
    route: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One item of a rule: what it asks, and what the books say."""

    rule: Rule
    number: int
    asks: Text
    value: Text | str | None
    mending: Mending | None = None

    @property
    def status(self) -> Status:
        """Whether it is there; an item without a value and without a mending is only asked if there is any."""
        if self.value is not None:
            return Status.THERE
        return Status.LACKING if self.mending else Status.NONE


def check(record: LotRecord) -> list[Check]:
    """Go through every item of the three rules, in their order."""
    lists: Sequence[tuple[Rule, Callable[[LotRecord], list[_Item]]]] = (
        (Rule.CIRCULAR_02, _ten_items),
        (Rule.DECREE_37, _passport),
        (Rule.CIRCULAR_17, _papers),
    )
    return [
        Check(rule, number, asks, value, None if value is not None else mending)
        for rule, read in lists
        for number, (asks, value, mending) in enumerate(read(record), start=1)
    ]


def lacking(checks: Sequence[Check]) -> list[Check]:
    """What is lacking."""
    return [one for one in checks if one.status is Status.LACKING]


_Item = tuple[Text, Text | str | None, Mending | None]


def _ten_items(record: LotRecord) -> list[_Item]:
    """Circular 02/2024: the ten data items."""
    facts = record.facts
    lot = facts.lot
    traded = record.outgoing[0].day if record.outgoing else None
    return [
        (_("Tên sản phẩm"), f"{facts.listing.title}, {facts.variant.name}", None),
        (_("Ảnh sản phẩm"), _("có ảnh") if facts.has_picture else None, _mend_picture(record)),
        (_("Tên cơ sở"), facts.producer.name, None),
        (_("Địa chỉ cơ sở"), _address(record), _mend_address()),
        (
            _("Các công đoạn, mỗi công đoạn có mã hàng, mã nơi làm, thời gian"),
            _("%(count)s công đoạn", count=len(record.stages))
            if record.growing and not record.lost
            else None,
            _mend_sources(record),
        ),
        (
            _("Thời gian sản xuất, mua bán"),
            _("làm ngày %(made)s, gửi bán từ %(traded)s", made=_day(lot.produced_on), traded=_day(traded))
            if traded
            else _("làm ngày %(made)s, chưa gửi bán", made=_day(lot.produced_on)),
            None,
        ),
        (_("Mã truy xuất"), record.trace_code, None),
        (
            _("Nhãn hiệu, kiểu, số sê-ri (nếu có)"),
            _("%(count)s nhãn có số sê-ri riêng", count=lot.labelled_g // facts.variant.net_weight_g)
            if lot.labelled_g
            else None,
            None,
        ),
        (_("Hạn dùng (nếu có)"), _day(lot.expires_on), None),
        (_("Tiêu chuẩn áp dụng"), _papers_held(record), _mend_papers()),
    ]


def _passport(record: LotRecord) -> list[_Item]:
    """Decree 37/2026, art. 32: the least that a product's digital passport says."""
    facts = record.facts
    lot = facts.lot
    prefix = facts.producer.gs1_prefix
    is_real = not prefix.startswith(DEMONSTRATION_PREFIX)
    address = _address(record)
    register = Mending(
        _("Mã đang dùng là mã thử. Bạn đăng ký mã GS1 Việt Nam (893) rồi báo người quản trị."),
    )
    return [
        (
            _("Tên sản phẩm và mã GTIN"),
            f"{facts.listing.title}, {lot.gtin}" if is_real else None,
            register,
        ),
        (
            _("Tên, địa chỉ, mã của cơ sở"),
            f"{facts.producer.name}, {address}, {prefix}" if address and is_real else None,
            _mend_address() if address is None else register,
        ),
        (_("Nơi làm ra"), f"{_origin(record)}, Việt Nam", None),
        (
            _("Thông tin truy xuất"),
            _("%(count)s nguồn vào lô", count=len(record.incoming))
            if record.incoming and not record.lost
            else None,
            _mend_sources(record),
        ),
        (_("Giấy chứng nhận (nếu có)"), _papers_held(record), None),
        (
            _("Ngày sản xuất, hạn dùng (nếu có)"),
            f"{_day(lot.produced_on)}, {_day(lot.expires_on)}",
            None,
        ),
        (_("Cảnh báo an toàn (nếu có)"), _warning(record), None),
    ]


def _papers(record: LotRecord) -> list[_Item]:
    """Circular 17/2021, art. 6: what came in, each stage, what went out, and how long the papers stay."""
    total = record.facts.taken_g
    is_made = bool(record.making) or record.facts.listing.crop is not Crop.TEA
    sent = sum(one.orders for one in record.outgoing)
    return [
        (
            _("Nhập vào: nguyên liệu gì, của ai, ngày nào, bao nhiêu, mã nào"),
            _("%(count)s nguồn, %(weight)s", count=len(record.incoming), weight=format_grams(total))
            if record.incoming and not record.lost
            else None,
            _mend_sources(record),
        ),
        (
            _("Từng công đoạn: làm gì, ngày nào, ai làm, vào ra bao nhiêu"),
            _("%(count)s bước", count=len(record.stages)) if is_made else None,
            Mending(
                _("Sổ chưa ghi bước làm héo, diệt men, vò hay sao của lô này. Bạn ghi vào nhật ký."),
                "producers.diaries.choose",
            ),
        ),
        (
            _("Bán ra: ngày nào, bao nhiêu, cho ai (nếu đã bán)"),
            _("%(count)s đơn đã gửi", count=sent) if sent else None,
            None,
        ),
        (
            _("Giữ sổ đến ngày"),
            _("%(day)s (%(rule)s)", day=_day(record.retention.until), rule=record.retention.rule),
            None,
        ),
    ]


# ---------------------------------------------------------------- inside


def _day(day: object) -> str:
    return f"{day:%d/%m/%Y}"


def _address(record: LotRecord) -> str | None:
    producer = record.facts.producer
    commune = record.facts.communes[producer.commune_code]
    return f"{producer.address_line}, {commune}" if producer.address_line else None


def _origin(record: LotRecord) -> str:
    """Where it grew; where the producer is, when nothing stands in the books any more."""
    facts = record.facts
    found = dict.fromkeys(facts.communes[source.farm.commune_code] for _row, source in facts.standing)
    return "; ".join(found or [facts.communes[facts.producer.commune_code]])


def _papers_held(record: LotRecord) -> Text | str | None:
    said = [f"{CERTIFICATES[one.kind]} {one.number}" for one in record.facts.papers]
    return "; ".join(said) or None


def _warning(record: LotRecord) -> Text | None:
    match record.facts.lot.state:
        case LotState.RECALLED:
            return _("Lô này đã bị thu hồi. Bạn đừng dùng, đừng bán.")
        case LotState.HELD:
            return _("Lô này đang bị giữ lại, chưa được bán.")
        case _:
            return None


def _mend_picture(record: LotRecord) -> Mending:
    words = _("Bạn chụp một tấm ảnh sản phẩm rồi lưu ở trang bán hàng.")
    return Mending(words, "producers.listings.edit", {"listing_id": str(record.facts.listing.id)})


def _mend_address() -> Mending:
    words = _("Bạn điền số nhà, thôn xóm của cơ sở.")
    return Mending(words, "producers.cooperatives.settings")


def _mend_sources(record: LotRecord) -> Mending:
    words = _("Có mẻ hái hay phiếu cân của lô này đã bị rút khỏi sổ. Bạn mở lô ra xem, rồi ghi lại cho đúng.")
    return Mending(words, "traceability.lots.show", {"lot_id": str(record.facts.lot.id)})


def _mend_papers() -> Mending:
    words = _("Bạn nhập giấy VietGAP, hữu cơ, OCOP hay an toàn thực phẩm còn hạn vào ngày làm lô.")
    return Mending(words, "producers.certificates.list")
