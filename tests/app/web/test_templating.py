"""Templates: parts that speak the page's language, and what they made kept by its words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pytest

from app.core.i18n import Catalogue
from app.web import templating
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


NAME = "error.html"


def read(kept: Path) -> jinja2.Template:
    """A template by an environment that has read nothing yet."""
    return make_environment(kept).get_template(NAME)


@pytest.fixture
def made(monkeypatch):
    """The names of the templates that are made from now on."""
    names = []
    generate = jinja2.Environment.compile

    def count(environment, source, name=None, *more, **named):
        names.append(name)
        return generate(environment, source, name, *more, **named)

    monkeypatch.setattr(jinja2.Environment, "compile", count)
    return names


def test_a_template_is_made_once(tmp_path, monkeypatch, made):
    """What was made of a template is found again by the next process, and made anew once its text is another."""
    read(tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 1
    made.clear()
    assert (read(tmp_path / "kept").name, made) == (NAME, [])
    source = jinja2.FileSystemLoader.get_source
    monkeypatch.setattr(
        jinja2.FileSystemLoader,
        "get_source",
        lambda *asked: (source(*asked)[0] + " changed", *source(*asked)[1:]),
    )
    read(tmp_path / "kept")
    assert made == [NAME]


def test_another_jinja_makes_templates_anew(tmp_path, monkeypatch, made):
    """What a newer release would make of a template is not hidden by what the last one made of the same text."""
    read(tmp_path)
    monkeypatch.setattr(templating, "version", lambda name: f"a newer {name}")
    read(tmp_path)
    assert made == [NAME, NAME]


@pytest.mark.parametrize("length", [0, 12, 60, 200])
def test_what_a_power_cut_left_is_made_anew(tmp_path, length):
    """A file that ends in its middle is no page."""
    whole = read(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:length])
    assert read(tmp_path).name == whole.name
    assert len(file.read_bytes()) > length


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    """A folder that is none is no reason to show no page."""
    (tmp_path / "file").touch()
    assert read(tmp_path / "file").name == NAME
