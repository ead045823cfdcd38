"""Pages of the resolver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from traceability.resolver.passport import Passport
from traceability.resolver.service import Answer, Story


@dataclass(frozen=True, kw_only=True)
class StoryPage(Page):
    """What people read after a scan: one response, no script, no second file."""

    template: ClassVar[str] = "traceability/story.html"
    area: ClassVar[str] = "plain"
    story: Story
    mark: str
    """Where the answer about this one label is put in."""


@dataclass(frozen=True, kw_only=True)
class LabelAnswer(Page):
    """The few words about one label inside the story."""

    template: ClassVar[str] = "traceability/label_answer.html"
    area: ClassVar[str] = "plain"
    answer: Answer
    is_signed: bool


@dataclass(frozen=True, kw_only=True)
class PracticeLabelPage(Page):
    """What a label printed in a practice farm says to whoever scans it."""

    template: ClassVar[str] = "traceability/practice_label.html"
    area: ClassVar[str] = "plain"
    words: Text


@dataclass(frozen=True, kw_only=True)
class BadLinkPage(Page):
    """An address that is not a Digital Link, with the reason."""

    template: ClassVar[str] = "traceability/bad_link.html"
    area: ClassVar[str] = "plain"
    reason: Text


@dataclass(frozen=True, kw_only=True)
class PassportPage(Page):
    """The passport for people: the ten items of Circular 02/2024, then what Decree 37/2026 asks beside them."""

    template: ClassVar[str] = "traceability/passport.html"
    area: ClassVar[str] = "plain"
    passport: Passport
    standards: Sequence[Text]
    picture: str | None
    """A path of ours."""
    missing: Mapping[str, Text]


@dataclass(frozen=True)
class Choice:
    """One of several links: `host` is whose site it leads to, empty for our own."""

    href: str
    title: Text | str
    host: str
    languages: str


@dataclass(frozen=True, kw_only=True)
class ChoicePage(Page):
    """Several links that fit equally well, or all that a code leads to."""

    template: ClassVar[str] = "traceability/choices.html"
    area: ClassVar[str] = "plain"
    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True, kw_only=True)
class VerifyPage(Page):
    """Check a label by its code."""

    template: ClassVar[str] = "traceability/verify.html"
    area: ClassVar[str] = "buyer"
    form: Form
    is_unknown: bool
