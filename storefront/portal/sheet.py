"""A month of an operator as a file: the same columns as CSV and as a sheet."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO

from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.core.sheets import open_workbook
from storefront.portal.statements import Line, Statement

Speak = Callable[[Text], str]
HEADS = (_("Ngày"), _("Khoản"), _("Mã"), _("Tên khách"), _("Chuyến"), _("Khi nào"), _("Số tiền"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AMOUNT = len(HEADS) - 1


def make_csv(statement: Statement, speak: Speak) -> str:
    """Write CSV (RFC 4180), with the mark by which spreadsheets know UTF-8; no cell of words begins like a formula."""
    made = StringIO()
    writer = csv.writer(made)
    writer.writerow([speak(head) for head in HEADS])
    for *words, amount in _rows(statement, speak):
        writer.writerow([*(_plain(str(cell)) for cell in words), amount])
    return "\ufeff" + made.getvalue()


def make_xlsx(statement: Statement, speak: Speak) -> bytes:
    """Write the sheet; its first and last lines are what was owed before and after."""
    made = BytesIO()
    with open_workbook(made) as workbook:
        font = {"font_name": "Arial", "font_size": 10}
        head = workbook.add_format({**font, "bold": True, "bg_color": "#E8E8E8"})
        words = workbook.add_format(font)
        figure = workbook.add_format({**font, "num_format": "#,##0"})
        sheet = workbook.add_worksheet(f"{statement.period.since:%Y-%m}")
        sheet.set_column(0, 2, 13)
        sheet.set_column(3, 5, 28)
        sheet.set_column(_AMOUNT, _AMOUNT, 16)
        for column, said in enumerate(HEADS):
            sheet.write_string(0, column, speak(said), head)
        for number, row in enumerate(_rows(statement, speak), start=1):
            for column, cell in enumerate(row[:_AMOUNT]):
                sheet.write_string(number, column, str(cell), words)
            sheet.write_number(number, _AMOUNT, int(row[_AMOUNT]), figure)
        sheet.freeze_panes(1, 0)
    return made.getvalue()


def _rows(statement: Statement, speak: Speak) -> list[tuple[str | int, ...]]:
    return [
        _edge(speak(_("Nợ đầu tháng")), statement.opening_minor),
        *(_cells(line, speak) for line in statement.lines),
        _edge(speak(_("Nợ cuối tháng")), statement.closing_minor),
    ]


def _edge(words: str, amount_minor: int) -> tuple[str | int, ...]:
    return ("", words, *([""] * (_AMOUNT - 2)), amount_minor)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(line: Line, speak: Speak) -> tuple[str | int, ...]:
    return (
        f"{in_vietnam(line.booked_at):%d/%m/%Y}",
        line.kind if isinstance(line.kind, str) else speak(line.kind),
        line.code,
        line.guest,
        line.visit,
        speak(line.when) if line.when else "",
        line.amount_minor,
    )
