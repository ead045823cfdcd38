"""Digital Links: what is one, what is none, and why."""

from __future__ import annotations

import pytest

from traceability.resolver.digital_link import Link, LinkSyntaxError, check_digit, read_link
from traceability.resolver.negotiation import Answer, choose_answer, read_accept

GTIN = "09521234000013"


@pytest.mark.parametrize(
    ("path", "query", "link"),
    [
        (f"/01/{GTIN}", "", Link(GTIN)),
        (f"/01/{GTIN}/", "utm_source=zalo", Link(GTIN)),
        (f"/01/{GTIN}/10/TC261112A", "", Link(GTIN, "TC261112A")),
        (f"/01/{GTIN}/10/A%2FB/21/S-1/", "17=271112", Link(GTIN, "A/B", "S-1")),
        (f"/01/{GTIN}/21/XYZ", "8030=abc", Link(GTIN, None, "XYZ")),
        (f"/01/{GTIN}/22/V2/10/L1", "", Link(GTIN, "L1")),
    ],
)
def test_links_are_read(path: str, query: str, link: Link) -> None:
    """Key, lot and serial come out; foreign query words and one trailing slash are tolerated."""
    assert check_digit(GTIN[:-1]) == int(GTIN[-1])
    assert read_link(path, query) == link


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("/01/9521234000013", "", "đủ 14 chữ số"),
        ("/01/09521234000014", "", "sai một chữ số"),
        ("/01/0952123400001x", "", "chỉ gồm chữ số"),
        (f"/01/{GTIN}/21/S/10/L", "", "sai thứ tự"),
        (f"/01/{GTIN}/10/L/10/L", "", "sai thứ tự"),
        (f"/01/{GTIN}/lot/L", "", "không đúng quy ước"),
        (f"/01/{GTIN}/10", "", "thiếu một đoạn"),
        (f"/01/{GTIN}/10/", "", "thiếu một đoạn"),
        (f"/00/{GTIN}", "", "thiếu một đoạn"),
        (f"/01/{GTIN}", "10=L1", "sau dấu hỏi"),
        (f"/01/{GTIN}/10/L1", "21=", "sau dấu hỏi"),
        (f"/01/{GTIN}/10/L1", "8030=abc", "Chữ ký"),
        (f"/01/{GTIN}/10/{'A' * 21}", "", "quy ước của mã vạch"),
        (f"/01/{GTIN}/10/ch%C3%A8", "", "quy ước của mã vạch"),
        (f"/01/{GTIN}", "17=279912", "quy ước của mã vạch"),
    ],
)
def test_what_is_no_link_is_refused_with_a_reason(path: str, query: str, reason: str) -> None:
    """Each breach of the URI syntax is refused in plain words (GS1 Digital Link URI Syntax 1.4)."""
    with pytest.raises(LinkSyntaxError) as refusal:
        read_link(path, query)
    assert reason in str(refusal.value.reason)


def test_paths_are_spelled_back() -> None:
    """A link spells its own address, its redirect's, and every level up to the key."""
    link = Link(GTIN, "A/B", "S")
    assert link.path == f"/01/{GTIN}/10/A%2FB/21/S"
    assert link.trace_path == f"/trace/{GTIN}/A%2FB/S"
    assert link.levels == [Link(GTIN), Link(GTIN, "A/B"), link]
    assert Link(GTIN).levels == [Link(GTIN)]


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Answer.PAGE),
        ("text/*", Answer.PAGE),
        ("", Answer.REDIRECT),
        ("*/*", Answer.REDIRECT),
        ("application/json", Answer.REDIRECT),
        ("text/html;q=0", Answer.REDIRECT),
        ("application/linkset+json", Answer.LINKSET),
        ("application/linkset+json, text/html;q=0.5", Answer.LINKSET),
        ("application/linkset+json;q=0.2, text/html;q=0.5", Answer.PAGE),
        ("text/html;q=much, application/linkset+json", Answer.LINKSET),
    ],
)
def test_accept_chooses_the_answer(accept: str, answer: Answer) -> None:
    """People get the page, machines the redirect or the linkset, by weight."""
    assert choose_answer(accept) is answer


def test_accept_is_read_by_weight() -> None:
    """Weights are bounded, and the larger of two mentions counts."""
    assert read_accept("a/b;q=7, a/b;q=0.1,, c/d;v=1;q=-1") == {"a/b": 1.0, "c/d": 0.0}
