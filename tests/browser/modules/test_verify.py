"""A label's signature, told by the phone itself: the same yes and no as the fair's own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from app.core.signing import Signer
from traceability.labels.press import Press, link_of, message_of

pytestmark = pytest.mark.browser
GTIN, LOT, SERIAL = "09521234000013", "TC261112A", "ABCDEFGHJKLMN"
SIGNER = Signer(b"secret", "labels/1")
HOST = "cho.example"
PRESS = Press(f"https://{HOST}", SIGNER)
LINK = link_of(PRESS, gtin=GTIN, lot_code=LOT, serial=SERIAL)
KNOWN = {"keys": [SIGNER.to_jwk()], "isCurrent": True}
CHECK = """async ([addresses, known, hosts]) => {
  const { check } = await import('/static/verify/check.js');
  const said = [];
  for (const address of addresses) said.push(await check(address, known, hosts));
  return said;
}"""


def check(lab: Page, addresses: list[str], known: Any = KNOWN) -> list[str]:
    """What is said of each address."""
    said: list[str] = lab.evaluate(CHECK, [addresses, known, ["127.0.0.1", HOST]])
    return said


def test_a_label_of_ours_is_right_however_it_is_typed(lab: Page) -> None:
    """The whole address, with blanks, a slash at the end, a fragment or more in its query, or from its path on, is right."""
    path, _sep, query = LINK.partition("?")
    spelled = [
        LINK,
        f"  {LINK}\n",
        f"{path}/?{query}",
        f"{LINK}#top",
        f"{path}?utm=x&{query}",
        LINK.removeprefix(f"https://{HOST}"),
        LINK.replace("https://", "HTTP://").replace(HOST, HOST.upper()),
        LINK.removeprefix("https://"),
        LINK.replace("/10/", "/22/2A/10/"),
    ]
    assert check(lab, spelled) == ["right"] * len(spelled)


@pytest.mark.parametrize("lot", ["A/B", "L-1.2_3~x", "a!b*c(d)'e", "Lô 7 đặc biệt", "%&+,:;<=>?"])
def test_every_character_of_a_lot_is_spelled_as_it_was_signed(lab: Page, lot: str) -> None:
    """What an address must escape is escaped on the phone as the fair escapes it."""
    assert check(lab, [link_of(PRESS, gtin=GTIN, lot_code=lot, serial=SERIAL)]) == ["right"]


def test_each_changed_character_is_noticed(lab: Page) -> None:
    """No character of number, lot, serial or signature can be another one."""
    changed = []
    start = LINK.index("?s=")
    for place in range(LINK.index("/01/") + 4, len(LINK)):
        if LINK[place] not in "/?=" and place != start + 1:
            other = "7" if LINK[place] != "7" else "8"
            changed.append(LINK[:place] + other + LINK[place + 1 :])
    said = check(lab, changed)
    # a changed "10" or "21" is no label's address any more
    assert set(said) <= {"wrong", "unreadable"} and said.count("unreadable") == 4
    assert len(changed) > 120


def test_a_foreign_key_and_a_foreign_site_are_told(lab: Page) -> None:
    """Another key is wrong, or unknown while the keys are old ones; our signature under another name is said so."""
    other = Press(f"https://{HOST}", Signer(b"another", "labels/1"))
    foreign = link_of(other, gtin=GTIN, lot_code=LOT, serial=SERIAL)
    assert check(lab, [foreign]) == ["wrong"]
    assert check(lab, [foreign], KNOWN | {"isCurrent": False}) == ["unknown"]
    copied = LINK.replace(HOST, "cho-phien.example")
    assert check(lab, [copied, LINK.replace(HOST, f"{HOST}@evil.example")]) == ["elsewhere", "elsewhere"]


def test_what_cannot_be_checked_is_said(lab: Page) -> None:
    """A code alone, a product, a lot, a label without its lot; no signature; no keys: each hears its own word."""
    unsigned = LINK.partition("?")[0]
    unreadable = [
        "",
        SERIAL,
        f"https://{HOST}/01/{GTIN}",
        f"https://{HOST}/01/{GTIN}/10/{LOT}",
        f"https://{HOST}/01/{GTIN}/21/{SERIAL}?s=x",
        f"https://{HOST}/01/123/10/{LOT}/21/{SERIAL}?s=x",
        f"https://{HOST}/01/{GTIN}/10/%zz/21/{SERIAL}?s=x",
    ]
    assert check(lab, unreadable) == ["unreadable"] * len(unreadable)
    assert check(lab, [unsigned]) == ["unsigned"]
    assert check(lab, [LINK], None) == ["nokeys"]
    assert check(lab, [f"{unsigned}?s=", f"{LINK}A", LINK[:-1]]) == ["wrong"] * 3


def test_a_signature_is_spelled_in_one_way_only(lab: Page) -> None:
    """The four bits that base64url leaves over must be nothing, on the phone as at the fair."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(LINK[-1])
    twins = [LINK[:-1] + alphabet[last // 16 * 16 + more] for more in range(16)]
    message = message_of(gtin=GTIN, lot_code=LOT, serial=SERIAL)
    at_the_fair = [
        "right" if SIGNER.has_signed(message, twin.partition("?s=")[2]) else "wrong" for twin in twins
    ]
    assert check(lab, twins) == at_the_fair and at_the_fair.count("right") == 1


def test_a_browser_without_the_algorithm_says_so(lab: Page) -> None:
    """Where the browser knows no Ed25519, or gives no cryptography at all, nobody is told right or wrong."""
    lab.evaluate(
        "() => { crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); }; }"
    )
    assert check(lab, [LINK]) == ["unable"]
    lab.evaluate("() => { Object.defineProperty(crypto, 'subtle', { value: undefined }); }")
    assert check(lab, [LINK]) == ["unable"]


def test_keys_are_of_this_moment_or_kept(lab: Page) -> None:
    """With signal the keys are current; a worker's or a cache's are not; without any there are none."""
    script = """async (replies) => {
      const { fetchKeys } = await import('/static/verify/check.js');
      const asked = [];
      globalThis.fetch = async (_address, { cache }) => {
        asked.push(cache);
        const reply = replies.shift();
        if (!reply) throw new TypeError('no signal');
        return new Response(JSON.stringify({ keys: [1] }), reply);
      };
      return [await fetchKeys(), asked];
    }"""
    assert lab.evaluate(script, [{}]) == [{"keys": [1], "isCurrent": True}, ["no-cache"]]
    kept = {"headers": {"X-Kept": "1"}}
    assert lab.evaluate(script, [kept]) == [{"keys": [1], "isCurrent": False}, ["no-cache"]]
    both = ["no-cache", "force-cache"]
    assert lab.evaluate(script, [None, {}]) == [{"keys": [1], "isCurrent": False}, both]
    assert lab.evaluate(script, [{"status": 503}, None]) == [None, both]
