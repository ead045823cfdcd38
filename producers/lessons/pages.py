"""Pages of lessons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.web.pages import Page
from producers.lessons.catalogue import Lesson, Step
from producers.lessons.service import Progress


@dataclass(frozen=True, kw_only=True)
class LessonsPage(Page):
    """All lessons, as large buttons."""

    template: ClassVar[str] = "producers/lessons.html"
    area: ClassVar[str] = "plain"
    progress: Sequence[Progress]
    has_farm: bool


@dataclass(frozen=True)
class StepLine:
    """A step as its lesson shows it: done, now, next."""

    step: Step
    state: str


@dataclass(frozen=True, kw_only=True)
class LessonPage(Page):
    """One lesson, step by step."""

    template: ClassVar[str] = "producers/lesson.html"
    area: ClassVar[str] = "plain"
    lesson: Lesson
    lines: Sequence[StepLine]
    is_done: bool
