"""Carriers of Viet Nam: K1 to K3 of orders/PRICING.md."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from storefront.delivery.carriers import find_carrier, find_link, load_carriers, tidy_number

EACH = pytest.mark.parametrize("carrier", load_carriers().values(), ids=lambda one: one.code)


@EACH
def test_a_line_of_the_list_is_whole(carrier):
    """K1, K2: a carrier is found by each of its names, its example looks like its numbers, its page is a safe address."""
    assert {find_carrier(name.upper()) for name in (carrier.name, *carrier.also)} == {carrier}
    assert carrier.may_be(carrier.example) and carrier.may_be(carrier.example.lower())
    assert not carrier.may_be("?") and not carrier.may_be(f"{carrier.example} {carrier.example}")
    if carrier.page:
        assert urlsplit(carrier.page).scheme == "https"


@pytest.mark.parametrize(
    ("name", "number", "link"),
    [
        ("GHN", "GY8X37DK", "https://donhang.ghn.vn/?order_code=GY8X37DK"),
        ("giao hang tiet kiem", "S1.A/2&x", "https://i.ghtk.vn/S1.A%2F2%26x"),
        ("Viettel Post", "VTP123456789", "https://viettelpost.com.vn/tra-cuu-hanh-trinh-don/"),
        ("Bưu điện", "EB123456789VN", None),
        ("Nhà xe Hải Yến", "12", None),
        ("GHN", None, None),
        (None, "12", None),
    ],
)
def test_a_parcel_is_looked_up(name, number, link):
    """K3: straight to the parcel, to the page where its number is typed, or nowhere; nothing typed leaves its place."""
    assert find_link(name, number) == link


def test_spaces_are_no_part_of_a_number():
    """K2: a number is copied from a slip in groups."""
    assert tidy_number(" VTP 123 456 789 ") == "VTP123456789"
