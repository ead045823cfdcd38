"""Addresses that producers paste: only safe ones are kept, and places are filled with encoded values."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.links.addresses import TemplateError, fill_template, places_of, read_template
from traceability.links.keys import ANY_82, Anchor


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://che.vn/pha-tra ", "https://che.vn/pha-tra"),
        ("https://che.vn/{gtin}/{lot}?s={serial}#k{key}", "https://che.vn/{gtin}/{lot}?s={serial}#k{key}"),
        ("https://CHE.vn:8443/chè?q=đinh", "https://CHE.vn:8443/ch%C3%A8?q=%C4%91inh"),
    ],
)
def test_safe_addresses_are_kept(typed: str, kept: str) -> None:
    """`https` to a named host, with places behind the host, letters encoded."""
    assert read_template(typed) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("http://che.vn/", "https://"),
        ("javascript:alert(1)", "https://"),
        ("data:text/html,x", "https://"),
        ("//che.vn/", "https://"),
        ("HTTPS://che.vn/", "https://"),
        ("https://che.vn/a b", "ký tự lạ"),
        ('https://che.vn/"><script>', "ký tự lạ"),
        ("https://che.vn\\@evil.vn/", "ký tự lạ"),
        ("https://che.vn/\r\nSet-Cookie: a", "ký tự lạ"),
        ("https://user:pw@che.vn/", "chưa đúng"),
        ("https://che.vn@evil.vn/", "chưa đúng"),
        ("https://localhost/", "chưa đúng"),
        ("https://127.0.0.1/", "chưa đúng"),
        ("https://[::1]/", "chưa đúng"),
        ("https://[x/", "chưa đúng"),
        ("https://che.vn:99999/", "chưa đúng"),
        ("https://chè.vn/", "chưa đúng"),
        ("https://{lot}.vn/", "chưa đúng"),
        ("https:///x", "chưa đúng"),
        ("https://che.vn/{price}", "ngoặc nhọn"),
        ("https://che.vn/{lot", "ngoặc nhọn"),
        ("https://che.vn/}{", "ngoặc nhọn"),
        ("https://che.vn/" + "a" * 500, "dài quá"),
    ],
)
def test_unsafe_addresses_are_refused(typed: str, reason: str) -> None:
    """No other scheme, no hidden host, no odd characters, no unknown place, nothing endless."""
    with pytest.raises(TemplateError) as refusal:
        read_template(typed)
    assert reason in str(refusal.value.reason)


def test_places_come_from_the_scan() -> None:
    """A place without a value leaves no address; another key fills only `{key}`."""
    unit = Anchor("01", "09521234000013", (("10", "A/B"), ("21", "S-1")))
    template = "https://che.vn/{gtin}/{lot}?s={serial}"
    assert fill_template(template, places_of(unit)) == "https://che.vn/09521234000013/A%2FB?s=S-1"
    assert fill_template(template, places_of(unit.levels[1])) is None
    assert places_of(Anchor("414", "9521234000013")) == {"key": "9521234000013"}


@given(st.text(ANY_82, min_size=1, max_size=20))
def test_values_never_leave_their_place(lot: str) -> None:
    """Whatever a lot is called, it stays one segment of the path of the same host."""
    values = places_of(Anchor("01", "09521234000013", (("10", lot),)))
    filled = fill_template("https://che.vn/lo/{lot}", values)
    assert filled is not None
    parts = urlsplit(filled)
    assert (parts.netloc, parts.query, parts.fragment) == ("che.vn", "", "")
    assert parts.path.split("/")[2:] == [parts.path.rpartition("/")[2]]
    assert unquote(parts.path.rpartition("/")[2]) == lot
