"""Money: read as typed, shown as read, shared without losing a đồng."""

import contextlib
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from app.core import money
from app.core.numerals import Reason

amounts = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("typed", "dong"),
    [
        ("0", 0),
        ("350", 350),
        ("350k", 350_000),
        ("350 K", 350_000),
        ("３５０ｋ", 350_000),
        ("350.000", 350_000),
        ("350,000", 350_000),
        ("350 000 đ", 350_000),
        ("350\u00a0000\u00a0₫", 350_000),
        ("₫350.000", 350_000),
        ("VND 350000", 350_000),
        ("350.000 vnđ", 350_000),
        ("350 nghìn", 350_000),
        ("350 ngàn đồng", 350_000),
        ("350k đồng", 350_000),
        ("1.234.567", 1_234_567),
        ("1tr2", 1_200_000),
        ("1tr05", 1_050_000),
        ("1tr250", 1_250_000),
        ("1 triệu 2", 1_200_000),
        ("1 triệu 250", 1_250_000),
        ("1tr250k", 1_250_000),
        ("1 triệu 250 nghìn", 1_250_000),
        ("1,2 triệu", 1_200_000),
        ("1.2tr", 1_200_000),
        ("1.200.000k", 1_200_000_000),
        ("1.234,5k", 1_234_500),
        ("1,234.5k", 1_234_500),
        ("0,125 triệu", 125_000),
        ("2 triệu rưỡi", 2_500_000),
        ("2 củ rưỡi", 2_500_000),
        ("1 tỷ 2", 1_200_000_000),
        ("1 tỉ", 1_000_000_000),
        ("1000 tỷ", 10**12),
        ("2k500", 2_500),
    ],
)
def test_parse_dong_understands_what_people_type(typed, dong):
    """Every usual way to write an amount is one whole number of đồng."""
    assert money.parse_dong(typed) == dong


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason.EMPTY),
        (" \u00a0", Reason.EMPTY),
        ("đ", Reason.NOT_A_NUMBER),
        ("k", Reason.NOT_A_NUMBER),
        ("rưỡi", Reason.NOT_A_NUMBER),
        ("2 rưỡi", Reason.NOT_A_NUMBER),
        ("1tr2 rưỡi", Reason.NOT_A_NUMBER),
        ("1tr2x", Reason.UNKNOWN_UNIT),
        ("1tr2/3", Reason.NOT_A_NUMBER),
        ("1 2", Reason.NOT_A_NUMBER),
        ("1.2.3", Reason.NOT_A_NUMBER),
        ("1.000.00", Reason.NOT_A_NUMBER),
        ("1.000..000", Reason.NOT_A_NUMBER),
        ("mười", Reason.NOT_A_NUMBER),
        ("9" * 65, Reason.NOT_A_NUMBER),
        ("9" * 64, Reason.TOO_LARGE),
        ("1001 tỷ", Reason.TOO_LARGE),
        ("-350k", Reason.NEGATIVE),
        ("−350", Reason.NEGATIVE),
        ("1,5", Reason.FRACTION),
        ("1.2345678 tr", Reason.FRACTION),
        ("0.350", Reason.FRACTION),
        ("350.00", Reason.AMBIGUOUS),
        ("1.000,000", Reason.AMBIGUOUS),
        ("1.200k", Reason.AMBIGUOUS),
        ("1,250 triệu", Reason.AMBIGUOUS),
        ("1 triệu 50", Reason.AMBIGUOUS),
        ("1tr2345", Reason.AMBIGUOUS),
        ("1tr2 3", Reason.AMBIGUOUS),
        ("1k2k", Reason.AMBIGUOUS),
        ("1tr 2000k", Reason.AMBIGUOUS),
        ("350đ/kg", Reason.UNKNOWN_UNIT),
        ("350 usd", Reason.UNKNOWN_UNIT),
        ("1e5", Reason.UNKNOWN_UNIT),
    ],
)
def test_parse_dong_refuses_what_is_not_surely_one_amount(typed, reason):
    """An amount that could be two, or none, is asked for again."""
    with pytest.raises(money.MoneyError) as caught:
        money.parse_dong(typed)
    assert caught.value.reason is reason
    assert isinstance(caught.value, ValueError)


@given(amounts)
def test_parse_dong_reads_what_format_dong_shows(amount):
    """What we show can be typed back."""
    assert money.parse_dong(money.format_dong(amount)) == amount


@given(st.text("0123456789.,-kKtrệuđ₫ \u00a0rưỡi½٣x", max_size=20))
def test_parse_dong_answers_or_refuses_whatever_is_typed(typed):
    """No text makes anything but a whole amount in range or a refusal."""
    with contextlib.suppress(money.MoneyError):
        assert 0 <= money.parse_dong(typed) <= 10**12


@given(st.integers(-(10**15), 10**15))
def test_format_dong_is_what_cldr_says(amount):
    """Amounts look as in every other Vietnamese program."""
    assert money.format_dong(amount) == format_currency(amount, "VND", locale="vi")


def test_format_dong_marks_thousands_and_never_breaks():
    """The sign stays on the amount's line."""
    assert money.format_dong(350_000) == "350.000\u00a0₫"
    assert money.format_dong(-1_234_567) == "-1.234.567\u00a0₫"


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], [33, 33, 34]),
        (101, [1, 1], [51, 50]),
        (-101, [1, 1], [-51, -50]),
        (2, [1, 1, 1, 1], [1, 1, 0, 0]),
        (1, [1, 1, 1, 0], [0, 0, 1, 0]),
        (30_000, [200_000, 100_000], [20_000, 10_000]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_split_pro_rata_rounds_half_up_and_gives_the_rest_to_the_last(total, weights, shares):
    """Shares are rounded half up; the last who weighs takes what is left."""
    assert money.split_pro_rata(total, weights) == shares


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_split_pro_rata_loses_nothing(total, weights):
    """The sum is exact, no share changes sign, and who weighs nothing gets nothing."""
    shares = money.split_pro_rata(total, weights)
    assert sum(shares) == total
    assert all(share * total >= 0 for share in shares)
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0]), (1, [2, -1])])
def test_split_pro_rata_refuses_what_nobody_can_carry(total, weights):
    """Money never disappears among nobody, and no weight is below zero."""
    with pytest.raises(ValueError, match="cannot share"):
        money.split_pro_rata(total, weights)


def test_gateway_minor_knows_the_currency():
    """Đồng have no minor unit; dollars have cents."""
    assert money.to_gateway_minor(350_000, "vnd") == 350_000
    assert money.to_gateway_minor(Decimal("12.5"), "USD") == 1_250
    assert money.from_gateway_minor(350_000, "VND") == 350_000
    assert money.from_gateway_minor(1_250, "usd") == Decimal("12.5")


@given(amounts, st.sampled_from(sorted(money.CURRENCY_EXPONENTS)))
def test_gateway_minor_goes_there_and_back(minor, currency):
    """Nothing is lost at the gateway's edge."""
    assert money.to_gateway_minor(money.from_gateway_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        (Decimal("0.5"), "VND", Reason.FRACTION),
        (Decimal("0.001"), "USD", Reason.FRACTION),
        (1, "XXX", Reason.UNKNOWN_UNIT),
    ],
)
def test_gateway_minor_refuses_what_the_currency_cannot_say(amount, currency, reason):
    """No half đồng, no tenth of a cent, no unknown currency."""
    with pytest.raises(money.MoneyError) as caught:
        money.to_gateway_minor(amount, currency)
    assert caught.value.reason is reason
