"""What the scale said of lines, turn by turn: a weight that was wrong is weighed again, and the last turn counts (W10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders import repository
from storefront.orders.models import WeighedPiece

Turn = list[WeighedPiece]
"""What all pieces of one line weighed at one time, in their order."""


async def list_weighed(session: AsyncSession, line_ids: Collection[UUID]) -> list[WeighedPiece]:
    """List what the pieces of some lines weigh as far as is known, in their order; one query, none without lines."""
    turns = await list_turns(session, line_ids)
    return [piece for found in turns.values() for piece in found[-1]]


async def list_turns(session: AsyncSession, line_ids: Collection[UUID]) -> dict[UUID, list[Turn]]:
    """List each time at which some lines were weighed, the first first; lines that were not are left out. One query at most."""
    found = await repository.list_weighed(session, line_ids) if line_ids else []
    return {line_id: _split(pieces) for line_id, pieces in groupby(found, lambda piece: piece.order_line_id)}


def _split(pieces: Iterable[WeighedPiece]) -> list[Turn]:
    return [list(found) for _turn, found in groupby(pieces, lambda piece: piece.turn)]
