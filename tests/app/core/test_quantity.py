"""Quantities: grams as typed and said, and measured figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import quantity
from app.core.numerals import Reason


@pytest.mark.parametrize(
    ("typed", "grams"),
    [
        ("1,5 kg", 1_500),
        ("1.5kg", 1_500),
        ("500g", 500),
        ("500 gam", 500),
        ("1.250 g", 1_250),
        ("1,250 g", 1_250),
        ("2 tạ", 200_000),
        ("2 tạ 5", 250_000),
        ("1 tấn", 1_000_000),
        ("3 yến", 30_000),
        ("3 lạng", 300),
        ("3 lạng rưỡi", 350),
        ("1 cân rưỡi", 1_500),
        ("1kg2", 1_200),
        ("2 ký", 2_000),
        ("12", 12_000),
        ("12,35", 12_350),
        ("1,250 kg", 1_250),
        ("0.500 kg", 500),
        ("1.234,5 kg", 1_234_500),
        ("1.234.000 g", 1_234_000),
        ("１２，５ｋｇ", 12_500),
    ],
)
def test_parse_grams_understands_what_people_type(typed, grams):
    """Every usual way to say a weight is one whole number of grams."""
    assert quantity.parse_grams(typed) == grams


def test_parse_grams_takes_the_forms_own_unit():
    """A field that asks for grams reads a bare number as grams."""
    assert quantity.parse_grams("1200", default_unit="g") == 1_200


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason.EMPTY),
        ("kg", Reason.NOT_A_NUMBER),
        ("-1 kg", Reason.NEGATIVE),
        ("1.250 kg", Reason.AMBIGUOUS),
        ("1 tấn 50", Reason.AMBIGUOUS),
        ("0,0005 kg", Reason.FRACTION),
        ("0,5 g", Reason.FRACTION),
        ("1 g rưỡi", Reason.FRACTION),
        ("2 con", Reason.UNKNOWN_UNIT),
    ],
)
def test_parse_grams_refuses_what_is_not_surely_one_weight(typed, reason):
    """A weight that could be a thousand times another is asked for again."""
    with pytest.raises(quantity.QuantityError) as caught:
        quantity.parse_grams(typed)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("grams", "said"),
    [
        (0, "0\u00a0g"),
        (500, "500\u00a0g"),
        (1_000, "1\u00a0kg"),
        (1_500, "1,5\u00a0kg"),
        (12_345, "12,345\u00a0kg"),
        (1_234_500, "1.234,5\u00a0kg"),
        (-500, "-500\u00a0g"),
        (-1_500, "-1,5\u00a0kg"),
    ],
)
def test_format_grams_says_it_as_people_do(grams, said):
    """Below a kilo in grams, else in kilos with a decimal comma."""
    assert quantity.format_grams(grams) == said


@given(st.integers(0, 999_999))
def test_parse_grams_reads_what_format_grams_shows(grams):
    """What we show can be typed back, up to a tonne."""
    assert quantity.parse_grams(quantity.format_grams(grams)) == grams


@pytest.mark.parametrize(
    ("typed", "places", "value"),
    [
        ("6,5", 1, 65),
        ("6.50", 1, 65),
        ("7", 2, 700),
        (" -0,5 ", 2, -50),
        ("−3", 0, -3),
        ("- 3", 0, -3),
        ("８,２", 1, 82),
    ],
)
def test_parse_decimal_scaled_reads_figures(typed, places, value):
    """Comma and point are both decimal marks; degrees may be below zero."""
    assert quantity.parse_decimal_scaled(typed, places) == value


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason.EMPTY),
        ("-", Reason.EMPTY),
        ("--5", Reason.NEGATIVE),
        ("6,55", Reason.FRACTION),
        ("6,5,5", Reason.NOT_A_NUMBER),
        ("6 mg", Reason.NOT_A_NUMBER),
        ("9" * 20, Reason.TOO_LARGE),
    ],
)
def test_parse_decimal_scaled_refuses_other_text(typed, reason):
    """A figure finer than we keep, or no figure, is asked for again."""
    with pytest.raises(quantity.QuantityError) as caught:
        quantity.parse_decimal_scaled(typed, 1)
    assert caught.value.reason is reason


def test_format_scaled_drops_idle_zeros():
    """A figure is shown as short as it is exact."""
    assert [quantity.format_scaled(*pair) for pair in [(65, 1), (700, 2), (-5, 2), (12, 0)]] == [
        "6,5",
        "7",
        "-0,05",
        "12",
    ]


@given(st.integers(-99_999, 99_999), st.integers(2, 4))
def test_parse_decimal_scaled_reads_what_format_scaled_shows(value, places):
    """What we show can be typed back, below a thousand."""
    assert quantity.parse_decimal_scaled(quantity.format_scaled(value, places), places) == value


@given(st.integers(1, 20_000_000))
def test_parse_grams_reads_what_retype_grams_shows(grams):
    """A weight that stands ready in a form means the same when it is sent unchanged, tonnes as well."""
    assert quantity.parse_grams(quantity.retype_grams(grams)) == grams


@given(st.integers(-10_000_000, 10_000_000), st.integers(1, 4))
def test_parse_decimal_scaled_reads_what_retype_scaled_shows(value, places):
    """A figure that stands ready in a form means the same when it is sent unchanged, thousands as well."""
    assert quantity.parse_decimal_scaled(quantity.retype_scaled(value, places), places) == value
