"""Tax codes as buyers type them: of a company with its check digit, of its branch, of a person (ledger/BOOKS.md, I5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from app.core.fields import FieldError
from app.core.i18n import _
from producers.cooperatives.schemas import TaxCode

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_COMPANY = 10
_PERSON = 12
_NOWHERE = "000"
"""A personal number begins with the province, or the country, where a birth was registered: any but this one."""


def _is_right(code: str) -> bool:
    """Whether digits alone can be a code: 10 of a company, 13 of its branch, 12 of a person."""
    if not code.isascii():
        return False
    if len(code) == _PERSON:
        return not code.startswith(_NOWHERE)
    total = sum(int(digit) * weight for digit, weight in zip(code, _WEIGHTS, strict=False))
    is_numbered = code[2:9].strip("0") != "" and (len(code) == _COMPANY or code[_COMPANY:] != "000")
    return is_numbered and int(code[9]) == _COMPANY - total % 11


def _check(code: str) -> str:
    if not _is_right(code):
        raise FieldError(
            _("Mã số thuế này không đúng, có lẽ gõ nhầm một số. Bạn xem lại trên giấy tờ giúp nhé.")
        )
    return f"{code[:_COMPANY]}-{code[_COMPANY:]}" if len(code) > _PERSON else code


BuyerTaxCode = Annotated[TaxCode, AfterValidator(_check)]
"""Kept as it is printed: `0101234565`, `0314409058-002`, `001085012345`."""
