"""Margins as a sheet: the figures of the page, with kilos and đồng as figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO

from app.core.i18n import Text, _
from app.core.quantity import GRAMS_PER_KILOGRAM
from app.core.sheets import open_workbook
from producers.intake.words import GRADE_WORDS
from storefront.ledger.periods import say_period
from storefront.margins import words
from storefront.margins.service import Margin, Margins, per_kilo

Speak = Callable[[Text], str]
Row = tuple[str, int | None, int | None, int | None]
"""Words, grams, đồng, đồng for a kilo."""
TITLE = _("Mua vào, bán ra")
HEADS = (_("Việc gì"), _("Cân nặng (kg)"), _("Số tiền"), _("Mỗi kg"))


async def make_xlsx(margins: Margins, *, producer_name: str, speak: Speak) -> bytes:
    """Write the sheet, in a thread."""
    return await asyncio.to_thread(_write, margins, producer_name, speak)


def _write(margins: Margins, producer_name: str, speak: Speak) -> bytes:
    made = BytesIO()
    with open_workbook(made) as workbook:
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        text = workbook.add_format({**font, "text_wrap": True})
        head = workbook.add_format({**font, "bold": True, "bg_color": "#E8E8E8", "bottom": 1})
        weight = workbook.add_format({**font, "num_format": "#,##0.###"})
        money = workbook.add_format({**font, "num_format": "#,##0"})
        sheet = workbook.add_worksheet(speak(TITLE))
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, 3, 16)
        sheet.write_string(0, 0, producer_name, workbook.add_format({**font, "bold": True}))
        sheet.write_string(1, 0, speak(say_period(margins.period)), text)
        for column, words_of in enumerate(HEADS):
            sheet.write_string(3, column, speak(words_of), head)
        line = 4
        for margin in margins.margins:
            for said, grams, dong, price in _tell(margin, speak):
                sheet.write_string(line, 0, said, text)
                if grams is not None:
                    sheet.write_number(line, 1, grams / GRAMS_PER_KILOGRAM, weight)
                for column, amount in ((2, dong), (3, price)):
                    if amount is not None:
                        sheet.write_number(line, column, amount, money)
                line += 1
            line += 1
        sheet.write_string(line, 0, speak(words.NOT_IN_BOOKS), text)
        sheet.freeze_panes(4, 0)
    return made.getvalue()


def _tell(margin: Margin, speak: Speak) -> list[Row]:
    bought, weight = margin.bought, margin.gone_raw_g
    got, paid = words.price_kilo(margin)
    rows: list[Row] = [(speak(words.HEADS[margin.crop]), None, None, None)]
    rows += [
        (
            speak(_("Cân vào: %(grade)s", grade=GRADE_WORDS[one.grade])),
            one.weight_g,
            one.amount_minor,
            per_kilo(one.amount_minor, one.weight_g),
        )
        for one in margin.grades
        if one.grade is not None
    ]
    rows.append(
        (
            speak(_("Cân vào, cộng lại")),
            bought.weight_g,
            bought.amount_minor,
            per_kilo(bought.amount_minor, bought.weight_g),
        )
    )
    rows += [
        (
            speak(_("Làm ra: %(title)s, %(name)s", title=one.title, name=one.variant_name)),
            one.made_g,
            None,
            None,
        )
        for one in margin.made
    ]
    rows += [
        (speak(_("Làm ra, cộng lại")), margin.made_g, None, None),
        (speak(_("Đã bán qua chợ")), margin.sold_g, None, None),
        *((speak(said), None, amount, per_kilo(amount, weight)) for said, amount in words.tell_money(margin)),
        (speak(_("Còn lại")), weight, margin.left_minor, got - paid),
    ]
    rows += [(speak(said), None, None, None) for said in words.tell_gaps(margin)]
    return rows
