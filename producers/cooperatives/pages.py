"""Pages of cooperatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.models import Producer
from producers.cooperatives.service import Belonging
from producers.cooperatives.work import DueLine, RepeatLine, WorkLine


@dataclass(frozen=True)
class Tile:
    """A large button of the page of the day."""

    label: Text
    href: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class TodayPage(Page):
    """The farmers' first page."""

    template: ClassVar[str] = "producers/today.html"
    area: ClassVar[str] = "farmer"
    person_name: str
    producer: Producer
    unread: int
    tiles: Sequence[Tile]
    books: Sequence[Tile]
    due: Sequence[DueLine]
    repeats: Sequence[RepeatLine]
    lines: Sequence[WorkLine]
    can_write: bool
    can_switch: bool


@dataclass(frozen=True, kw_only=True)
class NobodyPage(Page):
    """For somebody who belongs to no producer: whom to ask, and where to practise meanwhile."""

    template: ClassVar[str] = "producers/nobody.html"
    area: ClassVar[str] = "plain"


@dataclass(frozen=True, kw_only=True)
class SwitchPage(Page):
    """For which producer to work."""

    template: ClassVar[str] = "producers/switch.html"
    area: ClassVar[str] = "farmer"
    belongings: Sequence[Belonging]
    current_id: UUID


@dataclass(frozen=True, kw_only=True)
class SettingsPage(Page):
    """What a manager may change of the producer."""

    template: ClassVar[str] = "producers/settings.html"
    area: ClassVar[str] = "farmer"
    form: Form
    banks: Sequence[tuple[str, str]]
    choices: Sequence[CommuneChoice]
    photo_id: UUID | None
    kept: Sequence[UUID]
    is_saved: bool


@dataclass(frozen=True)
class MemberRow:
    """A membership as the page shows it."""

    id: UUID
    name: str
    phone: str | None
    role: Text


@dataclass(frozen=True, kw_only=True)
class MembersPage(Page):
    """Who belongs to the producer."""

    template: ClassVar[str] = "producers/members.html"
    area: ClassVar[str] = "farmer"
    form: Form
    rows: Sequence[MemberRow]
    roles: Sequence[tuple[str, Text]]
