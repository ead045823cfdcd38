"""Pages of the village."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.web.pages import Page
from producers.village.service import Neighbour


@dataclass(frozen=True, kw_only=True)
class VillagePage(Page):
    """Whom to visit first, and how each farmer's phone is doing."""

    template: ClassVar[str] = "producers/village.html"
    area: ClassVar[str] = "farmer"
    to_visit: Sequence[Neighbour]
    steady: Sequence[Neighbour]
