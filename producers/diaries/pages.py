"""Pages of the diary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.diaries.fields import Asked
from producers.diaries.models import DiaryEntry
from producers.diaries.service import Hold
from producers.farms.models import Site


@dataclass(frozen=True)
class EntryLine:
    """An entry as lists show it."""

    id: UUID
    said: Text
    place: str
    icon: str
    person: Text
    performed_at: datetime
    is_flagged: bool


@dataclass(frozen=True)
class EntryDay:
    """The entries of one day (Viet Nam)."""

    on: date
    lines: Sequence[EntryLine]


@dataclass(frozen=True, kw_only=True)
class DiaryPage(Page):
    """The diary, day by day."""

    template: ClassVar[str] = "producers/diary.html"
    area: ClassVar[str] = "farmer"
    days: Sequence[EntryDay]
    sites: Sequence[tuple[str, str]]
    form: Form
    older_href: str | None
    can_write: bool


@dataclass(frozen=True)
class KindTile:
    """A kind of work to choose."""

    kind: str
    words: Text
    icon: str


@dataclass(frozen=True, kw_only=True)
class ChoosePage(Page):
    """Where, then what: large pictures."""

    template: ClassVar[str] = "producers/diary_choose.html"
    area: ClassVar[str] = "farmer"
    sites: Sequence[tuple[Site, str]]
    site: Site | None
    kinds: Sequence[KindTile]


@dataclass(frozen=True, kw_only=True)
class EntryFormPage(Page):
    """The form of one kind of work, new or corrected."""

    template: ClassVar[str] = "producers/diary_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    title: Text
    action: str
    back: str
    asked: Sequence[Asked]
    sites: Sequence[tuple[str, str]]
    inputs: Sequence[tuple[str, str]]
    kept: Sequence[UUID]
    newer_id: UUID | None
    void_action: str | None
    void_id: UUID


@dataclass(frozen=True, kw_only=True)
class EntryPage(Page):
    """One entry with its photos and its history."""

    template: ClassVar[str] = "producers/diary_entry.html"
    area: ClassVar[str] = "farmer"
    entry: DiaryEntry
    said: Text
    place: str
    person: Text
    late: Text | None
    hour: str
    photos: Sequence[UUID]
    versions: Sequence[tuple[DiaryEntry, Text, Text]]
    newest_id: UUID
    is_taken_back: bool
    hold: Hold | None
    wait: Hold | None
    hold_words: Mapping[str, Text]
    can_correct: bool
    is_saved: bool
