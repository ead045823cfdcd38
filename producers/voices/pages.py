"""Pages where prompts are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.voices.prompts import Prompt
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class LanguageLine:
    """How far the recording of a language is."""

    language: str
    name: Text
    recorded: int
    version: int | None


@dataclass(frozen=True, kw_only=True)
class LanguagesPage(Page):
    """Which language to record."""

    template: ClassVar[str] = "producers/voices.html"
    area: ClassVar[str] = "plain"
    lines: Sequence[LanguageLine]
    total: int


@dataclass(frozen=True, kw_only=True)
class RecordPage(Page):
    """One prompt to say, and the way to the next."""

    template: ClassVar[str] = "producers/voice_record.html"
    area: ClassVar[str] = "plain"
    form: Form
    language: str
    name: Text
    prompt: Prompt | None
    kept_id: UUID | None
    """How it is said so far."""
    next_id: str | None
    recorded: int
    total: int
    lines: Sequence[tuple[Prompt, bool]]
    may_publish: bool
    is_saved: bool
