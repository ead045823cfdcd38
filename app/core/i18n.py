"""Text that people read: the msgid is the Vietnamese sentence, other languages come from `.po` files."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

from app.core.clock import in_vietnam

LANGUAGES = ("vi", "en")
PACKAGES = ("app", "producers", "traceability", "storefront")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_PROMPT_ID_LENGTH = 12
_NO_PARAMS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Text:
    """A sentence not yet spoken: the Vietnamese msgid and what fills its `%(name)s` places.

    A parameter may itself be a Text; it is spoken in the same language. A lone per cent sign stands for itself.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=lambda: _NO_PARAMS)

    def __hash__(self) -> int:
        """Texts with equal sentences share a bucket; parameters need not be hashable."""
        return hash(self.msgid)

    def __str__(self) -> str:
        """Say the sentence in Vietnamese."""
        return fill(self.msgid, self.params)


def _(msgid: str, /, **params: object) -> Text:
    """Mark a Vietnamese sentence for people; `%(name)s` places take `params`."""
    return Text(msgid, params)


def fill(template: str, params: Mapping[str, object]) -> str:
    """Put values into `%(name)s` places; KeyError when one is missing."""
    return PLACEHOLDER.sub(lambda match: str(params[match[1]]), template)


def prompt_id(sentence: Text | str) -> str:
    """The name of a sentence where it is spoken aloud: 12 hexadecimal digits, the same as long as its words are."""
    return hashlib.sha256(str(sentence).encode()).hexdigest()[:_PROMPT_ID_LENGTH]


class Catalogue:
    """All sentences in the languages other than Vietnamese: {language: {msgid: sentence}}."""

    def __init__(self, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self._sentences = sentences

    @classmethod
    def load(cls, packages: Iterable[str] = PACKAGES) -> Catalogue:
        """Read `<package>/locales/<language>/*.po` of the packages that are installed."""
        return cls.read(
            Path(folder) / "locales"
            for package in packages
            if importlib.util.find_spec(package)
            for folder in importlib.import_module(package).__path__
        )

    @classmethod
    def read(cls, folders: Iterable[Path]) -> Catalogue:
        """Read `<folder>/<language>/*.po`; a later file wins over an earlier one."""
        sentences: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
        for folder in folders:
            for path in sorted(folder.glob("*/*.po")):
                sentences[path.parent.name].update(read_sentences(path))
        return cls(sentences)

    def translate(self, text: Text | str, lang: str) -> str:
        """Speak a sentence; one without a translation stays Vietnamese."""
        if isinstance(text, str):
            text = Text(text)
        sentence = self._sentences.get(lang, {}).get(text.msgid, text.msgid)
        return fill(sentence, {name: self._spoken(value, lang) for name, value in text.params.items()})

    def _spoken(self, value: object, lang: str) -> object:
        return self.translate(value, lang) if isinstance(value, Text) else value


def read_sentences(path: Path) -> dict[str, str]:
    """Read the translated sentences of one `.po` file; PoFileError when it is not well formed."""
    with path.open("rb") as file:
        entries = read_po(file, abort_invalid=True)
    sure = (entry for entry in entries if entry.id and entry.string and not entry.fuzzy)
    return {str(entry.id): str(entry.string) for entry in sure}


@lru_cache(maxsize=256)
def choose_language(cookie: str | None, accept_language: str | None) -> str:
    """Choose a visitor's language: the cookie's, else what the browser accepts, else Vietnamese.

    A browser that accepts Vietnamese at all (q above 0, RFC 9110 section 12.5.4) gets Vietnamese, whatever it likes
    better: phones sold here often name English first.
    """
    if cookie in LANGUAGES:
        return cookie
    accepted = _accepted(accept_language or "")
    return "en" if "en" in accepted and "vi" not in accepted else "vi"


@lru_cache(maxsize=256)
def _accepted(header: str) -> frozenset[str]:
    accepted = set()
    for item in header.lower().split(","):
        tag, *parameters = (part.strip() for part in item.split(";"))
        is_refused = any(re.fullmatch(r"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
        if not is_refused:
            accepted.add(tag.split("-")[0])
    return frozenset(accepted)


_NEAR_DAYS = {
    "vi": {-1: "hôm qua", 0: "hôm nay", 1: "ngày mai"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}
_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
WEEKDAYS = (
    _("thứ Hai"),
    _("thứ Ba"),
    _("thứ Tư"),
    _("thứ Năm"),
    _("thứ Sáu"),
    _("thứ Bảy"),
    _("Chủ nhật"),
)
"""The days of a week as they are said alone, from Monday."""
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weekday_said(day: date, lang: str) -> str:
    """Name the weekday: "thứ Hai" to "Chủ nhật", or "Mon" to "Sun"."""
    return _WEEKDAYS[lang][day.weekday()]


def date_said(day: date, today: date, lang: str, *, near: bool = True) -> str:
    """Say a day as people do: "hôm nay", "thứ Năm 12/11" in the same year, "12/11/2025" in another.

    Without `near` the day is named even when it is today: a page that is kept is read on another day.
    """
    close = _NEAR_DAYS[lang].get((day - today) // timedelta(days=1))
    if close and near:
        return close
    is_this_year = day.year == today.year
    if lang == "en":
        plain = f"{day.day} {_ENGLISH_MONTHS[day.month - 1]}"
        return f"{weekday_said(day, lang)} {plain}" if is_this_year else f"{plain} {day.year}"
    plain = f"{day.day}/{day.month}"
    return f"{weekday_said(day, lang)} {plain}" if is_this_year else f"{plain}/{day.year}"


def time_said(instant: datetime, now: datetime, lang: str, *, near: bool = True) -> str:
    """Say an aware instant as people do, on Vietnam's clock: "14:05 hôm nay"; ValueError when one is naive."""
    there = in_vietnam(instant)
    return f"{there:%H:%M} {date_said(there.date(), in_vietnam(now).date(), lang, near=near)}"
