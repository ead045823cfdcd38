"""What uploads ask of the rooms: who takes the files of which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """A record that arrived before its files: the form's route and path, whose it is, and who helped."""

    id: UUID
    route: str
    path: str
    person_id: UUID
    helper_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ArrivedFile:
    """A whole file: the form's field, its media type, and what the phone read from it before it was made small.

    `place_e6`: latitude and longitude in millionths of a degree (WGS 84).
    """

    field: str
    kind: str
    content: bytes
    taken_at: datetime | None = None
    place_e6: tuple[int, int] | None = None

    @property
    def is_voice(self) -> bool:
        """Whether the phone calls it a sound; anything else may be a photo that it does not know."""
        return self.kind.startswith("audio/")


class FileTaker(Protocol):
    """Puts a file where it belongs in one room."""

    async def __call__(
        self, session: AsyncSession, files: Files, *, record: StoredRecord, file: ArrivedFile, now: datetime
    ) -> None:
        """Take the file, once or again; an `AppError` other than busy or upstream refuses it for ever, in its words."""
        ...


@dataclass(frozen=True)
class FileTakers:
    """By the name of the form's route."""

    by_route: Mapping[str, FileTaker]
