"""The village: whom to visit first, and why; what phones tell of themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import service as accounts
from app.core.ids import uuid7
from app.offline.models import PhoneReport, Refusal
from producers.diaries import service as diaries
from producers.lessons.catalogue import LESSONS
from producers.lessons.models import LessonProgress
from producers.mandates.models import Mandate, ProofKind, Scope
from producers.village import service
from producers.village.phones import OutboxReports
from producers.village.service import Need
from tests.factories.outbox import make_phone
from tests.factories.people import NOW, log_in
from tests.factories.producers import make_entry, make_membership, make_person, make_producer

DAY = timedelta(days=1)


def grant(helper, farmer, producer, *, days=200):
    """A mandate of this farmer that ends in some days."""
    return Mandate(
        farmer_id=farmer.id, producer_id=producer.id, helper_id=helper.id, scopes=[Scope.DIARY.value],
        starts_at=NOW - DAY, ends_at=NOW + days * DAY, proof=ProofKind.VOICE, recording_id=uuid7(), granted_at=NOW,
    )  # fmt: skip


def report(person, *, seen=0.0, unsent=0, oldest=None, refused=0):
    """What a phone told some days ago; `oldest` in days."""
    return PhoneReport(
        person_id=person.id, device_id=uuid7(), name="Android", seen_at=NOW - seen * DAY, unsent=unsent,
        oldest_at=None if oldest is None else NOW - oldest * DAY, refused=refused, skew_s=0, version="test",
    )  # fmt: skip


@pytest.fixture
async def hamlet(session):
    """A helper and six farmers, each with another story."""
    producer = await make_producer(session)
    helper = await make_person(session, name="Lò Văn Tuấn")
    farmers = {}
    for name in ("Ánh", "Bình", "Cúc", "Dung", "Én", "Giang"):
        farmers[name] = await make_person(session, name=name)
        session.add(grant(helper, farmers[name], producer, days=20 if name == "Én" else 200))
    session.add(grant(helper, farmers["Giang"], producer, days=90))
    session.add_all([
        report(farmers["Ánh"], refused=1),
        report(farmers["Bình"], unsent=7, oldest=5, seen=1),
        report(farmers["Bình"], seen=2),
        report(farmers["Cúc"], seen=6),
        report(farmers["Én"]),
        report(farmers["Giang"], unsent=1, oldest=1),
    ])  # fmt: skip
    await session.flush()
    return helper, farmers


async def test_who_needs_a_visit_stands_first_with_the_reason(session, hamlet):
    """Refused records, then what is stuck, who is silent, who has no phone, whose mandate ends; the others last."""
    helper, _farmers = hamlet
    found = await service.list_neighbours(session, helper_id=helper.id, phones=OutboxReports(), now=NOW)
    assert [(one.person.name, one.need) for one in found] == [
        ("Ánh", Need.REFUSED), ("Bình", Need.STUCK), ("Cúc", Need.SILENT), ("Dung", Need.NO_PHONE),
        ("Én", Need.ENDING), ("Giang", Need.NONE),
    ]  # fmt: skip
    assert found[1].unsent == 7 and found[1].seen_at == NOW - DAY
    assert found[-1].reason is None and found[-1].mandate.ends_at == NOW + 200 * DAY


async def test_what_was_refused_is_shown_with_its_words(session, hamlet):
    """The record's own title and the reason as the phone heard it, the oldest first; settled ones are gone."""
    helper, farmers = hamlet
    for days, resolved in ((2, None), (3, None), (4, NOW)):
        session.add(
            Refusal(
                submission_id=uuid7(), sender_id=farmers["Cúc"].id, person_id=farmers["Cúc"].id, device_id=uuid7(),
                title=f"Phun 50 % · {days}", reason="Liều này chưa đọc được.", fields={}, captured_at=NOW,
                refused_at=NOW - days * DAY, resolved_at=resolved,
            )
        )  # fmt: skip
    await session.flush()
    found = await service.list_neighbours(session, helper_id=helper.id, phones=OutboxReports(), now=NOW)
    [cuc] = [one for one in found if one.person.name == "Cúc"]
    assert cuc.need is Need.REFUSED
    assert [str(one.title) for one in cuc.refusals] == ["Phun 50 % · 3", "Phun 50 % · 2"]


async def test_a_phone_that_never_told_is_known_by_its_login(session, hamlet):
    """Somebody who only logged in has been seen, with nothing waiting."""
    helper, farmers = hamlet
    await accounts.open_login(session, person_id=farmers["Dung"].id, device="Android", now=NOW)
    found = await service.list_neighbours(session, helper_id=helper.id, phones=OutboxReports(), now=NOW)
    [dung] = [one for one in found if one.person.name == "Dung"]
    assert (dung.need, dung.seen_at, dung.device_name) == (Need.NONE, NOW, "Android")


async def test_lessons_that_are_finished_are_counted(session, hamlet):
    """A lesson counts when each of its steps is done; half a lesson is none."""
    helper, farmers = hamlet
    whole, half = LESSONS[0], LESSONS[1]
    done = [*((whole, step) for step in whole.steps), (half, half.steps[0])]
    for lesson, step in done:
        session.add(
            LessonProgress(person_id=farmers["Én"].id, lesson=lesson.code, step=step.code, done_at=NOW)
        )
    await session.flush()
    found = await service.list_neighbours(session, helper_id=helper.id, phones=OutboxReports(), now=NOW)
    counted = {one.person.name: (one.lessons_done, one.lesson_count) for one in found}
    assert counted["Én"] == (1, len(LESSONS)) and counted["Cúc"] == (0, len(LESSONS))


async def test_the_page_says_whom_to_visit(db, client, new_client):
    """A helper sees the refused record of a neighbour's phone; somebody without mandates learns what to do first."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
        farmer = await accounts.get_person(session, phone.owner)
        helper = await make_person(session)
        session.add(
            Mandate(
                farmer_id=farmer.id, producer_id=phone.producer_id, helper_id=helper.id, scopes=["diary"],
                starts_at=NOW - DAY, ends_at=NOW + 90 * DAY, proof=ProofKind.VOICE, recording_id=uuid7(),
                granted_at=NOW,
            )
        )  # fmt: skip
        await make_entry(session, site_id=phone.site_id, person_id=farmer.id)
    bad = phone.write(fields={"method": ""}, title="Làm cỏ · đồi")
    await phone.send(bad, refused=[bad["id"]])
    async with new_client() as visitor:
        async with db.transaction() as session:
            await log_in(session, visitor, helper.id)
        page = (await visitor.get("/producer/village")).text
        assert farmer.name in page and "1 dòng bị trả lại" in page and "Làm cỏ · đồi" in page


@pytest.mark.parametrize(("written", "state"), [(DAY, "stored"), (timedelta(0), "refused")])
async def test_a_helpers_record_is_judged_when_it_was_written(db, client, written, state):
    """Written before the mandate was taken back: kept and marked with both names; written after: it stays on the phone."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
        farmer = (await make_membership(session, producer_id=phone.producer_id, role="member")).person_id
        session.add(
            Mandate(
                farmer_id=farmer, producer_id=phone.producer_id, helper_id=phone.owner, scopes=["diary"],
                starts_at=NOW - 9 * DAY, ends_at=NOW + 90 * DAY, proof=ProofKind.VOICE, recording_id=uuid7(),
                granted_at=NOW, revoked_at=NOW - timedelta(hours=2), revoked_by_id=farmer,
            )
        )  # fmt: skip
    record = phone.write(person=str(farmer), captured_at=(NOW - written).isoformat())
    [result] = await phone.send(record)
    assert result["state"] == state, result
    async with db.transaction() as session:
        entries = await diaries.list_latest(session, producer_id=phone.producer_id, limit=9)
    assert [(one.person_id, one.helper_id, one.is_flagged) for one in entries] == (
        [(farmer, phone.owner, True)] if state == "stored" else []
    )
