"""What was corrected or taken back: every version that stood before, who wrote it, and what took its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.quantity import format_scaled
from producers.diaries.booklet_tables import (
    Facts,
    Scaled,
    head_of,
    list_unasked,
    read_field,
    unit_of,
    who_wrote,
)
from producers.diaries.fields import ASKED
from producers.diaries.models import DiaryEntry
from producers.diaries.sentences import KIND_WORDS
from producers.farms.models import Site

Chain = list[DiaryEntry]
"""All versions of one entry, the oldest first."""


@dataclass(frozen=True)
class Change:
    """One version that no longer holds; `after` is None when it was taken back."""

    mark: str
    place: str
    performed_on: date
    before: Text
    written_by: Text | str
    written_at: datetime
    after: Text | None
    changed_by: Text | str
    changed_at: datetime


def chain(written: Sequence[DiaryEntry]) -> list[Chain]:
    """Put the versions of each entry together; `written` holds every one of them."""
    newer = {entry.corrects_id: entry for entry in written if entry.corrects_id is not None}
    chains = []
    for entry in written:
        if entry.corrects_id is None:
            versions = [entry]
            while versions[-1].id in newer:
                versions.append(newer[versions[-1].id])
            chains.append(versions)
    return chains


def number(chains: Sequence[Chain]) -> dict[UUID, str]:
    """The mark of each entry that was corrected or taken back, by the id of its newest version: "S1", "S2"."""
    changed = [versions for versions in chains if len(versions) > 1]
    return {versions[-1].id: f"S{place}" for place, versions in enumerate(changed, start=1)}


def list_changes(chains: Sequence[Chain], facts: Facts, sites: Mapping[UUID, Site]) -> list[Change]:
    """One line for each version that no longer holds, in the order of the marks."""
    return [
        Change(
            mark=facts.marks[versions[-1].id],
            place=sites[before.site_id].name,
            performed_on=today(before.performed_at),
            before=tell(before, facts),
            written_by=who_wrote(before, facts.names),
            written_at=in_vietnam(before.received_at),
            after=None if after.is_void else _tell_after(before, after, facts, sites),
            changed_by=who_wrote(after, facts.names),
            changed_at=in_vietnam(after.received_at),
        )
        for versions in chains
        if len(versions) > 1
        for before, after in pairwise(versions)
    ]


def _tell_after(before: DiaryEntry, after: DiaryEntry, facts: Facts, sites: Mapping[UUID, Site]) -> Text:
    """The version that took the place; its day and place are said when they changed too."""
    told = tell(after, facts)
    if today(before.performed_at) != today(after.performed_at):
        told = _("Ngày %(day)s: %(told)s", day=f"{today(after.performed_at):%d/%m/%Y}", told=told)
    if before.site_id != after.site_id:
        told = Text("%(place)s. %(told)s", {"place": sites[after.site_id].name, "told": told})
    return told


def tell(entry: DiaryEntry, facts: Facts) -> Text:
    """Everything that an entry says, field by field: a corrected dose or a note must not hide in a short sentence."""
    if entry.kind not in ASKED:
        told = facts.said[entry.id]
    else:
        told = KIND_WORDS[entry.kind]
        mark = ":"
        for asked in ASKED[entry.kind]:
            cell = read_field(asked, entry, facts)
            if cell is None:
                continue
            said = format_scaled(cell.value, cell.places) if isinstance(cell, Scaled) else cell
            unit = unit_of(asked)
            value: object = Text("%(figure)s %(unit)s", {"figure": said, "unit": unit}) if unit else said
            said_of = {"told": told, "mark": mark, "head": head_of(asked), "value": value}
            told, mark = Text("%(told)s%(mark)s %(head)s %(value)s", said_of), ";"
    for name, value in list_unasked(entry) if entry.kind in ASKED else ():
        told = Text("%(told)s; %(name)s: %(value)s", {"told": told, "name": name, "value": value})
    if entry.note:
        told = _("%(told)s; ghi chú: %(note)s", told=told, note=entry.note)
    return told
