"""Pages of the diary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.work import RepeatLine
from producers.diaries.fields import Asked
from producers.diaries.models import DiaryEntry
from producers.diaries.voices import Voice
from producers.diaries.waits import Hold
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
    is_marked: bool
    """Something in it looked wrong when it was recorded."""
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
    more_kinds: Sequence[KindTile]
    repeats: Sequence[RepeatLine]


ProductChoice = tuple[str, Text | str, str]
"""A product to choose: its id, what it is called, its picture (an address) or icon."""


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
    extras: Sequence[Asked]
    has_extras: bool
    sites: Sequence[tuple[str, str]]
    products: Sequence[ProductChoice]
    is_by_picture: bool
    way: Mapping[str, str]
    """The kind of work and the site to which one comes back from looking for a product."""
    kept: Sequence[UUID]
    voice_id: UUID | None
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
    voices: Sequence[Voice]
    names: Mapping[UUID, str]
    versions: Sequence[tuple[DiaryEntry, Text, Text]]
    newest_id: UUID
    is_taken_back: bool
    hold: Hold | None
    wait: Hold | None
    unmeasured_degrees: int
    warnings: Sequence[Text]
    extras: Sequence[tuple[Text, Text]]
    hold_words: Mapping[str, Text]
    can_correct: bool
    is_saved: bool


@dataclass(frozen=True, kw_only=True)
class ExportPage(Page):
    """The booklet for the auditor: from when to when, which places, on paper or as sheets."""

    template: ClassVar[str] = "producers/diary_export.html"
    area: ClassVar[str] = "farmer"
    form: Form
    sites: Sequence[tuple[str, str]]
    chosen: Collection[str]
    formats: Sequence[tuple[str, Text, Text]]


@dataclass(frozen=True, kw_only=True)
class TranscriptPage(Page):
    """Listen to a voice and write down what it says."""

    template: ClassVar[str] = "producers/diary_transcript.html"
    area: ClassVar[str] = "farmer"
    form: Form
    entry_id: UUID
    recording_id: UUID
