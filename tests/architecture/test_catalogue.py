"""The catalogue: every sentence for people has its English, and no English is left over."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from app.core.i18n import PACKAGES, PLACEHOLDER, read_sentences

ROOT = Path(__file__).parents[2]
_NAMES = {"_"}
_IN_TEMPLATE = re.compile(r"""(?<!\w)_\(\s*((?:"(?:[^"\\]|\\.)*"\s*|'(?:[^'\\]|\\.)*'\s*)+)""")
_ANY_PLACE = re.compile(r"%\(\w*\)\w?|%[sd]")


def used_msgids(root: Path) -> set[str]:
    """Collect the msgids under `root`: literals given to `_` in Python files and in templates (.html .txt .xml .js)."""
    found: set[str] = set()
    for path in root.rglob("*.py"):
        found |= _in_python(path.read_text(encoding="utf-8"))
    for path in root.rglob("templates/**/*"):
        if path.suffix in {".html", ".txt", ".xml", ".js", ".svg", ".webmanifest"}:
            found |= _in_template(path.read_text(encoding="utf-8"))
    return found


def _in_python(source: str) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args)
    named = (
        call
        for call in calls
        if (getattr(call.func, "id", None) or getattr(call.func, "attr", None)) in _NAMES
    )
    firsts = (call.args[0] for call in named)
    return {
        first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)
    }


def _in_template(source: str) -> set[str]:
    return {str(ast.literal_eval(f"({match[1]})")) for match in _IN_TEMPLATE.finditer(source)}


def package_folders() -> list[Path]:
    """List the folders of the packages that stand already."""
    return [ROOT / package for package in PACKAGES if importlib.util.find_spec(package)]


def english_files() -> list[Path]:
    """List every English file of the house."""
    return sorted(path for folder in package_folders() for path in folder.glob("locales/en/*.po"))


def house_msgids() -> set[str]:
    """Collect every sentence of the house."""
    return set().union(*(used_msgids(folder) for folder in package_folders()))


def house_english() -> dict[str, str]:
    """Collect every English sentence of the house."""
    return {msgid: english for path in english_files() for msgid, english in read_sentences(path).items()}


def test_every_sentence_has_its_english():
    """Nobody who reads English is left with a Vietnamese sentence."""
    assert sorted(house_msgids() - house_english().keys()) == []


def test_no_english_is_left_over():
    """A sentence that was reworded leaves nothing behind."""
    assert sorted(house_english().keys() - house_msgids()) == []


def test_a_sentence_has_one_english():
    """Two rooms that say the same in Vietnamese say the same in English."""
    said: dict[str, set[str]] = {}
    for path in english_files():
        for msgid, english in read_sentences(path).items():
            said.setdefault(msgid, set()).add(english)
    assert {msgid: sorted(english) for msgid, english in said.items() if len(english) > 1} == {}


def test_placeholders_agree():
    """The English fills the same places as the Vietnamese."""
    differing = {
        msgid: english
        for msgid, english in house_english().items()
        if set(PLACEHOLDER.findall(msgid)) != set(PLACEHOLDER.findall(english))
    }
    assert differing == {}


def test_placeholders_are_of_one_kind():
    """Places are written `%(name)s` alone: `%d` and `%s` are never filled."""
    sentences = house_msgids() | set(house_english().values())
    odd = [
        one for one in sentences if any(not PLACEHOLDER.fullmatch(place) for place in _ANY_PLACE.findall(one))
    ]
    assert odd == []


def test_files_are_named_by_language():
    """Only languages that the house speaks have files."""
    languages = {path.parent.name for folder in package_folders() for path in folder.glob("locales/*/*.po")}
    assert languages <= {"en"}


@pytest.mark.parametrize(
    ("name", "source", "msgids"),
    [
        (
            "a.py",
            'x = _("chè")\ny = i18n._("cá " "hồi", n=1)\nz = _(name)\nw = other("no")',
            {"chè", "cá hồi"},
        ),
        (
            "templates/a.html",
            """{{ _('chè') }}{{ _( "cá \\"hồi\\"", n=1) }}{{ x_("no") }}""",
            {"chè", 'cá "hồi"'},
        ),
        ("templates/room/b.txt", '{{ _("một "\n "hai") }}', {"một hai"}),
        ("static/a.html", "{{ _('no') }}", set()),
    ],
)
def test_used_msgids_finds_literals(tmp_path, name, source, msgids):
    """What counts as a sentence: a literal given to `_`, in Python and in templates."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    assert used_msgids(tmp_path) == msgids
