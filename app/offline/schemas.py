"""What a phone sends: a batch of records, and what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

MOST_RECORDS = 50
MOST_FIELDS = 400
MOST_SEQUENCE = 2**63 - 1
PATH = r"^/[^/\x00-\x20\x7f][^\x00-\x20\x7f]*$"
"""A path of our own: readers of addresses drop tabs and line ends, and would take what follows for a host."""


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # an hour of the calendar's first or last day, elsewhere
        raise ValueError from error


def storable(value: object) -> object:
    """The same text without what no table holds: half a letter becomes the usual mark, a NUL goes."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Words = Annotated[str, BeforeValidator(storable)]
Short = Annotated[str, BeforeValidator(storable), Field(max_length=300)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Record(_Wire):
    """One form as it was filled in: where it goes (`path`), its fields in their order, when and by whom.

    `context` names what the page was made for (cookies that the house lists, such as the workplace); `floor` is the
    latest instant that the phone knew from us when its own clock stood before that.
    """

    id: UUID
    sequence: Annotated[int, Field(ge=0, le=MOST_SEQUENCE)]
    path: Annotated[str, Field(max_length=500, pattern=PATH)]
    fields: Annotated[list[tuple[Short, Words]], Field(max_length=MOST_FIELDS)]
    captured_at: Instant
    floor: Instant | None = None
    title: Short = ""
    person: UUID | None = None
    context: dict[str, Short] = {}


class Batch(_Wire):
    """What one phone sends at once for the person who is logged in on it; `items` are read one by one."""

    device: UUID
    owner: UUID
    sent_at: Instant
    items: Annotated[list[dict[str, object]], Field(max_length=MOST_RECORDS)] = []
    unsent: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    oldest_at: Instant | None = None
    refused: Annotated[list[UUID], Field(max_length=2000)] = []
    version: Short = ""
