"""The papers of lots as a workbook that an inspector reads: the lots, each item of the rules, in, stages, out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from io import BytesIO

from xlsxwriter import Workbook

from app.core.i18n import Text, _
from app.core.sheets import open_workbook
from traceability.authority.checks import RULE_WORDS, Status
from traceability.authority.record import LotRecord
from traceability.authority.service import Audit

Speak = Callable[[Text], str]
Cell = Text | str | int | float | date | None
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATUS_WORDS = {Status.THERE: _("có"), Status.LACKING: _("THIẾU"), Status.NONE: _("không có")}
BUYERS = _("người mua lẻ")
_GRAMS = 1_000


async def make_book(audits: Sequence[Audit], speak: Speak) -> bytes:
    """Write the workbook (XLSX), in a thread; weights in kilograms."""
    return await asyncio.to_thread(_make, audits, speak)


def _make(audits: Sequence[Audit], speak: Speak) -> bytes:
    made = BytesIO()
    with open_workbook(made) as workbook:
        for title, heads, rows in _tables(audits):
            _write(workbook, title=title, heads=heads, rows=rows, speak=speak)
    return made.getvalue()


def _write(
    workbook: Workbook, *, title: Text, heads: Sequence[Text], rows: Sequence[Sequence[Cell]], speak: Speak
) -> None:
    font = {"font_name": "Arial", "font_size": 10, "valign": "top", "text_wrap": True}
    words = workbook.add_format(font)
    head = workbook.add_format({**font, "bold": True, "bg_color": "#E8E8E8", "bottom": 1})
    day = workbook.add_format({**font, "num_format": "dd/mm/yyyy", "align": "left"})
    sheet = workbook.add_worksheet(speak(title))
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_column(0, len(heads) - 1, 22)
    for index, said in enumerate(heads):
        sheet.write_string(0, index, speak(said), head)
    for line, row in enumerate(rows, start=1):
        for index, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(line, index, datetime.combine(cell, time()), day)
            elif isinstance(cell, int | float):
                sheet.write_number(line, index, cell, words)
            elif cell is not None:
                sheet.write_string(line, index, speak(cell) if isinstance(cell, Text) else cell, words)


_Table = tuple[Text, Sequence[Text], list[Sequence[Cell]]]


def _tables(audits: Sequence[Audit]) -> list[_Table]:
    lots: list[Sequence[Cell]] = []
    items: list[Sequence[Cell]] = []
    incoming: list[Sequence[Cell]] = []
    stages: list[Sequence[Cell]] = []
    outgoing: list[Sequence[Cell]] = []
    for audit in audits:
        record = audit.record
        code = record.facts.lot.code
        lots.append(_lot(audit))
        items += [
            (code, RULE_WORDS[one.rule], one.number, one.asks, STATUS_WORDS[one.status], one.value)
            for one in audit.checks
        ]
        incoming += _incoming(record)
        stages += _stages(record)
        outgoing += [
            (code, one.day, one.orders, BUYERS, *_left(one.quantity, is_weight=one.is_weight))
            for one in record.outgoing
        ]
        outgoing += [
            (
                code,
                one.day,
                None,
                _("Lô %(code)s của cơ sở", code=one.code),
                *_left(one.grams, is_weight=True),
            )
            for one in record.moved
        ]
    lot = _("Số lô")
    return [
        (_("Các lô"), _LOT_HEADS, lots),
        (
            _("Từng mục"),
            (lot, _("Quy định"), _("Mục"), _("Quy định hỏi"), _("Có hay thiếu"), _("Trong sổ ghi")),
            items,
        ),
        (_("Nhập vào"), (lot, *_INCOMING_HEADS), incoming),
        (_("Công đoạn"), (lot, *_STAGE_HEADS), stages),
        (
            _("Bán ra"),
            (lot, _("Ngày gửi"), _("Số đơn"), _("Bán cho"), _("Số gói"), _("Số cân (kg)")),
            outgoing,
        ),
    ]


_LOT_HEADS = (
    _("Số lô"),
    _("Mã truy xuất"),
    _("Sản phẩm"),
    _("Cơ sở"),
    _("Ngày làm ra"),
    _("Hạn dùng"),
    _("Số cân (kg)"),
    _("Giữ sổ đến ngày"),
    _("Vì sao"),
    _("Số mục thiếu"),
)
_INCOMING_HEADS = (
    _("Nguyên liệu"),
    _("Của ai"),
    _("Ở đâu"),
    _("Mã nơi giao"),
    _("Ngày"),
    _("Số cân (kg)"),
    _("Mã nguyên liệu"),
)
_STAGE_HEADS = (
    _("Việc"),
    _("Từ ngày"),
    _("Đến ngày"),
    _("Mấy lần"),
    _("Ai làm"),
    _("Ở đâu"),
    _("Vào (kg)"),
    _("Ra (kg)"),
    _("Mã hàng"),
    _("Mã nơi làm"),
)


def _lot(audit: Audit) -> Sequence[Cell]:
    record, lot = audit.record, audit.record.facts.lot
    return (
        lot.code,
        record.trace_code,
        f"{record.facts.listing.title}, {record.facts.variant.name}",
        record.facts.producer.name,
        lot.produced_on,
        lot.expires_on,
        lot.quantity_g / _GRAMS,
        record.retention.until,
        record.retention.rule,
        len(audit.lacking),
    )


def _incoming(record: LotRecord) -> list[Sequence[Cell]]:
    return [
        (
            record.facts.lot.code,
            one.material,
            one.supplier,
            one.place,
            one.supplier_code,
            one.day,
            None if one.grams is None else one.grams / _GRAMS,
            one.code,
        )
        for one in record.incoming
    ]


def _stages(record: LotRecord) -> list[Sequence[Cell]]:
    return [
        (
            record.facts.lot.code,
            one.words,
            one.begun_on,
            one.ended_on,
            one.times,
            one.who,
            one.place,
            None if one.grams_in is None else one.grams_in / _GRAMS,
            None if one.grams_out is None else one.grams_out / _GRAMS,
            one.code,
            one.place_code,
        )
        for one in record.stages
    ]


def _left(quantity: int, *, is_weight: bool) -> tuple[Cell, Cell]:
    return (None, quantity / _GRAMS) if is_weight else (quantity, None)
