"""Pages of the transport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.offline.carrying import CarriedRecord
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class OutboxPage(Page):
    """The shell of the outbox: the phone fills in what it holds."""

    template: ClassVar[str] = "app/outbox.html"
    area: ClassVar[str] = "farmer"


@dataclass(frozen=True, kw_only=True)
class CarryPage(Page):
    """Where a carried file is handed over, and what became of each of its records."""

    template: ClassVar[str] = "app/outbox_carry.html"
    area: ClassVar[str] = "farmer"
    form: Form
    records: Sequence[CarriedRecord] | None = None
    stored_count: int = 0


@dataclass(frozen=True, kw_only=True)
class NoSignalPage(Page):
    """What a phone shows for a page that it does not hold while there is no signal."""

    template: ClassVar[str] = "app/no_signal.html"
    area: ClassVar[str] = "farmer"
