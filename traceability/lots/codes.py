"""Lot codes: the letters of a producer's name, the day of making, and the next free letter."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.text import fold
from producers.cooperatives import service as cooperatives
from traceability.lots import repository
from traceability.lots.models import Lot, LotState

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PLAIN_WORDS = frozenset(
    [
        "htx",
        "hop",
        "tac",
        "xa",
        "che",
        "tra",
        "ca",
        "cong",
        "ty",
        "tnhh",
        "ho",
        "kinh",
        "doanh",
        "co",
        "so",
        "san",
        "xuat",
        "nong",
        "dan",
    ]
)


async def insert_lot(session: AsyncSession, row: dict[str, Any]) -> Lot:
    """Insert the lot, held until it is settled, under the first free code of its day."""
    producer = await cooperatives.get_producer(session, row["producer_id"])
    stem = f"{_initials(producer.name)}{row['produced_on']:%y%m%d}"
    row |= {"labelled_g": 0, "state": LotState.HELD}
    number = 0
    while await repository.insert_lot(session, row | {"code": stem + _suffix(number)}) is None:
        number += 1
    return await session.get_one(Lot, row["id"], populate_existing=True)


def _initials(name: str) -> str:
    """Two or three letters of a producer's name without the words that all share: "HTX Chè Tân Cương" -> "TC"."""
    words = ["".join(char for char in word if char.isalnum()) for word in fold(name).split()]
    own = [word for word in words if word and word.isascii() and word not in _PLAIN_WORDS]
    return "".join(word[0] for word in own[:3]).upper() or "CP"


def _suffix(number: int) -> str:
    """The letters behind the day: A to Z without I and O, then AA, AB and so on."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters
