"""Phone numbers: any spelling in, one form kept."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import phone
from app.core.phone import PhoneReason


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        " 0912 345 678 ",
        "0912.345.678",
        "(0912) 345-678",
        "+84 912-345-678",
        "+84 0912345678",
        "84912345678",
        "0084 912345678",
        "０９１２３４５６７８",
    ],
)
def test_parse_phone_takes_any_spelling(typed):
    """One number has one form, however it was typed."""
    assert phone.parse_phone(typed) == "+84912345678"


@pytest.mark.parametrize(
    ("typed", "kept"), [("0208 3855 123", "+842083855123"), ("+1 202 555 0143", "+12025550143")]
)
def test_parse_phone_takes_landlines_and_other_countries(typed, kept):
    """A cooperative's landline and a visitor's number are numbers too."""
    assert phone.parse_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", PhoneReason.EMPTY),
        ("  ", PhoneReason.EMPTY),
        ("anh Páo", PhoneReason.NOT_A_NUMBER),
        ("0912345678 nhà", PhoneReason.NOT_A_NUMBER),
        ("-", PhoneReason.NOT_A_NUMBER),
        ("+999 12345678", PhoneReason.NOT_A_NUMBER),
        ("0" * 41, PhoneReason.NOT_A_NUMBER),
        ("113", PhoneReason.TOO_SHORT),
        ("09123456789012", PhoneReason.TOO_LONG),
        ("01681234567", PhoneReason.INVALID),
        ("091234567", PhoneReason.INVALID),
    ],
)
def test_parse_phone_refuses_what_cannot_ring(typed, reason):
    """Short, long and old 11-digit numbers are asked for again."""
    with pytest.raises(phone.PhoneError) as caught:
        phone.parse_phone(typed)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("kept", "shown", "masked"),
    [
        ("+84912345678", "0912 345 678", "0912 *** 678"),
        ("+842083855123", "0208 3855 123", "0208 *** 123"),
        ("+12025550143", "+1 202-555-0143", "+1 20 *** 143"),
        ("+85512345678", "+855 12 345 678", "+855 *** 678"),
    ],
)
def test_format_phone_shows_and_mask_phone_hides(kept, shown, masked):
    """A number is shown as it is read out, and masked in its middle."""
    assert phone.format_phone(kept) == shown
    assert phone.mask_phone(kept) == masked


@given(st.sampled_from(["91", "98", "32", "86", "70"]), st.integers(0, 9_999_999))
def test_parse_phone_reads_what_format_phone_shows(head, tail):
    """What we show can be typed back."""
    kept = f"+84{head}{tail:07}"
    assert phone.parse_phone(phone.format_phone(kept)) == kept


@given(st.text(max_size=20) | st.text("0123456789+-. ()", max_size=20))
def test_parse_phone_answers_or_refuses_whatever_is_typed(typed):
    """No text makes anything but an E.164 number or a refusal."""
    with contextlib.suppress(phone.PhoneError):
        assert phone.parse_phone(typed).startswith("+")


def test_no_number_is_shown_as_nothing() -> None:
    """A tour operator's guest may have given none."""
    assert (phone.format_phone(""), phone.mask_phone("")) == ("", "")
