"""The diary in words: single works when few, months when many."""

from __future__ import annotations

from datetime import timedelta

from app.core.ids import uuid7
from producers.diaries.models import DiaryEntry, EntryKind
from tests.factories.traceability import NOW
from traceability.resolver.diary_words import MOST_SINGLE, WORK, tell


def fed(days_ago: int, kind: EntryKind = EntryKind.FEED) -> DiaryEntry:
    return DiaryEntry(id=uuid7(), kind=kind, performed_at=NOW - timedelta(days=days_ago), quantity_g=None)


def test_every_kind_of_work_has_a_name() -> None:
    """No work of the diary is left without words; what was bought, learned or noted stays in the book."""
    kept = {EntryKind.PURCHASE, EntryKind.TRAIN, EntryKind.NOTE}
    assert set(WORK) == set(EntryKind) - kept
    assert tell([fed(1, kind) for kind in kept], {}) == []


def test_daily_work_is_told_by_its_first_and_last_day() -> None:
    """Many days become a span, a single one is named; a diary of one month ends there."""
    steps = tell([*(fed(day) for day in range(MOST_SINGLE)), fed(11, EntryKind.GRADE)], {})
    assert [str(step.words) for step in steps] == ["Tháng 11/2026", "Tháng 10/2026"]
    assert str(steps[0].said) == "Cho ăn 12 lần (1/11 – 12/11); Phân cỡ ngày 1/11"
    assert str(steps[1].said) == "Cho ăn 2 lần (30/10, 31/10)"


def test_no_diary_tells_nothing() -> None:
    """Without entries there are no steps."""
    assert tell([], {}) == []
