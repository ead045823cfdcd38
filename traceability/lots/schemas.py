"""What comes into lots: sources, and the form of a new lot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from app.core.fields import FormModel, Grams


class SourceKind(StrEnum):
    """Where the goods of a lot come from: the producer's own diary, or the cooperative's weigh slips."""

    HARVEST = "harvest"
    INTAKE = "intake"


@dataclass(frozen=True)
class SourcePart:
    """What one lot takes from one harvest or slip: `source_id` is the diary entry's or the slip's, grams."""

    kind: SourceKind
    source_id: UUID
    quantity_g: int


@dataclass(frozen=True)
class LotPart:
    """What a merge takes from one lot, grams."""

    lot_id: UUID
    quantity_g: int


class SplitForm(FormModel):
    """Parts of a lot; how much each is stands in `part-1`, `part-2` and so on."""

    id: UUID | None = None


class MergeForm(FormModel):
    """The lots that join the one on whose page this stands; how much of each stands in `take-<id>`, all of it if nothing does."""

    id: UUID | None = None
    lot: list[UUID] = Field(default_factory=list)


class NewLotForm(FormModel):
    """A new lot as a packer fills it in; `source` are words like `harvest:0193…`."""

    id: UUID | None = None
    variant_id: UUID
    source: list[str] = Field(default_factory=list)
    quantity_g: Grams = Field(gt=0)
    produced_on: date
