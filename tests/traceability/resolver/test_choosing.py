"""Choosing among links of one type: level, language, media type, context; what ties is told."""

from __future__ import annotations

import pytest

from traceability.links.keys import Anchor
from traceability.resolver.choosing import choose, read_wishes
from traceability.resolver.targets import Target, find_default

KEY = Anchor("01", "09521234000013")
LOT = Anchor("01", "09521234000013", (("10", "L"),))


def recipe(name: str, **of: object) -> Target:
    """A recipe that names no language and no media type unless told."""
    values: dict[str, object] = {"hreflang": (), "media_type": None}
    return Target("recipeInfo", f"https://che.vn/{name}", name, **values | of)  # type: ignore[arg-type]


VI = recipe("vi", hreflang=("vi",))
EN = recipe("en", hreflang=("en",))
FR = recipe("fr", hreflang=("fr-FR",))
PLAIN = recipe("plain")
PDF = recipe("pdf", media_type="application/pdf")
HTML = recipe("html", media_type="text/html")
VN = recipe("vn", context=("VN",))
US = recipe("us", context=("US",))


@pytest.mark.parametrize(
    ("targets", "languages", "accept", "context", "names"),
    [
        ([VI, EN], "en, vi;q=0.5", "", None, ["en"]),
        ([VI, EN], "en;q=0.4, vi;q=0.5", "", None, ["vi"]),
        ([VI, EN], "en-GB", "", None, ["en"]),
        ([FR, EN], "fr, en;q=0.9", "", None, ["fr"]),
        ([FR, EN], "fr-CA, en;q=0.1", "", None, ["en"]),
        ([VI, EN], "", "", None, ["vi", "en"]),
        ([VI, EN], "de", "", None, ["vi", "en"]),
        ([VI, PLAIN], "de", "", None, ["plain"]),
        ([VI, PLAIN], "vi;q=0.1", "", None, ["vi"]),
        ([VI, EN], "*, vi;q=0", "", None, ["en"]),
        ([PDF, HTML], "", "text/html, application/pdf;q=0.9", None, ["html"]),
        ([PDF, HTML], "", "application/*", None, ["pdf"]),
        ([PDF, HTML], "", "*/*", None, ["pdf", "html"]),
        ([PDF, PLAIN], "", "text/html", None, ["plain"]),
        ([PDF, PLAIN], "", "application/pdf", None, ["pdf"]),
        ([VN, US, PLAIN], "", "", "US", ["us"]),
        ([VN, US, PLAIN], "", "", "FR", ["plain"]),
        ([VN, US, PLAIN], "", "", None, ["plain"]),
        ([VN, US], "", "", None, ["vn", "us"]),
        ([recipe("a", hreflang=("vi",), media_type="application/pdf"), EN], "vi", "text/html", None, ["a"]),
    ],
)
def test_the_best_fitting_link_is_chosen(
    targets: list[Target], languages: str, accept: str, context: str | None, names: list[str]
) -> None:
    """Language by weight first, then media type, then context; equally good ones come back together."""
    wishes = read_wishes(accept_language=languages, accept=accept, context=context)
    assert [target.title for target in choose({KEY: targets}, "recipeInfo", wishes)] == names


def test_the_closest_level_answers_first() -> None:
    """A lot's own link wins over the product's, whatever its language; without one the walk goes up."""
    wishes = read_wishes(accept_language="en", accept="", context=None)
    assert choose({KEY: [EN], LOT: [VI]}, "recipeInfo", wishes) == [VI]
    assert choose({KEY: [EN], LOT: [Target("pip", "/p/x", "x")]}, "recipeInfo", wishes) == [EN]
    assert choose({KEY: [EN]}, "review", wishes) == []


def test_the_default_is_public_and_closest() -> None:
    """What is hidden from lists is no default link."""
    hidden = recipe("hidden", is_public=False)
    assert find_default({KEY: [VI], LOT: [hidden, EN]}) == (LOT, EN)
    assert find_default({KEY: [VI], LOT: [hidden]}) == (KEY, VI)
    assert find_default({KEY: [hidden]}) is None
