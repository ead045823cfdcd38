"""What a new lot is made of: the chosen harvests and slips, and whether they can be what they are said to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.farms.models import Crop
from traceability.lots import repository, sources
from traceability.lots.errors import (
    DayError,
    NoSourceError,
    SourceNotFoundError,
    SourceRepeatedError,
    YieldExceededError,
)
from traceability.lots.schemas import SourceKind, SourcePart
from traceability.lots.sources import Source

_INPUT_FOR_1000 = 1_000


async def choose(
    session: AsyncSession, producer_id: UUID, parts: Sequence[SourcePart], *, household_id: UUID | None
) -> list[tuple[Source, int]]:
    """Read the chosen sources as they stand; each once, each with grams above nothing.

    To a household (`household_id`) a neighbour's slip does not exist.
    """
    if not parts or any(part.quantity_g <= 0 for part in parts):
        raise NoSourceError
    found = await sources.list_effective(
        session,
        producer_id=producer_id,
        entry_ids=[part.source_id for part in parts if part.kind is SourceKind.HARVEST],
        slip_ids=[part.source_id for part in parts if part.kind is SourceKind.INTAKE],
    )
    taken: list[tuple[Source, int]] = []
    seen: set[UUID] = set()
    for part in parts:
        source = found.get(part.source_id)
        if source is None or source.is_hidden_from(household_id):
            raise SourceNotFoundError
        if source.root_id in seen:
            raise SourceRepeatedError(source.label)
        seen.add(source.root_id)
        taken.append((source, part.quantity_g))
    return taken


def check_day(taken: Sequence[tuple[Source, int]], produced_on: date, now: datetime) -> None:
    """Refuse a day that has not come, or that is before a harvest; raises `DayError`."""
    if produced_on > today(now):
        raise DayError(_("Ngày làm ra hàng chưa tới. Bạn xem lại ngày giúp nhé."))
    for source, _grams in taken:
        if in_vietnam(source.harvested_at).date() > produced_on:
            raise DayError(
                _("%(source)s có sau ngày làm ra hàng. Bạn xem lại ngày giúp nhé.", source=source.label)
            )


async def check_yield(
    session: AsyncSession, crop: Crop, taken: Sequence[tuple[Source, int]], quantity_g: int, on: date
) -> None:
    """Refuse more goods than these inputs can make, by the band in force (without one: not more than went in)."""
    band = await repository.find_band(session, crop, on)
    least = band.min_in_per_1000_out if band else _INPUT_FOR_1000
    input_g = sum(grams for _source, grams in taken)
    most_g = input_g * 1_000 // least
    if quantity_g > most_g:
        raise YieldExceededError(
            sources=_join([source.label for source, _grams in taken]),
            input_weight=format_grams(input_g),
            output_weight=format_grams(quantity_g),
            most=format_grams(most_g),
            most_g=most_g,
        )


def _join(labels: Sequence[Text]) -> Text:
    joined = labels[0]
    for label in labels[1:]:
        joined = _("%(first)s, %(next)s", first=joined, next=label)
    return joined
