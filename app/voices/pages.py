"""Pages of audio packs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class VoicesPage(Page):
    """In which language prompts are read aloud, and what that weighs on the phone."""

    template: ClassVar[str] = "app/voices.html"
    area: ClassVar[str] = "plain"
    form: Form
    choices: Sequence[tuple[str, Text, Text | None]]
    has_pack: bool
    weight: str
