"""The booklet as a PDF: everything is spoken here, the template beside this file only sets it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from app.core import typeset
from app.core.i18n import Text, _
from app.core.quantity import format_scaled
from producers.diaries import booklet_front as front
from producers.diaries.booklet import Booklet
from producers.diaries.booklet_tables import Cell, Column, Scaled, Table

Speak = Callable[[Text], str]
_TEMPLATE = Path(__file__).parent / "booklet.typ"
_LONG_WORD = re.compile(r"\S{14,}")


async def make_pdf(booklet: Booklet, speak: Speak, lang: str) -> bytes:
    """Set the booklet: told in a thread, set in a process of its own."""
    told = await asyncio.to_thread(_Voice(speak).tell, booklet, lang)
    return await typeset.set_pdf(_TEMPLATE, told)


class _Voice:
    """Says cells, tables and the whole booklet in one language."""

    def __init__(self, speak: Speak) -> None:
        self._speak = speak

    def cell(self, cell: Cell, decimals: int = 0) -> str:
        if cell is None:
            return ""
        if isinstance(cell, Scaled):
            return _pad(format_scaled(cell.value, cell.places), decimals)
        if isinstance(cell, date):
            return f"{cell:%d/%m/%Y}"
        said = self._speak(cell) if isinstance(cell, Text) else cell
        return _LONG_WORD.sub(_breakable, said)

    def head(self, column: Column) -> str:
        head = self._speak(column.head)
        return f"{head} ({self._speak(column.unit)})" if column.unit else head

    def table(self, table: Table) -> dict[str, Any]:
        shown = [
            index
            for index, column in enumerate(table.columns)
            if column.on_paper and not (column.is_optional and all(row[index] is None for row in table.rows))
        ]
        decimals = {index: _decimals([row[index] for row in table.rows]) for index in shown}
        totals = None
        if table.totals is not None:
            totals = [self.cell(table.totals[index], decimals[index]) for index in shown]
            totals[0] = self._speak(front.TOTAL)
        return {
            "title": self._speak(table.title),
            "columns": [
                {
                    "head": self.head(table.columns[index]),
                    "share": table.columns[index].share,
                    "right": table.columns[index].is_number,
                }
                for index in shown
            ],
            "rows": [[self.cell(row[index], decimals[index]) for index in shown] for row in table.rows],
            "totals": totals,
        }

    def facts(self, facts: front.Facts) -> list[list[str]]:
        return [[self._speak(words), self.cell(cell)] for words, cell in facts if cell is not None]

    def tell(self, booklet: Booklet, lang: str) -> dict[str, Any]:
        return {
            "lang": lang,
            "title": self._speak(front.TITLE),
            "standards": [self._speak(words) for words in front.standards(booklet)],
            "producer": booklet.producer.name,
            "period": self._speak(front.period(booklet)),
            "printed": self._speak(front.printed(booklet)),
            "printed_on": [int(part) for part in front.printed_on(booklet).split("-")],
            "note": "" if lang == "vi" else self._speak(front.FIGURES_NOTE),
            "cover": self.facts(front.cover(booklet)),
            "certificates": self.table(front.certificates(booklet)),
            "signatures": [self._speak(words) for words in front.SIGNATURES],
            "chapters": [
                {
                    "name": chapter.site.name,
                    "farm": chapter.farm.name,
                    "facts": self.facts(front.place(chapter)),
                    "tables": [self.table(table) for _section, table in chapter.sections],
                }
                for chapter in booklet.chapters
            ],
            "back": [self.table(front.used(booklet)), self.table(front.changes(booklet))],
            "none": self._speak(front.NONE),
            "contents": self._speak(_("Trong sổ có")),
            "page": self._speak(_("Trang")),
        }


def _breakable(match: re.Match[str]) -> str:
    """A word too long for its column may break anywhere (zero-width spaces), so that it never runs over the next."""
    return "\u200b".join(match[0])


def _decimals(cells: Sequence[Cell]) -> int:
    """How many decimals the finest figure of a column shows: the others are filled up, so that the commas stand in line."""
    said = (format_scaled(cell.value, cell.places) for cell in cells if isinstance(cell, Scaled))
    return max((len(figure.partition(",")[2]) for figure in said), default=0)


def _pad(figure: str, decimals: int) -> str:
    if not decimals:
        return figure
    whole, _comma, rest = figure.partition(",")
    return f"{whole},{rest.ljust(decimals, '0')}"
