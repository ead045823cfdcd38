"""The sheet's parts: fonts as vendored, addresses, the single symbol."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tests.factories.traceability import TODAY
from traceability.labels.press import Press, link_of, open_press
from traceability.labels.sheet import LabelFace, spell, svg

ROOT = Path(__file__).resolve().parents[3]


def test_fonts_are_the_vendored_ones() -> None:
    """Each vendored file is the one whose sha256 stands in the list."""
    text = (ROOT / "app/static/VENDORED.md").read_text(encoding="utf-8")
    fonts = re.findall(r"`(app/core/fonts/[^`]+\.ttf)`.*`([0-9a-f]{64})`", text)
    assert len(fonts) == 2
    for path, digest in fonts:
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest


def test_symbol_of_one_label_speaks_for_itself() -> None:
    """The picture says product, lot and serial; the address escapes what a path cannot hold."""
    face = LabelFace("Chè <đinh>", "Gói", "HTX", "Xã", "09521234000013", "A/B", TODAY, TODAY, 100, "")
    assert (
        link_of(Press("http://x", None), gtin=face.gtin, lot_code="A/B", serial="S")
        == "http://x/01/09521234000013/10/A%2FB/21/S"
    )
    assert spell("ABCDEFGHJKLMN") == "ABCD EFGH JKLM N"
    picture = svg(face, "ABCDEFGHJKLMN", press=open_press("http://x/", b"secret"))
    assert 'aria-label="Chè &lt;đinh>, A/B, ABCD EFGH JKLM N"' in picture
