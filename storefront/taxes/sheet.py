"""A month of withheld tax as a file for the accountant: the same columns as CSV and as a sheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date
from io import BytesIO, StringIO

from app.core.i18n import Text, _
from app.core.sheets import open_workbook
from storefront.taxes.service import MonthRow
from storefront.taxes.words import KINDS

Speak = Callable[[Text], str]
HEADS = (
    _("Người bán"),
    _("Mã số thuế"),
    _("Loại"),
    _("Doanh thu"),
    _("Thuế GTGT"),
    _("Thuế TNCN"),
    _("Doanh thu trả lại"),
    _("GTGT bù trừ"),
    _("TNCN bù trừ"),
    _("Còn phải nộp"),
)
TITLE = _("Thuế giữ hộ")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS = 3
"""So many columns are words; all others are đồng."""


def make_csv(rows: Sequence[MonthRow], speak: Speak) -> str:
    """Write CSV (RFC 4180), with the mark by which spreadsheets know UTF-8; no cell of words begins like a formula."""
    made = StringIO()
    writer = csv.writer(made)
    writer.writerow([speak(head) for head in HEADS])
    for row in rows:
        cells = _cells(row, speak)
        writer.writerow([*(_plain(str(cell)) for cell in cells[:_WORDS]), *cells[_WORDS:]])
    return "\ufeff" + made.getvalue()


def make_xlsx(rows: Sequence[MonthRow], month: date, speak: Speak) -> bytes:
    """Write the sheet, with a line of sums below."""
    made = BytesIO()
    with open_workbook(made) as workbook:
        font = {"font_name": "Arial", "font_size": 10}
        head = workbook.add_format({**font, "bold": True, "text_wrap": True, "bg_color": "#E8E8E8"})
        words = workbook.add_format(font)
        figure = workbook.add_format({**font, "num_format": "#,##0"})
        total = workbook.add_format({**font, "bold": True, "num_format": "#,##0", "top": 1})
        sheet = workbook.add_worksheet(f"{month:%Y-%m}")
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, len(HEADS) - 1, 16)
        for column, said in enumerate(HEADS):
            sheet.write_string(0, column, speak(said), head)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(_cells(row, speak)):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell, figure)
                else:
                    sheet.write_string(number, column, cell, words)
        sheet.write_string(len(rows) + 1, 0, speak(_("Cộng")), total)
        for column in range(_WORDS, len(HEADS)):
            amount = sum(int(_cells(row, speak)[column]) for row in rows)
            sheet.write_number(len(rows) + 1, column, amount, total)
        sheet.freeze_panes(1, 1)
    return made.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(row: MonthRow, speak: Speak) -> tuple[str | int, ...]:
    return (
        row.producer.name,
        row.producer.tax_code or "",
        speak(KINDS[row.kind]),
        row.base_minor,
        row.vat_minor,
        row.pit_minor,
        row.back_base_minor,
        row.back_vat_minor,
        row.back_pit_minor,
        row.left_minor,
    )
