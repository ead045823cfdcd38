"""Pages of the resolver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.places.provinces import Province
from app.web.forms import Form
from app.web.pages import Page
from traceability.events.service import Standing
from traceability.resolver.digital_link import Link
from traceability.resolver.passport import Passport
from traceability.resolver.service import NOT_LOGGED, NOT_WITNESSED, Answer, Story


@dataclass(frozen=True, kw_only=True)
class StoryPage(Page):
    """What people read after a scan: one response, no script, no second file."""

    template: ClassVar[str] = "traceability/story.html"
    area: ClassVar[str] = "plain"
    story: Story
    proof: ProofBlock | None
    """Of a lot; a product has none."""
    recall_id: UUID | None
    """Of the recall that stopped the lot."""
    mark: str
    """Where the answer about this one label is put in."""


@dataclass(frozen=True)
class ProofBlock:
    """What the public log says of a lot: whose key signs it, and where the lot stands; None while it waits."""

    log: str
    standing: Standing | None

    @property
    def tags(self) -> set[str]:
        """What this block depends on, for the page cache; an older head stays true."""
        if self.standing is None:
            return {NOT_LOGGED}
        return set() if self.standing.witnesses else {NOT_WITNESSED}


@dataclass(frozen=True, kw_only=True)
class LabelAnswer(Page):
    """The few words about one label inside the story."""

    template: ClassVar[str] = "traceability/label_answer.html"
    area: ClassVar[str] = "plain"
    answer: Answer
    is_signed: bool
    report: str
    """Where one tells that the label is suspicious."""
    place: PlaceQuestion | None
    """Where the pack is, asked of whoever holds one label."""
    pin: PinQuestion | None
    """Asked of whoever holds a label with a scratch field."""
    proof: str | None
    """Where the proof lies that the label was issued."""


@dataclass(frozen=True)
class PinQuestion:
    """The question for the PIN of one label."""

    link: Link


@dataclass(frozen=True, kw_only=True)
class PinPage(Page):
    """What a typed PIN hears: one response, no script, no second file."""

    template: ClassVar[str] = "traceability/pin.html"
    area: ClassVar[str] = "plain"
    answers: list[Answer]
    ask: PinQuestion | None
    back: str


@dataclass(frozen=True)
class PlaceQuestion:
    """The question in which province a pack is held: all provinces, what is known so far, and where to come back."""

    provinces: tuple[Province, ...]
    known: Province | None
    back: str


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


@dataclass(frozen=True, kw_only=True)
class OfflineVerifyPage(Page):
    """Check a label's signature without signal; a phone keeps this page, so there is nothing personal in it."""

    template: ClassVar[str] = "traceability/verify_offline.html"
    area: ClassVar[str] = "plain"
    form: Form
    host: str
    """The name of our own site, as labels carry it."""
