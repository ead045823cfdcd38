"""The booklet as a workbook: a cover, the places, one sheet for each table of all places, inputs and changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.core.clock import in_vietnam
from app.core.i18n import Text, _
from app.core.sheets import open_workbook
from producers.diaries import booklet_front as front
from producers.diaries.booklet import Booklet
from producers.diaries.booklet_tables import Cell, Column, Scaled, Section, Table

Speak = Callable[[Text], str]
_WIDEST = 60
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST_NAME = 31
_LONGEST_CELL = 32_767


async def make_xlsx(booklet: Booklet, speak: Speak) -> bytes:
    """Write the workbook, in a thread."""
    return await asyncio.to_thread(_make, booklet, speak)


def _make(booklet: Booklet, speak: Speak) -> bytes:
    made = BytesIO()
    with open_workbook(made) as workbook:
        _Writer(workbook, speak).write(booklet)
    return made.getvalue()


class _Writer:
    """Writes typed cells: days as days, figures as figures, words as words."""

    def __init__(self, workbook: Workbook, speak: Speak) -> None:
        self._workbook = workbook
        self._speak = speak
        self._names: set[str] = set()
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        self._words = workbook.add_format({**font, "text_wrap": True})
        self._head = workbook.add_format(
            {**font, "bold": True, "text_wrap": True, "bg_color": "#E8E8E8", "bottom": 1}
        )
        self._title = workbook.add_format({**font, "bold": True, "font_size": 16, "text_wrap": False})
        self._day = workbook.add_format({**font, "num_format": "dd/mm/yyyy", "align": "left"})
        self._figures = [
            workbook.add_format({**font, "num_format": f"#,##0.{'0' * places}".rstrip(".")})
            for places in range(4)
        ]

    def write(self, booklet: Booklet) -> None:
        self._workbook.set_properties(
            {
                "title": self._speak(front.TITLE),
                "company": booklet.producer.name,
                "created": in_vietnam(booklet.printed_at).replace(tzinfo=None),
            }
        )
        self._cover(booklet)
        self._table(self._places(booklet))
        for table in (*_by_section(booklet), front.used(booklet), front.changes(booklet)):
            self._table(table)

    def _cover(self, booklet: Booklet) -> None:
        sheet = self._add(_("Bìa"))
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 4, 24)
        sheet.write_string(0, 0, self._speak(front.TITLE), self._title)
        line = 1
        for words in front.standards(booklet):
            sheet.write_string(line, 0, self._speak(words))
            line += 1
        line += 1
        for head, cell in front.cover(booklet):
            if cell is not None:
                sheet.write_string(line, 0, self._speak(head), self._head)
                sheet.merge_range(line, 1, line, 4, "", self._words)
                self._cell(sheet, line, 1, cell)
                line += 1
        table = front.certificates(booklet)
        line += 1
        sheet.write_string(line, 0, self._speak(table.title), self._title)
        self._rows(sheet, line + 1, table)

    def _places(self, booklet: Booklet) -> Table:
        facts = [front.place(chapter) for chapter in booklet.chapters]
        heads = [words for words, _cell in facts[0]] if facts else []
        columns = [Column(head=front.PLACE), *(Column(head=words) for words in heads)]
        rows = [
            [chapter.site.name, *(cell for _words, cell in told)]
            for chapter, told in zip(booklet.chapters, facts, strict=True)
        ]
        return Table(_("Các nơi"), columns, rows)

    def _add(self, title: Text) -> Worksheet:
        name = self._speak(title).translate(_FORBIDDEN)[:_LONGEST_NAME]
        number = 2
        while name.lower() in self._names:
            ending = f" {number}"
            name = self._speak(title).translate(_FORBIDDEN)[: _LONGEST_NAME - len(ending)] + ending
            number += 1
        self._names.add(name.lower())
        return self._workbook.add_worksheet(name)

    def _table(self, table: Table) -> None:
        sheet = self._add(table.title)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        self._rows(sheet, 0, table)
        for index, column in enumerate(table.columns):
            sheet.set_column(index, index, self._width(column, [row[index] for row in table.rows]))
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def _rows(self, sheet: Worksheet, top: int, table: Table) -> None:
        for index, column in enumerate(table.columns):
            sheet.write_string(top, index, self._heading(column), self._head)
        for line, row in enumerate(table.rows, start=top + 1):
            for index, cell in enumerate(row):
                self._cell(sheet, line, index, cell)
        if not table.rows:
            sheet.write_string(top + 1, 0, self._speak(front.NONE), self._words)

    def _heading(self, column: Column) -> str:
        head = self._speak(column.head)
        return f"{head} ({self._speak(column.unit)})" if column.unit else head

    def _cell(self, sheet: Worksheet, line: int, index: int, cell: Cell) -> None:
        if cell is None:
            return
        if isinstance(cell, Scaled):
            sheet.write_number(line, index, cell.value / 10**cell.places, self._figures[cell.places])
        elif isinstance(cell, date):
            sheet.write_datetime(line, index, _midnight(cell), self._day)
        else:
            sheet.write_string(line, index, self._say(cell)[:_LONGEST_CELL], self._words)

    def _width(self, column: Column, cells: Sequence[Cell]) -> float:
        longest = max((len(self._said(cell)) for cell in cells), default=0)
        return float(min(max(longest, len(self._heading(column)) * 0.7, 8) + 2, _WIDEST))

    def _said(self, cell: Cell) -> str:
        if isinstance(cell, Scaled):
            return f"{cell.value / 10**cell.places:,.{cell.places}f}"
        if cell is None or isinstance(cell, date):
            return "10/10/2026" if cell else ""
        return self._say(cell)

    def _say(self, cell: Text | str) -> str:
        return self._speak(cell) if isinstance(cell, Text) else cell


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _by_section(booklet: Booklet) -> list[Table]:
    """The tables of all places together, in the auditor's order, each row with its place first."""
    found: dict[int, tuple[Section, list[Sequence[Cell]], Table]] = {}
    for chapter in booklet.chapters:
        for section, table in chapter.sections:
            _section, rows, _table = found.setdefault(id(section), (section, [], table))
            rows += [[chapter.site.name, *row] for row in table.rows]
    return [
        Table(section.title, [Column(head=front.PLACE), *table.columns], rows)
        for section, rows, table in found.values()
    ]
