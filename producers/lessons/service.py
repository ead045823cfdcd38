"""Lessons: what was done in a practice farm is seen, and counts for the person who did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives import service as cooperatives
from producers.diaries import service as diaries
from producers.diaries.models import DiaryEntry, EntryKind
from producers.lessons import catalogue, repository
from producers.lessons.catalogue import LESSON_OF, LESSONS, Lesson, Step
from producers.lessons.errors import LessonNotFoundError
from producers.listings import service as listings
from producers.practice import ground
from producers.practice import service as practice

if TYPE_CHECKING:
    from producers.diaries.events import EntryRecorded, EntrySpoken
    from producers.listings.events import ListingChanged


@dataclass(frozen=True)
class Progress:
    """How far a person is in one lesson: the steps that are done, and when the last of them was."""

    lesson: Lesson
    done: frozenset[str]
    last_at: datetime | None

    @property
    def is_done(self) -> bool:
        """Whether every step is done."""
        return len(self.done) == len(self.lesson.steps)


def get_lesson(code: str) -> Lesson:
    """A lesson by its code; raises `LessonNotFoundError`."""
    found = next((lesson for lesson in LESSONS if lesson.code == code), None)
    if found is None:
        raise LessonNotFoundError
    return found


def get_step(lesson: Lesson, code: str) -> Step:
    """A step of a lesson by its code; raises `LessonNotFoundError`."""
    found = next((step for step in lesson.steps if step.code == code), None)
    if found is None:
        raise LessonNotFoundError
    return found


async def list_progress(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, list[Progress]]:
    """How far each of several people is in every lesson, in the order of the lessons; one query."""
    steps: dict[tuple[UUID, str], dict[str, datetime]] = defaultdict(dict)
    for row in await repository.list_done(session, person_ids):
        if LESSON_OF.get(row.step) == row.lesson:
            steps[row.person_id, row.lesson][row.step] = row.done_at
    return {
        person_id: [
            Progress(
                lesson,
                frozenset(steps[person_id, lesson.code]),
                max(steps[person_id, lesson.code].values(), default=None),
            )
            for lesson in LESSONS
        ]
        for person_id in person_ids
    }


async def on_entry_recorded(session: AsyncSession, event: EntryRecorded) -> None:
    """See what work in a practice farm was written down, with what, and what was taken back."""
    entry = await _find_practised(session, event.entry_id)
    if entry is None:
        return
    done: set[str] = set()
    if (await diaries.list_photos(session, [entry.id]))[entry.id]:
        done.add(catalogue.PHOTO)
    if entry.is_void:
        done.add(catalogue.TAKEN_BACK)
    elif entry.kind is EntryKind.SPRAY:
        done.add(catalogue.SPRAYED)
    elif entry.kind is EntryKind.PICK and await diaries.find_hold(
        session, site_id=entry.site_id, harvested_at=entry.performed_at
    ):
        done.add(catalogue.WARNED)
    await _mark(session, entry.person_id, done, now=entry.received_at)


async def on_entry_spoken(session: AsyncSession, event: EntrySpoken) -> None:
    """See that somebody spoke instead of writing in a practice farm."""
    entry = await _find_practised(session, event.entry_id)
    if entry is not None:
        await _mark(session, entry.person_id, {catalogue.SPOKEN}, now=entry.received_at)


async def on_listing_changed(session: AsyncSession, event: ListingChanged) -> None:
    """See that a price of a practice farm was changed, or a photo taken of its goods."""
    listing = await listings.get_listing(session, event.listing_id)
    person_id = await practice.find_owner(session, listing.producer_id)
    if person_id is None:
        return
    done: set[str] = set()
    packs = (await listings.list_variants(session, [listing.id]))[listing.id]
    if any(pack.price_minor != ground.PACK.price_minor for pack in packs):
        done.add(catalogue.PRICED)
    if (await listings.photo_ids(session, [listing.id]))[listing.id]:
        done.add(catalogue.PICTURED)
    await _mark(session, person_id, done, now=listing.updated_at)


async def _find_practised(session: AsyncSession, entry_id: UUID) -> DiaryEntry | None:
    entry = (await diaries.get_entries(session, [entry_id]))[entry_id]
    producer = await cooperatives.get_producer(session, entry.producer_id)
    return entry if producer.is_practice else None


async def _mark(session: AsyncSession, person_id: UUID, done: Collection[str], *, now: datetime) -> None:
    for step in sorted(done):
        await repository.insert_done(session, person_id=person_id, lesson=LESSON_OF[step], step=step, now=now)
