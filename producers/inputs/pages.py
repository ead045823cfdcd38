"""Pages of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.inputs.models import Input


@dataclass(frozen=True)
class InputLine:
    """An input as the list shows it, with its waits."""

    product: Input
    kind: Text
    icon: str
    waits: Sequence[Text]
    limit: Text | None
    can_complete: bool


@dataclass(frozen=True, kw_only=True)
class InputsPage(Page):
    """What the producer may use."""

    template: ClassVar[str] = "producers/inputs.html"
    area: ClassVar[str] = "farmer"
    lines: Sequence[InputLine]
    can_add: bool


@dataclass(frozen=True, kw_only=True)
class InputFormPage(Page):
    """A new input."""

    template: ClassVar[str] = "producers/input_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    kinds: Sequence[tuple[str, Text]]
    crops: Sequence[tuple[str, Text]]
    units: Sequence[tuple[str, Text]]
    kept: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class InputLabelPage(Page):
    """What else the label of one's own product says."""

    template: ClassVar[str] = "producers/input_label.html"
    area: ClassVar[str] = "farmer"
    form: Form
    product: Input
    units: Sequence[tuple[str, Text]]
    kept: Sequence[UUID]
