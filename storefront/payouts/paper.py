"""A statement on paper and as a sheet: the same lines, opening and closing, in the reader's language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from app.core import typeset
from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.core.money import format_dong
from app.core.sheets import open_workbook
from storefront.ledger.periods import say_period
from storefront.payouts.statements import Statement

Speak = Callable[[Text], str]
TITLE = _("Bảng kê tiền bán hàng")
OPENING = _("Đầu kỳ còn lại")
CLOSING = _("Cuối kỳ còn lại")
DAY, WHAT, AMOUNT, LEFT = _("Ngày"), _("Việc gì"), _("Số tiền"), _("Còn lại")
NONE = _("Trong kỳ này chưa có khoản nào.")
_TEMPLATE = Path(__file__).parent / "statement.typ"
_LONGEST_CELL = 32_767


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A statement with whose it is and when it was printed."""

    producer_name: str
    statement: Statement
    printed_at: datetime


async def make_pdf(paper: Paper, speak: Speak, lang: str) -> bytes:
    """Set the pages: told in a thread, set in a process of its own."""
    return await typeset.set_pdf(_TEMPLATE, await asyncio.to_thread(_tell, paper, speak, lang))


async def make_xlsx(paper: Paper, speak: Speak) -> bytes:
    """Write the sheet, in a thread."""
    return await asyncio.to_thread(_write, paper, speak)


def _tell(paper: Paper, speak: Speak, lang: str) -> dict[str, Any]:
    statement, left = paper.statement, paper.statement.opening_minor
    rows: list[list[str]] = []
    for line in statement.lines:
        left += line.amount_minor
        day = f"{in_vietnam(line.at):%d/%m/%Y}"
        rows.append([day, speak(line.words), format_dong(line.amount_minor), format_dong(left)])
    printed = in_vietnam(paper.printed_at)
    return {
        "lang": lang,
        "title": speak(TITLE),
        "producer": paper.producer_name,
        "period": speak(say_period(statement.period)),
        "printed": speak(_("In lúc %(at)s", at=f"{printed:%H:%M %d/%m/%Y}")),
        "printed_on": [printed.year, printed.month, printed.day],
        "sums": [
            [speak(OPENING), format_dong(statement.opening_minor)],
            *([speak(words), format_dong(amount)] for words, amount in statement.totals),
        ],
        "closing": [speak(CLOSING), format_dong(statement.closing_minor)],
        "sold": [speak(words) for words in statement.sold],
        "sold_title": speak(_("Đã bán trong kỳ")),
        "heads": [speak(words) for words in (DAY, WHAT, AMOUNT, LEFT)],
        "rows": rows,
        "none": speak(NONE),
        "page": speak(_("Trang")),
    }


def _write(paper: Paper, speak: Speak) -> bytes:
    made, statement = BytesIO(), paper.statement
    with open_workbook(made) as workbook:
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        words = workbook.add_format({**font, "text_wrap": True})
        head = workbook.add_format({**font, "bold": True, "bg_color": "#E8E8E8", "bottom": 1})
        figure = workbook.add_format({**font, "num_format": "#,##0"})
        day = workbook.add_format({**font, "num_format": "dd/mm/yyyy", "align": "left"})
        sheet = workbook.add_worksheet(speak(TITLE)[:31])
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 60)
        sheet.set_column(2, 3, 16)
        sheet.write_string(0, 0, paper.producer_name, workbook.add_format({**font, "bold": True}))
        sheet.write_string(1, 0, speak(say_period(statement.period)))
        for column, said in enumerate((DAY, WHAT, AMOUNT, LEFT)):
            sheet.write_string(3, column, speak(said), head)
        sheet.write_string(4, 1, speak(OPENING), words)
        sheet.write_number(4, 3, statement.opening_minor, figure)
        left, row = statement.opening_minor, 5
        for line in statement.lines:
            left += line.amount_minor
            sheet.write_datetime(row, 0, in_vietnam(line.at).replace(tzinfo=None), day)
            sheet.write_string(row, 1, speak(line.words)[:_LONGEST_CELL], words)
            sheet.write_number(row, 2, line.amount_minor, figure)
            sheet.write_number(row, 3, left, figure)
            row += 1
        sheet.write_string(row, 1, speak(CLOSING), head)
        sheet.write_number(row, 3, statement.closing_minor, figure)
        sheet.freeze_panes(4, 0)
    return made.getvalue()
