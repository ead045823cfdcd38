"""Tax codes of buyers: the tenth digit checks the others, a branch has three more, a person twelve (ledger/BOOKS.md, I5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from storefront.invoices.schemas import BuyerFields, read_company
from storefront.invoices.tax_codes import BuyerTaxCode

READER = TypeAdapter(BuyerTaxCode)
TYPED = {"invoice_name": "An", "invoice_tax_code": "0101234565", "invoice_address": "Hà Nội"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0101234565", "0101234565"),
        (" 0101.234 565 ", "0101234565"),
        ("0100233488", "0100233488"),
        ("0314409058-002", "0314409058-002"),
        ("0314409058002", "0314409058-002"),
        ("001 085 012345", "001085012345"),
        ("101085012345", "101085012345"),
    ],
)
def test_a_right_code_is_kept_as_it_is_printed(typed, kept):
    """I5: spaces, dots and dashes are how people type it; a branch is kept with its dash."""
    assert READER.validate_python(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "0101234567",
        "0314409058-000",
        "0314409059-002",
        "0100000006",
        "000085012345",
        "٠١٠١٢٣٤٥٦٥",
        "010123456",
        "01012345655",
        "",
        "0101234565-0021",
        "mã số",
    ],
)
def test_a_wrong_code_is_refused(typed):
    """I5: a wrong check digit, the branch 000, the number 0000000, a person of nowhere, other digits and lengths."""
    with pytest.raises(ValidationError):
        READER.validate_python(typed)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_at_most_one_check_digit_is_right(nine):
    """I5: of ten codes that differ in the last digit alone one is right, or none where ten would be needed."""
    right = []
    for last in range(10):
        try:
            right.append(READER.validate_python(f"{nine}{last}"))
        except ValidationError:
            continue
    assert len(right) <= 1


@given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_found(nine, place, more):
    """I5: a digit that was mistyped makes a right code wrong."""
    total = sum(
        int(digit) * weight for digit, weight in zip(nine, (31, 29, 23, 19, 17, 13, 7, 5, 3), strict=True)
    )
    last = 10 - total % 11
    wrong = f"{nine[:place]}{(int(nine[place]) + more) % 10}{nine[place + 1 :]}{last}"
    if last < 10:
        with pytest.raises(ValidationError):
            READER.validate_python(wrong)


def test_a_visitor_may_have_no_code():
    """I4: a visit's invoice goes to a name alone; a code that is typed must be right."""
    assert BuyerFields(name="Lan").tax_code == ""
    with pytest.raises(ValidationError):
        BuyerFields(name="Lan", tax_code="0101234567")


def test_nothing_typed_asks_for_nothing():
    """I4: an empty part of a form is no wish, and no mistake."""
    assert read_company({"name": "Lan"}) == (None, {})
    assert read_company(dict.fromkeys(TYPED, " ")) == (None, {})
    found, errors = read_company(TYPED)
    assert errors == {} and found is not None and found.email == ""
    assert read_company({"invoice_email": "a@b.vn"})[1].keys() == set(TYPED)
