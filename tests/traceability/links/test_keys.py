"""GS1 keys: every primary key of the standard with its form, check and qualifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.links.keys import (
    ANY_82,
    KEYS,
    Anchor,
    LinkSyntaxError,
    check_digit,
    check_pair,
    read_anchor,
)


def closed(digits: str) -> str:
    """The digits with their check digit."""
    return f"{digits}{check_digit(digits)}"


GLN = closed("952123400001")
GTIN = closed("0952123400001")
RIGHT = [
    ("01", GTIN, ""),
    ("01", GTIN, "/22/2A/10/L/21/S"),
    ("01", GTIN, "/235/TPX"),
    ("8006", f"{GTIN}0203", "/22/V/10/L/21/S"),
    ("8013", "1987654Ad4X4bL5ttr2310c2K", ""),  # the worked example of the General Specifications
    ("8010", "9521ABC-01", "/8011/12"),
    ("414", GLN, "/254/C%2F1"),
    ("414", GLN, "/7040/1ABC"),
    ("417", GLN, "/7040/1ABC"),
    ("8017", closed("95212340000000001"), "/8019/07"),
    ("8018", closed("95212340000000001"), "/8019/07"),
    ("255", f"{GLN}000123456789", ""),
    ("00", closed("09521234000000001"), ""),
    ("253", f"{GLN}DOC-7", ""),
    ("401", "9521234-B%2F7", ""),
    ("402", closed("9521234000000001"), ""),
    ("8003", f"0{GLN}KEG12", ""),
    ("8004", "9521234PUMP7", "/7040/1ABC"),
]


@pytest.mark.parametrize(("ai", "value", "rest"), RIGHT)
def test_every_key_is_read_and_spelled_back(ai: str, value: str, rest: str) -> None:
    """Each primary key with its qualifiers in order is read, tolerates one trailing slash, and spells its address."""
    path = f"/{ai}/{value}{rest}"
    anchor = read_anchor(f"{path}/")
    assert (anchor.ai, anchor.path) == (ai, path)
    assert anchor.levels[0] == Anchor(ai, anchor.value)
    assert anchor.levels[-1] == anchor
    assert anchor.prefixed.startswith("9521" if ai != "8013" else "1987")


def test_every_key_of_the_standard_is_there() -> None:
    """The fifteen primary keys of the URI syntax, and no other."""
    assert set(KEYS) == {ai for ai, _value, _rest in RIGHT}
    assert len(KEYS) == 15


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        (f"/414/{GLN[:-1]}{(int(GLN[-1]) + 1) % 10}", "", "sai số kiểm tra"),
        (f"/414/{GLN}1", "", "không đúng dạng"),
        (f"/8006/{GTIN}0300", "", "sai số kiểm tra"),
        (f"/8006/{GTIN}0302", "", "sai số kiểm tra"),
        (f"/8006/{GTIN}0001", "", "sai số kiểm tra"),
        ("/8013/1987654Ad4X4bL5ttr2310c2X", "", "sai số kiểm tra"),
        (f"/8003/1{GLN}KEG", "", "không đúng dạng"),
        (f"/255/{GLN}A", "", "không đúng dạng"),
        ("/8010/9521abc", "", "không đúng dạng"),
        ("/8010/9521ABC/8011/012", "", "không đúng quy ước"),
        ("/8004/PUMP", "", "không đúng dạng"),
        ("/401/9521%C3%A8", "", "không đúng dạng"),
        (f"/414/{GLN}/254/A/7040/1ABC", "", "sai thứ tự"),
        (f"/414/{GLN}/10/L", "", "không đúng quy ước"),
        (f"/01/{GTIN}/22/V/235/T", "", "sai thứ tự"),
        (f"/414/{GLN}", "254=A", "sau dấu hỏi"),
        (f"/414/{GLN}", "8030=abc", "Chữ ký"),
        ("/8010/9521ABC", "8030=abc", "Chữ ký"),
        (f"/99/{GLN}", "", "thiếu một đoạn"),
        ("/", "", "thiếu một đoạn"),
        (f"/401/9521{'%2F' * 140}", "", "dài quá"),
    ],
)
def test_what_is_no_key_is_refused_with_a_reason(path: str, query: str, reason: str) -> None:
    """Wrong check, length, form, qualifier or order is refused in plain words (URI Syntax 1.4)."""
    with pytest.raises(LinkSyntaxError) as refusal:
        read_anchor(path, query)
    assert reason in str(refusal.value.reason)


@pytest.mark.parametrize(
    "path", [f"/253/{GLN}", "/8010/9521ABC/8011/1", f"/00/{closed('09521234000000001')}", "/8004/9521P"]
)
def test_serialised_keys_may_carry_a_signature(path: str) -> None:
    """AI 8030 goes with keys that name one thing (General Specifications, AI 8030)."""
    assert read_anchor(path, "8030=abc").path == path


@given(st.text(ANY_82, min_size=1, max_size=23))
def test_check_pair_is_of_its_alphabet(body: str) -> None:
    """Every GMN body has one pair of the 32 characters, and a changed first character changes it."""
    pair = check_pair(body)
    assert len(pair) == 2 and set(pair) <= set("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    other = ANY_82[(ANY_82.index(body[0]) + 1) % len(ANY_82)] + body[1:]
    assert check_pair(other) != pair
