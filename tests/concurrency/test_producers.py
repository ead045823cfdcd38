"""Books under two hands at once: one record per id, one correction per record, no number twice, a manager stays."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from producers.cooperatives.errors import LastManagerError, NumbersUsedUpError
from producers.diaries import service as diaries
from producers.diaries.errors import AlreadyCorrectedError, TakenBackError
from producers.diaries.models import DiaryEntry
from producers.diaries.schemas import NewEntry, Pick
from producers.intake import service as intake
from producers.intake.errors import SlipCorrectedError
from producers.intake.models import Grade, IntakeSlip
from producers.intake.schemas import NewSlip
from tests.factories.producers import (
    NOW,
    make_entry,
    make_membership,
    make_producer,
    make_site,
    make_slip,
)
from tests.instants import until_stopped

HANDS = 8


def work_at(site_id, quantity_g, **given_fields):
    """So much leaf picked on this site."""
    return NewEntry(
        id=given_fields.pop("id", None) or uuid7(),
        site_id=site_id,
        work=Pick(quantity_g=quantity_g, standard="bud"),
        performed_at=NOW,
        **given_fields,
    )


def weighed_at(site_id, weight_g, **given_fields):
    """So much leaf weighed in from this site."""
    return NewSlip(
        id=given_fields.pop("id", None) or uuid7(),
        site_id=site_id,
        weight_g=weight_g,
        grade=Grade.BUD,
        price_per_kg_minor=35_000,
        weighed_at=NOW,
        **given_fields,
    )


async def count(db, model):
    """How many rows are committed."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model))


async def overlap(db, first, second):
    """Run `first(session)`, start `second` in its own transaction while the first is open, then commit the first.

    Answers what both came to; an error is an answer.
    """

    async def late():
        async with db.transaction() as session:
            return await second(session)

    async with db.transaction() as session:
        one = await first(session)
        waiting = asyncio.create_task(late())
        await until_stopped(db, waiting)
        assert not waiting.done(), "the second must wait for the first"
    [other] = await asyncio.gather(waiting, return_exceptions=True)
    return one, other


@pytest.fixture
async def entry(db):
    """An entry of a tea plot."""
    async with db.transaction() as session:
        return await make_entry(session)


@pytest.fixture
async def slip(db):
    """A weigh slip of a tea plot."""
    async with db.transaction() as session:
        return await make_slip(session)


def recording(new, person_id):
    """Records this entry in the session that it is given."""
    return lambda session: diaries.record_entry(session, entry=new, person_id=person_id, now=NOW)


def weighing(new, person_id):
    """Records this slip in the session that it is given."""
    return lambda session: intake.record_slip(session, slip=new, person_id=person_id, now=NOW)


async def test_one_entry_sent_twice_at_once_is_recorded_once(db, entry):
    """A phone that sends again before it heard the answer: both hear of the first, and it stands once."""
    known = uuid7()
    first, second = [work_at(entry.site_id, grams, id=known) for grams in (5_000, 6_000)]
    one, other = await overlap(db, recording(first, entry.person_id), recording(second, entry.person_id))
    assert (one.id, other.id, other.quantity_g) == (known, known, 5_000)
    assert await count(db, DiaryEntry) == 2


async def test_two_corrections_at_once_leave_one(db, entry):
    """Two people correct one entry in the same moment: the later hears what stands there now."""
    first, second = [work_at(entry.site_id, grams, corrects_id=entry.id) for grams in (5_000, 6_000)]
    one, other = await overlap(db, recording(first, entry.person_id), recording(second, entry.person_id))
    assert isinstance(other, AlreadyCorrectedError) and other.newer_id == one.id
    assert await count(db, DiaryEntry) == 2


async def test_a_correction_after_a_void_of_the_same_moment_is_refused(db, entry):
    """Taken back in the same moment: the correction hears that it is gone, for nothing stands in its place."""

    def take_back(session):
        return diaries.void_entry(
            session,
            id=uuid7(),
            entry_id=entry.id,
            producer_id=entry.producer_id,
            person_id=entry.person_id,
            now=NOW,
        )

    correction = work_at(entry.site_id, 6_000, corrects_id=entry.id)
    one, other = await overlap(db, take_back, recording(correction, entry.person_id))
    assert one.is_void and isinstance(other, TakenBackError)


async def test_one_slip_sent_twice_at_once_is_paid_once(db, slip):
    """A weigh slip that arrives twice at once stands once: the household is not paid twice."""
    known = uuid7()
    first, second = [weighed_at(slip.site_id, grams, id=known) for grams in (5_000, 6_000)]
    one, other = await overlap(
        db, weighing(first, slip.recorded_by_id), weighing(second, slip.recorded_by_id)
    )
    assert (one.id, other.id, other.weight_g) == (known, known, 5_000)
    assert await count(db, IntakeSlip) == 2


async def test_one_correction_of_a_slip_sent_twice_at_once_is_taken_once(db, slip):
    """The same correction twice at once answers itself; another one is told what the new slip says."""
    correction = weighed_at(slip.site_id, 5_000, corrects_id=slip.id)
    one, same = await overlap(
        db, weighing(correction, slip.recorded_by_id), weighing(correction, slip.recorded_by_id)
    )
    assert one.id == same.id == correction.id
    rivals = [weighed_at(slip.site_id, grams, corrects_id=correction.id) for grams in (7_000, 8_000)]
    kept, refused = await overlap(db, *(weighing(rival, slip.recorded_by_id) for rival in rivals))
    assert isinstance(refused, SlipCorrectedError) and refused.newer_id == kept.id
    assert "7\u00a0kg" in str(refused.message)


async def test_no_gtin_is_taken_twice(db):
    """Many packs made at once take different numbers, and none is skipped."""
    async with db.transaction() as session:
        producer = await make_producer(session, gs1_prefix="9521234")

    async def take():
        async with db.transaction() as session:
            return await cooperatives.take_gtin(session, producer.id)

    taken = await asyncio.gather(*(take() for _ in range(HANDS)))
    assert sorted(gtin[:13] for gtin in taken) == [f"09521234{number:05}" for number in range(1, HANDS + 1)]


async def test_the_last_gtin_goes_to_one(db):
    """Of many who ask for the last number of a prefix one gets it, the others hear that it is used up."""
    async with db.transaction() as session:
        producer = await make_producer(session, gs1_prefix="9521234567", next_item_number=99)

    async def take():
        async with db.transaction() as session:
            return await cooperatives.take_gtin(session, producer.id)

    answers = await asyncio.gather(*(take() for _ in range(HANDS)), return_exceptions=True)
    assert [one[:13] for one in answers if isinstance(one, str)] == ["0952123456799"]
    assert sum(isinstance(one, NumbersUsedUpError) for one in answers) == HANDS - 1


async def test_two_managers_cannot_leave_at_once(db):
    """When both managers leave in the same moment one stays, so that somebody can let people in."""
    async with db.transaction() as session:
        one = await make_membership(session)
        two = await make_membership(session, producer_id=one.producer_id)

    def leaving(membership):
        return lambda session: cooperatives.end_membership(
            session, membership_id=membership.id, producer_id=one.producer_id, now=NOW
        )

    gone, refused = await overlap(db, leaving(one), leaving(two))
    assert gone is None and isinstance(refused, LastManagerError)


async def test_the_same_weight_twice_is_two_slips(db, slip):
    """The negative control of these races: different ids are different records."""
    async with db.transaction() as session:
        site = await make_site(session)
        for grams in (1_000, 1_000):
            await intake.record_slip(
                session, slip=weighed_at(site.id, grams), person_id=slip.recorded_by_id, now=NOW
            )
    assert await count(db, IntakeSlip) == 3
