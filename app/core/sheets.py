"""Sheets (XLSX): a workbook in which what people typed stays text."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from xlsxwriter import Workbook


def open_workbook(made: BytesIO) -> Any:
    """Open a new workbook that is written into `made` when its `with` ends; a cell of words is never more than words."""
    # Whatever it begins with: no formula, no link, no guessed number.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    return Workbook(made, options)
