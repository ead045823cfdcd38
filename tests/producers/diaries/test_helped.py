"""What helpers wrote for somebody, and when each person wrote last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from producers.diaries import service as diaries
from producers.diaries.errors import EntryNotFoundError
from producers.diaries.helped import DiaryActs
from producers.diaries.models import EntryKind
from tests.factories.producers import NOW, make_entry, make_person, make_site

DAY = timedelta(days=1)


async def test_a_farmer_reads_what_helpers_wrote(session):
    """Every helper's lines or one helper's, the latest to arrive first; her own and other people's are left out."""
    site, farmer = await make_site(session), await make_person(session)
    helper, other = await make_person(session), await make_person(session)

    async def write(ago, **given):
        fields = {"person_id": farmer.id, "site_id": site.id, "received_at": NOW - ago * DAY}
        return await make_entry(session, **fields | given)

    late = await write(1, helper_id=helper.id, is_flagged=True)
    early = await write(3, helper_id=helper.id, performed_at=NOW - 9 * DAY)
    others = await write(2, helper_id=other.id)
    await write(0)
    await write(0, helper_id=helper.id, person_id=other.id)

    async def listed(helper_id=None, since=None, limit=9):
        return await diaries.list_helped(
            session, person_id=farmer.id, helper_id=helper_id, since=since, limit=limit
        )

    assert await listed() == [late, others, early]
    assert await listed(helper_id=helper.id) == [late, early]
    assert await listed(since=NOW - 2 * DAY) == [late]
    assert await listed(limit=1) == [late]
    acts = await DiaryActs().list_acts(session, farmer_id=farmer.id, helper_id=helper.id, since=None, limit=9)
    assert [(act.href, act.is_flagged) for act in acts] == [
        (f"/producer/diary/{late.id}", True),
        (f"/producer/diary/{early.id}", False),
    ]


async def test_what_a_helper_took_back_is_told_as_such(session):
    """A line taken back says so, and what it was."""
    farmer, helper = await make_person(session), await make_person(session)
    weeded = {"kind": EntryKind.WEED, "quantity_g": None, "details": {"method": "hoe"}}
    entry = await make_entry(session, person_id=farmer.id, **weeded)
    await make_entry(
        session,
        person_id=farmer.id,
        helper_id=helper.id,
        site_id=entry.site_id,
        corrects_id=entry.id,
        is_void=True,
        **weeded,
    )
    [act] = await DiaryActs().list_acts(session, farmer_id=farmer.id, helper_id=None, since=None, limit=9)
    assert act.said.msgid == "Xóa bỏ: %(work)s" and act.helper_id == helper.id


async def test_the_last_day_of_each_person_is_known(session):
    """When the latest work of each was done, not when it arrived; who wrote nothing is left out."""
    busy, idle = await make_person(session), await make_person(session)
    for ago in (5, 2, 9):
        await make_entry(session, person_id=busy.id, performed_at=NOW - ago * DAY)
    assert await diaries.find_last_days(session, [busy.id, idle.id]) == {busy.id: NOW - 2 * DAY}


async def test_an_entry_is_its_writers(session):
    """Who wrote it gets it; for everybody else, and for an unknown id, there is none."""
    entry, stranger = await make_entry(session), await make_person(session)
    found = await diaries.get_written_entry(session, entry_id=entry.id, person_id=entry.person_id)
    assert found is entry
    for entry_id, person_id in ((entry.id, stranger.id), (stranger.id, entry.person_id)):
        with pytest.raises(EntryNotFoundError):
            await diaries.get_written_entry(session, entry_id=entry_id, person_id=person_id)
