"""The gate's own judgement: the same yes and no as the market's, from the list and the signature alone."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page

from app.core import signing
from app.core.ids import with_check
from app.core.signing import Signer
from storefront.tours import symbols
from storefront.tours.symbols import WHOLE, Symbol

pytestmark = pytest.mark.browser
PRODUCER = UUID("019a8c00-0000-7000-8000-00000000000a")
SIGNER = Signer(b"a secret of the tests, long enough", "tickets/1")
DAY = date(2026, 11, 28)
MAI, TUAN, GONE, NEW = (with_check(body) for body in ("ABCDEF", "BCDEFG", "CDEFGH", "DEFGHJ"))
OWN = [with_check(body) for body in ("ABCDEF2", "BCDEFG2", "CDEFGH2")]
LIST = {
    "version": 1,
    "day": DAY.isoformat(),
    "until": "2026-11-28T17:00:00+00:00",
    "producer": str(PRODUCER),
    "keys": {SIGNER.key_id: signing.encode(SIGNER.public_bytes)},
    "departures": [[7, "Một buổi hái chè", "08:30", 1], [8, "Đi ao cá", "14:00", 1]],
    "names": "Chị Mai\nNhà bác Tuấn",
    "codes": MAI[:-1] + TUAN[:-1],
    "sizes": "2,1",
    "tickets": "".join(code[:-1] for code in OWN),
    "heads": "11a",
    "inside": "010",
    "revoked": [GONE],
}
JUDGE = """async ([texts, said, scans]) => {
  const { count, judge, readList } = await import('/static/tickets/judge.js');
  const list = readList(said);
  const found = [];
  for (const text of texts) {
    const { verdict, heads, places, name, at, isNew, isUnsure } = await judge(text, { list, scans });
    found.push({ verdict, heads, places, name, at, isNew, isUnsure });
  }
  return [found, count(list, scans)];
}"""
NO_ED25519 = """() => {
  const real = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = (form, key, how, ...rest) =>
    how.name === 'Ed25519' ? Promise.reject(new DOMException('', 'NotSupportedError')) : real(form, key, how, ...rest);
}"""


def sign(code: str, *, producer_id: UUID = PRODUCER, signer: Signer = SIGNER, **given: Any) -> str:
    """The letters of a ticket."""
    values: dict[str, Any] = {
        "code": code,
        "place": WHOLE,
        "departure_tag": 7,
        "day": DAY,
        "starts": time(8, 30),
        "heads": 3,
    }
    return symbols.write(Symbol(**values | given), producer_id=producer_id, signer=signer)


def judge(lab: Page, *texts: str, scans: list[Any] | None = None, **changed: Any) -> tuple[list[Any], Any]:
    """What the phone says of each text, and the heads that it counts."""
    found, counted = lab.evaluate(JUDGE, [list(texts), LIST | changed, scans or []])
    return found, counted


def verdicts(lab: Page, *texts: str, **given: Any) -> list[str]:
    """The words alone."""
    return [one["verdict"] for one in judge(lab, *texts, **given)[0]]


PAPER = [with_check(body) for body in ("PAPER22", "PAPER33", "PAPER44", "PAPER55", "PAPER66")]
PAPERS = {
    "departures": [[7, "Một buổi hái chè", "08:30", 1, 2], [8, "Đi ao cá", "14:00", 1, 9]],
    "papers": [["Quán bà Lan", 2, [7], "".join(code[:-1] for code in PAPER[:4]), "0123"]],
}


def sign_any_day(code: str, *, first: date = date(2026, 11, 20), days: int = 8) -> str:
    """The letters of a paper ticket for any day."""
    return sign(code, place=0, departure_tag=9, day=first, starts=time(), heads=2, days=days)


def test_paper_for_any_day_by_symbol_and_by_code(lab: Page) -> None:
    """58, 59, 123: free it comes in while a departure takes it whole; void, seated elsewhere, been here, forged: each in its own word."""
    forged = sign_any_day(PAPER[0])
    forged = ("B" if forged[60] == "A" else "A").join((forged[:60], forged[61:]))
    said = [sign_any_day(code) for code in PAPER[:4]] + [PAPER[0], PAPER[1], forged]
    found, counted = judge(lab, *said, **PAPERS)
    assert [one["verdict"] for one in found] == [
        "ready",
        "revoked",
        "other-day",
        "already",
        "ready",
        "revoked",
        "forged",
    ]
    assert (found[0]["heads"], found[0]["places"], found[0]["name"]) == (2, None, "Quán bà Lan")
    assert counted == {"all": 12, "inside": 1}


def test_paper_counts_the_seats_that_this_phone_gave_away(lab: Page) -> None:
    """123: two seats left at the time of the list: one paper of two heads comes in, once; after it no other does."""
    scans = [{"code": PAPER[0][:-1], "places": None, "heads": 2, "at": "b"}]
    two = {"papers": [["Quán bà Lan", 2, [7], PAPER[0][:-1] + PAPER[1][:-1], "00"]]}
    found, counted = judge(lab, sign_any_day(PAPER[0]), PAPER[1], scans=scans, **PAPERS | two)
    assert [one["verdict"] for one in found] == ["already", "no-room"]
    assert counted == {"all": 14, "inside": 3}
    nowhere = {"papers": [["Quán bà Lan", 2, [], PAPER[0][:-1], "0"]]}
    assert verdicts(lab, PAPER[0], **PAPERS | nowhere) == ["no-room"]


def test_paper_that_the_list_has_seated_since(lab: Page) -> None:
    """123: once the list has it among its parties it is that party, also as this phone let it in, and is counted once."""
    scans = [{"code": OWN[2][:-1], "places": None, "heads": 10, "at": "b"}]
    found, counted = judge(lab, sign_any_day(OWN[2]), OWN[2], scans=scans)
    assert [(one["verdict"], one["at"]) for one in found] == [("already", "b")] * 2
    assert counted == {"all": 12, "inside": 11}
    [fresh], _counted = judge(lab, sign_any_day(OWN[2]))
    assert (fresh["verdict"], fresh["name"], fresh["places"]) == ("ready", "Nhà bác Tuấn", [0])


def test_paper_newer_than_the_list(lab: Page) -> None:
    """56, 123: believed for its signature on its days, the first and the last too; before and after it is not."""
    said = [
        sign_any_day(PAPER[4], first=first, days=days)
        for first, days in (
            (date(2026, 11, 20), 8),
            (date(2026, 11, 28), 0),
            (date(2026, 11, 20), 7),
            (date(2026, 11, 29), 3),
        )
    ]
    assert verdicts(lab, *said) == ["ready", "ready", "not-in-time", "not-in-time"]
    scans = [{"code": PAPER[4][:-1], "places": [0], "heads": 2, "at": "b"}]
    assert verdicts(lab, said[0], scans=scans) == ["already"]


def test_a_ticket_keeps_its_place_when_the_party_changes(lab: Page) -> None:
    """57: of a party that lost its first ticket and got a third, the second ticket means itself, and the first nobody."""
    odd = {"places": {MAI[:-1]: [1, 2]}}
    said = [sign(MAI, place=place, heads=1) for place in (0, 1, 2)]
    found, counted = judge(
        lab, *said, OWN[0], scans=[{"code": MAI[:-1], "places": [1], "heads": 1, "at": "b"}], **odd
    )
    assert [one["verdict"] for one in found] == ["unknown", "already", "already", "already"]
    assert counted == {"all": 12, "inside": 2}
    [fresh], _counted = judge(lab, sign(MAI, place=1, heads=1), **odd)
    assert (fresh["verdict"], fresh["places"]) == ("ready", [1])


def test_a_party_on_the_list_comes_in_by_symbol_and_by_code(lab: Page) -> None:
    """50: whole or apart, spelled as people say it; who is in already is not counted again."""
    apart = sign(MAI, place=1)
    spoken = f" {MAI[:3].lower()}-{MAI[3:]} "
    found, counted = judge(lab, sign(MAI), spoken, OWN[0], OWN[1], apart, TUAN)
    assert [one["verdict"] for one in found] == ["ready", "ready", "ready", "already", "already", "ready"]
    assert [one["heads"] for one in found] == [1, 1, 1, 1, 1, 10]
    assert (found[0]["places"], found[0]["name"], found[5]["name"]) == ([0], "Chị Mai", "Nhà bác Tuấn")
    assert counted == {"all": 12, "inside": 1}


def test_what_this_phone_let_in_is_in(lab: Page) -> None:
    """54: by place, with the hour at which it was."""
    at = "2026-11-28T02:00:00.000Z"
    scans = [{"code": MAI[:-1], "places": [0], "heads": 1, "at": at}]
    found, counted = judge(lab, sign(MAI), OWN[0], TUAN, scans=scans)
    assert [one["verdict"] for one in found] == ["already", "already", "ready"]
    assert found[0]["at"] == at and counted == {"all": 12, "inside": 2}


def test_a_ticket_newer_than_the_list(lab: Page) -> None:
    """56: believed on its own day, once; on another it is for that day."""
    whole, later = sign(NEW), sign(NEW, day=date(2026, 11, 29))
    one = sign(NEW, place=1, heads=1)
    found, _counted = judge(lab, whole, later, one)
    assert [item["verdict"] for item in found] == ["ready", "wrong-day", "ready"]
    assert (found[0]["heads"], found[0]["isNew"], found[0]["places"], found[2]["places"]) == (
        3,
        True,
        None,
        [1],
    )
    scans = [{"code": NEW[:-1], "places": [1], "heads": 1, "at": "2026-11-28T02:00:00.000Z"}]
    found, counted = judge(lab, whole, one, scans=scans)
    assert [item["verdict"] for item in found] == ["ready", "already"] and found[0]["heads"] == 2
    assert counted == {"all": 13, "inside": 2}
    scans.append({"code": NEW[:-1], "places": None, "heads": 2, "at": "2026-11-28T03:00:00.000Z"})
    assert verdicts(lab, whole, one, scans=scans) == ["already", "already"]


def test_what_does_not_come_in(lab: Page) -> None:
    """51, 52: forged, of another garden, of an unknown key, given back, of no list, misspelled, no ticket at all."""
    stranger = Signer(b"another secret, long enough as well", "tickets/1")
    right = sign(MAI)
    assert verdicts(
        lab,
        sign(MAI, signer=stranger),
        sign(MAI, producer_id=UUID(int=1)),
        "A" * 130,
        sign(GONE),
        GONE,
        NEW,
        MAI[:-1] + MAI[0],
        "https://example.org/menu",
        sign(TUAN, place=3),
        right[:-1] + ("B" if right[-1] == "A" else "A"),
    ) == [
        *["forged"] * 3,
        *["revoked"] * 2,
        "unknown",
        "misspelled",
        "nothing",
        "unknown",
        "forged",
    ]


def test_any_changed_bit_is_forged(lab: Page) -> None:
    """51: on the phone too, one bit of the ticket or its signature changed is no ticket."""
    letters = sign(MAI)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    changed = [
        letters[:at] + alphabet[alphabet.index(letter) ^ 1 << at % 5] + letters[at + 1 :]
        for at, letter in enumerate(letters)
    ]
    assert verdicts(lab, *changed) == ["forged"] * symbols.LETTERS


def test_a_party_that_moved_here_comes_in_with_its_old_print(lab: Page) -> None:
    """52: what the list knows counts more than the day that was printed."""
    assert verdicts(lab, sign(MAI, day=date(2026, 11, 1))) == ["ready"]


def test_a_browser_that_cannot_check_signatures_goes_by_the_list(lab: Page) -> None:
    """56: on the list it comes in, and that it was not checked is said; not on the list it does not."""
    lab.evaluate(NO_ED25519)
    found, _counted = judge(lab, sign(MAI), sign(NEW), sign(GONE), MAI)
    assert [one["verdict"] for one in found] == ["ready", "unable", "revoked", "ready"]
    assert [one["isUnsure"] for one in found[:1]] == [True]
