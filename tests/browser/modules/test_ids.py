"""Ids made on the phone."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_ids_sort_by_birth_and_are_never_the_same(lab: Page) -> None:
    """Five thousand ids of one millisecond are UUIDv7, all different, and sort as they were made."""
    made: list[str] = lab.evaluate(
        "async () => { const { uuid7 } = await import('/static/offline/ids.js');"
        " return Array.from({ length: 5000 }, () => uuid7(1_800_000_000_000)); }"
    )
    assert len(set(made)) == 5000 and sorted(made) == made
    assert {UUID(one).version for one in made} == {7}


def test_a_clock_that_is_set_back_does_not_turn_the_order(lab: Page) -> None:
    """An id made after the phone's clock went back an hour still comes after the one before."""
    first, second = lab.evaluate(
        "async () => { const { uuid7 } = await import('/static/offline/ids.js');"
        " return [uuid7(1_800_000_000_000), uuid7(1_799_996_400_000)]; }"
    )
    assert first < second
