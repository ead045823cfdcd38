"""Pages of farms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page
from producers.farms.models import Farm, Site


@dataclass(frozen=True)
class FarmCard:
    """A farm with its sites."""

    farm: Farm
    place: str
    sites: Sequence[tuple[Site, Text]]


@dataclass(frozen=True, kw_only=True)
class FarmsPage(Page):
    """The farms of the producer."""

    template: ClassVar[str] = "producers/farms.html"
    area: ClassVar[str] = "farmer"
    cards: Sequence[FarmCard]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class FarmFormPage(Page):
    """A farm, new or as it stands."""

    template: ClassVar[str] = "producers/farm_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    title: Text
    action: str
    choices: Sequence[CommuneChoice]
    owners: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class SiteFormPage(Page):
    """A site, new or as it stands."""

    template: ClassVar[str] = "producers/site_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    title: Text
    action: str
    farm_name: str
    kinds: Sequence[tuple[str, Text]]
    crops: Sequence[tuple[str, Text, str]]
