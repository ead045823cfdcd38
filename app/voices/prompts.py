"""The prompts: short sentences of the pages, taken from the catalogue of sentences and not from a list by hand."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.i18n import PLACEHOLDER, prompt_id, read_sentences

MOST_LETTERS = 60
"""A label, the words of a button, a title; what is longer is read, not heard at a glance."""


@dataclass(frozen=True)
class Prompt:
    """A sentence that can be recorded."""

    id: str
    sentence: str


class Prompts:
    """Every prompt by its id, the shortest first: those are the most often seen."""

    def __init__(self, sentences: Iterable[str]) -> None:
        short = {one for one in sentences if len(one) <= MOST_LETTERS and not PLACEHOLDER.search(one)}
        ordered = sorted(short, key=lambda one: (len(one), one))
        self._by_id: Mapping[str, Prompt] = {prompt_id(one): Prompt(prompt_id(one), one) for one in ordered}

    @classmethod
    def load(cls, rooms: Mapping[str, Iterable[str]]) -> Prompts:
        """Read the sentences of each package's rooms, `*` for all of them."""
        return cls(
            sentence
            for package, names in rooms.items()
            for folder in importlib.import_module(package).__path__
            for name in names
            for path in sorted((Path(folder) / "locales" / "en").glob(f"{name}.po"))
            for sentence in read_sentences(path)
        )

    def list_all(self) -> list[Prompt]:
        """All, the shortest first."""
        return list(self._by_id.values())

    def find(self, wanted: str) -> Prompt | None:
        """A prompt by its id; None when no page says it (any more)."""
        return self._by_id.get(wanted)
