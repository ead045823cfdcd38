"""Pages on which a group asks for a day, and the host answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.group_models import GroupRequest
from storefront.tours.models import BookingState, Tour


@dataclass(frozen=True, kw_only=True)
class GroupFormPage(Page):
    """The form of a group."""

    template: ClassVar[str] = "storefront/tours/group_form.html"
    tour: Tour
    request_id: str
    dates: list[tuple[str, Text, Text]]
    most_heads: int
    form: Form


@dataclass(frozen=True, kw_only=True)
class GroupPage(Page):
    """A group's own page: what it asked for, what the host answered, and the button to take it."""

    template: ClassVar[str] = "storefront/tours/group.html"
    token: str
    tour: Tour
    asked: GroupRequest
    when: Text
    until: Text | None
    deposit_minor: int | None
    """What is paid at once, where that is not all."""
    cutoff: Text
    can_accept: bool
    is_over: bool
    """The offer's time is over, or the day takes nobody any more."""
    booking_state: BookingState | None
    booking_token: str
    refusal: Text | None


@dataclass(frozen=True)
class GroupCard:
    """What a group asked for, in its host's hands."""

    asked: GroupRequest
    phone: str
    title: str
    when: Text
    state: Text
    kind: str
    until: Text | None
    """Until when the group may take the price; None without one, and once it has taken it."""
    on: date
    is_open: bool
    form: Form


@dataclass(frozen=True, kw_only=True)
class GroupsPage(Page):
    """What groups ask for."""

    template: ClassVar[str] = "storefront/tours/host_groups.html"
    area: ClassVar[str] = "farmer"
    cards: list[GroupCard]
    deposits: list[tuple[str, Text]]
    pers: list[tuple[str, Text]]
    tried: UUID | None
    """Whose form was refused."""
