"""Seats come back by one door, behind which the waiting list is thought of."""

from __future__ import annotations

from pathlib import Path

ROOM = Path(__file__).resolve().parents[2] / "storefront" / "tours"


def test_nothing_gives_seats_back_past_the_waiting_list() -> None:
    """Only `seats.give_back` lowers a departure's counter of its own accord (BOOKINGS.md, 45)."""
    callers = {
        path.name
        for path in ROOM.glob("*.py")
        if "repository.release_seats(" in path.read_text(encoding="utf-8")
    }
    assert callers == {"seats.py"}
