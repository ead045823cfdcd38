"""The drawn place: the same for the same coordinates, small, and safe whatever the names."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from traceability.resolver.landscape import as_data_uri, draw_place


@given(
    latitude_e6=st.integers(8_000_000, 24_000_000),
    longitude_e6=st.integers(102_000_000, 110_000_000),
    name=st.text(
        st.characters(min_codepoint=32, max_codepoint=0x1EF9, exclude_characters="\x7f"), max_size=24
    ),
)
def test_every_place_is_small_and_well_formed(latitude_e6: int, longitude_e6: int, name: str) -> None:
    """At most 1.5 KB of well-formed SVG without style or script, drawn alike each time."""
    svg = draw_place(
        latitude_e6=latitude_e6,
        longitude_e6=longitude_e6,
        names=(name[:20], "Tỉnh Lào Cai"),
        altitude="1600 m",
    )
    assert svg == draw_place(
        latitude_e6=latitude_e6,
        longitude_e6=longitude_e6,
        names=(name[:20], "Tỉnh Lào Cai"),
        altitude="1600 m",
    )
    assert len(svg) <= 1_500
    assert "style" not in svg.replace(name, "")
    assert ET.fromstring(svg).tag.endswith("svg") or not name.isprintable()
    assert "#" not in as_data_uri(svg)
