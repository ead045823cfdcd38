"""Templates: parts that speak the page's language, and what they made kept by its words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from app.core.i18n import Catalogue
from app.web.templating import Speaker, make_environment, speaking, template_folders

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
CATALOGUE = Catalogue({"en": {"Tìm": "Search"}})


def speaker(lang: str, **more: object) -> Speaker:
    """Who speaks this language, at NOW."""
    values = {"lang": lang, "translate": CATALOGUE.translate, "url": lambda name: f"/{name}", "now": NOW}
    return Speaker(**values | more)


@pytest.fixture
def templates():
    """The house's environment with a file of two macros that counts how often one is called."""
    made = make_environment()
    made.globals["called"] = called = []
    made.globals["note"] = called.append
    return made


def test_a_part_speaks_the_language_of_each_page(templates):
    """A part that is imported once says each page's words, addresses and day."""
    page = templates.from_string(
        '{% import "macros/ui.html" as ui %}{{ ui.link_button(url("home"), "Tìm") }}{{ ui.say(_("Tìm")) }} {{ day|date }}'
    )
    told = []
    for lang in ("vi", "en", "vi"):
        with speaking(speaker(lang)):
            told.append(page.render(day=NOW))
    assert told[0] == told[2] != told[1]
    assert "Tìm" in told[0] and "hôm nay" in told[0] and 'href="/home"' in told[0]
    assert "Search" in told[1] and "today" in told[1]


def test_names_of_one_template_are_its_own(templates):
    """A template's own names lie over those of the house and stay its own."""
    own = templates.from_string('{{ note("a") or word }}', globals={"word": "Tìm"})
    assert own.render() == "Tìm" and templates.globals["called"] == ["a"]
    assert "word" not in templates.globals


def test_prompts_are_marked_for_whoever_hears_them(templates):
    """Only where a voice was chosen does a title carry the mark of its prompt."""
    page = templates.from_string('{% import "macros/ui.html" as ui %}{{ ui.page_title("Tìm") }}')
    with speaking(speaker("vi")):
        assert "data-say" not in page.render()
    with speaking(speaker("vi", voice="hmn")):
        assert "data-say" in page.render()


def test_what_was_made_of_the_same_values_is_kept(templates):
    """Once for each language and for other values; never for another macro."""
    page = templates.from_string(
        "{% macro one(text) %}{{ note(text) or _(text) }}!{% endmacro %}"
        "{% macro two(text) %}{{ text }}?{% endmacro %}"
        '{{ once(one, "Tìm") }}{{ once(two, "Tìm") }}{{ once(one, other) }}{{ once(one, "Tìm") }}'
    )
    with speaking(speaker("en")):
        assert page.render(other="<b>") == "Search!Tìm?&lt;b&gt;!Search!"
    assert templates.globals["called"] == ["Tìm", "<b>"]


def test_no_part_is_read_anew_for_each_page():
    """Nothing is imported with a page's context but the box of a transfer, which asks for three of its names."""
    found = {
        line.strip()
        for folder in template_folders()
        for path in folder.rglob("*.html")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"import .* with context %}", line) and not line.startswith("{#")
    }
    assert all("storefront/payments/transfer.html" in line for line in found), found
