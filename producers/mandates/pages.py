"""Pages of mandates: the helper's, the farmer's, and the page behind the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class MandateLine:
    """A mandate as people read it: `state` is a chip's words and colour."""

    id: UUID
    farmer: str
    helper: str
    producer: str
    work: Text
    proof: Text
    ends_at: datetime
    is_open: bool
    state: tuple[str, Text]


@dataclass(frozen=True, kw_only=True)
class HelpPage(Page):
    """Whom a helper may help, and the way to ask for more."""

    template: ClassVar[str] = "producers/help.html"
    area: ClassVar[str] = "farmer"
    lines: Sequence[MandateLine]
    is_helping: bool
    granted_to: str | None


@dataclass(frozen=True, kw_only=True)
class AskPage(Page):
    """Ask a farmer for a mandate; `farmer` is named when this helper enrolled her."""

    template: ClassVar[str] = "producers/help_ask.html"
    area: ClassVar[str] = "farmer"
    form: Form
    farmer: str | None
    has_phone: bool
    producers: Sequence[tuple[str, str]]
    scopes: Sequence[tuple[str, Text, str]]
    chosen: frozenset[str]
    kept: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class AskCodePage(Page):
    """Type the code that the farmer reads out."""

    template: ClassVar[str] = "producers/help_code.html"
    area: ClassVar[str] = "farmer"
    form: Form
    farmer: str
    work: Text
    ends_at: datetime
    action: str


@dataclass(frozen=True)
class ActLine:
    """One thing that was done, said in one sentence."""

    said: Text
    icon: str
    href: str
    is_flagged: bool


@dataclass(frozen=True)
class ActDay:
    """What was done on one day (Viet Nam)."""

    on: date
    lines: Sequence[ActLine]


@dataclass(frozen=True, kw_only=True)
class HelpedPage(Page):
    """Who did what for me, and the mandates with their button."""

    template: ClassVar[str] = "producers/helped.html"
    area: ClassVar[str] = "farmer"
    mine: Sequence[MandateLine]
    managed: Sequence[MandateLine]
    days: Sequence[ActDay]
    is_revoked: bool
    is_welcome: bool


@dataclass(frozen=True, kw_only=True)
class EnrolPage(Page):
    """Write a farmer down."""

    template: ClassVar[str] = "producers/enrol.html"
    area: ClassVar[str] = "farmer"
    form: Form
    places: Sequence[tuple[str, str | Text]]
    choices: Sequence[CommuneChoice]
    has_household: bool


@dataclass(frozen=True, kw_only=True)
class EnrolledPage(Page):
    """The code that the farmer scans; without a phone of her own, the way on."""

    template: ClassVar[str] = "producers/enrolled.html"
    area: ClassVar[str] = "farmer"
    enrolment_id: UUID
    farmer_id: UUID
    farmer: str
    state: str
    qr: str
    link: str
    until: str


@dataclass(frozen=True, kw_only=True)
class InvitationPage(Page):
    """What the link says on the farmer's phone: who invites, to what, and one button."""

    template: ClassVar[str] = "producers/invitation.html"
    area: ClassVar[str] = "plain"
    token: str
    helper: str
    farmer: str
    producer: str
    logged_in_as: str | None
