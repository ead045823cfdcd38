"""Pages of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from traceability.links.models import ProducerLink


@dataclass(frozen=True)
class LinkLine:
    """A link as the list shows it: its type in words, and the code that it hangs on."""

    link: ProducerLink
    words: Text
    code: str
    host: str


@dataclass(frozen=True, kw_only=True)
class LinksPage(Page):
    """The links that a producer hung on its codes."""

    template: ClassVar[str] = "traceability/links.html"
    area: ClassVar[str] = "farmer"
    lines: Sequence[LinkLine]


@dataclass(frozen=True, kw_only=True)
class LinkFormPage(Page):
    """A new link, or one to change (then its code stays)."""

    template: ClassVar[str] = "traceability/link_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    link_id: UUID | None
    code: str
    packs: Sequence[tuple[str, str]]
    link_types: Mapping[str, Text]
    media_types: Mapping[str, Text]
