"""What is known of the looks at one label: so many in an hour, from a kind of device, in a province. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from traceability.labels.models import SerialState

ROBOT = "robot"
Name = tuple[str, str]
"""What a label is found by: GTIN-14 and serial."""


@dataclass(frozen=True)
class Looks:
    """So many looks in one hour (UTC, cut) from one kind of device in one province (None: nobody said)."""

    hour_at: datetime
    device_class: str
    province_code: str | None = None
    count: int = 1
    is_located: bool = False
    """The province is where the operator's proxy saw the visitor: perhaps they read a link, and the pack is elsewhere."""


@dataclass(frozen=True)
class History:
    """The looks at one label by people, as far as they were read.

    `first` is the very first; `looks` are the newest; `is_cut` says that there were more than were read;
    `unknown_codes` counts the codes of the same product, never issued, that were tried of late.
    """

    first: Looks | None = None
    looks: tuple[Looks, ...] = ()
    is_cut: bool = False
    unknown_codes: int = 0

    @property
    def count(self) -> int:
        """How many looks were read."""
        return sum(look.count for look in self.looks)

    @property
    def latest(self) -> Looks | None:
        """The newest look; of one hour, one that says where."""
        return max(self.looks, key=lambda look: (look.hour_at, look.province_code or ""), default=None)

    def with_looks(self, more: Iterable[Looks]) -> History:
        """The same with looks that are not written yet, or are happening now."""
        looks = (*self.looks, *more)
        first = min(
            (look for look in (self.first, *looks) if look is not None),
            key=lambda look: look.hour_at,
            default=None,
        )
        return replace(self, first=first, looks=looks)

    def without(self, own: Looks) -> History:
        """The same without one's own look: of the like looks one, whichever, for they are all the same to us."""
        like = [
            look
            for look in self.looks
            if (look.hour_at, look.device_class) == (own.hour_at, own.device_class)
        ]
        if not like:
            return self
        mine = next((look for look in like if look.province_code == own.province_code), like[0])
        looks = [look for look in self.looks if look is not mine]
        if mine.count > 1:
            looks.append(replace(mine, count=mine.count - 1))
        first = self.first if self.is_cut else min(looks, key=lambda look: look.hour_at, default=None)
        return replace(self, first=first, looks=tuple(looks))


@dataclass(frozen=True)
class KnownLabel:
    """A label that we printed."""

    id: UUID
    lot_id: UUID
    state: SerialState
    printed_at: datetime
    sold_at: datetime | None
    has_pin: bool
    """There is a PIN under its scratch field."""


@dataclass(frozen=True)
class Scanned:
    """What is known of a code that was scanned: the label, if we printed it, and the looks at the code."""

    label: KnownLabel | None
    history: History
    number: int = 0
    """Of the last look that the history can hold (`ScanBuffer.number`)."""

    def with_looks(self, more: Sequence[Looks]) -> Scanned:
        """The same with looks that are not written yet."""
        return replace(self, history=self.history.with_looks(more)) if more else self
