"""Acting for a farmer: both names on the record, judged when it was recorded, nothing beyond the mandate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.ids import uuid7
from app.web.envelope import SCOPE_KEY
from producers.diaries import service as diaries
from producers.mandates import service
from producers.mandates.models import Mandate, ProofKind, Scope
from tests.factories.outbox import make_helped, make_phone
from tests.factories.people import NOW, log_in
from tests.factories.producers import make_person


def work(coop, **changes):
    """The form of leaf picked today."""
    values = {
        "id": str(uuid7()), "site_id": str(coop.plot_id), "quantity_g": "12,5 kg", "standard": "one_leaf",
        "performed_on": "2026-11-12",
    }  # fmt: skip
    return values | changes


@pytest.fixture
async def helper(db, client, coop):
    """Tuấn is logged in and may write the owner's diary: (helper's id, mandate's id)."""
    async with db.transaction() as session:
        person = await make_person(session, name="Lò Văn Tuấn")
        mandate = Mandate(
            farmer_id=coop.owner_id, producer_id=coop.producer_id, helper_id=person.id,
            scopes=[Scope.DIARY.value], starts_at=NOW - timedelta(days=9), ends_at=NOW + timedelta(days=300),
            proof=ProofKind.VOICE, recording_id=uuid7(), granted_at=NOW - timedelta(days=9),
        )  # fmt: skip
        session.add(mandate)
        await session.flush()
        await log_in(session, client, person.id)
    return person.id, mandate.id


async def test_a_helpers_entry_shows_both_names(db, client, coop, helper):
    """The farmer's entry keeps the helper; the page and the list say who wrote and who helped."""
    helper_id, mandate_id = helper
    begun = await client.post(f"/producer/help/{mandate_id}/begin")
    assert begun.status_code == 303
    made = await client.post("/producer/diary/new/pick", data=work(coop))
    assert made.status_code == 303, made.text
    page = (await client.get(made.headers["location"])).text
    assert "Nguyễn Thị Mận ghi, Lò Văn Tuấn giúp" in page
    assert "Lò Văn Tuấn đang làm giúp Nguyễn Thị Mận" in page and "Thôi giúp" in page
    assert "Nguyễn Thị Mận ghi, Lò Văn Tuấn giúp" in (await client.get("/producer/diary")).text
    async with db.transaction() as session:
        [entry] = await diaries.list_latest(session, producer_id=coop.producer_id, limit=9)
    assert (entry.person_id, entry.helper_id, entry.is_flagged) == (coop.owner_id, helper_id, False)


async def test_what_no_mandate_names_stays_shut(client, coop, helper):
    """Money, members, and work that was not granted answer 403 in plain words, with the way out on the page."""
    await client.post(f"/producer/help/{helper[1]}/begin")
    assert (await client.get("/producer/")).status_code == 200
    for path in (
        "/producer/settings",
        "/producer/members",
        "/producer/intake",
        "/producer/lots",
        "/producer/orders",
    ):
        answer = await client.get(path)
        assert (
            answer.status_code == 403 and "chưa nhờ bạn làm" in answer.text and "Thôi giúp" in answer.text
        ), path


async def test_after_revocation_the_helper_writes_nothing(db, client, coop, helper):
    """Taken back: the next act is refused with the day, and does not fall into the helper's own books."""
    await client.post(f"/producer/help/{helper[1]}/begin")
    async with db.transaction() as session:
        await service.revoke(session, mandate_id=helper[1], person_id=coop.owner_id, now=NOW)
    answer = await client.post("/producer/diary/new/pick", data=work(coop))
    assert answer.status_code == 403 and "thu lại giấy nhờ giúp ngày 12/11/2026" in answer.text


async def test_a_record_is_judged_when_it_was_recorded(session, coop, db):
    """Recorded before the end and sent after it: kept and marked; recorded after it: refused."""
    async with db.transaction() as opened:
        person = await make_person(opened)
        mandate = Mandate(
            farmer_id=coop.owner_id, producer_id=coop.producer_id, helper_id=person.id, scopes=["diary"],
            starts_at=NOW - timedelta(days=9), ends_at=NOW + timedelta(days=9), proof=ProofKind.VOICE,
            recording_id=uuid7(), granted_at=NOW - timedelta(days=9), revoked_at=NOW - timedelta(days=1),
            revoked_by_id=coop.owner_id,
        )  # fmt: skip
        opened.add(mandate)
        await opened.flush()
    given = {"helper_id": person.id, "farmer_id": coop.owner_id, "producer_id": coop.producer_id, "now": NOW}
    for days, scope, said in (
        (2, Scope.DIARY, (True, True)), (1, Scope.DIARY, (False, False)), (0, Scope.DIARY, (False, False)),
        (20, Scope.DIARY, (False, False)), (2, Scope.LOTS, (False, False)),
    ):  # fmt: skip
        verdict = await service.judge(session, scope=scope, recorded_at=NOW - timedelta(days=days), **given)
        assert (verdict.is_allowed, verdict.is_flagged) == said, (days, scope)
        assert (verdict.refusal is None) == verdict.is_allowed


def test_the_transports_place_is_named() -> None:
    """The transport and the doors agree on one key."""
    assert SCOPE_KEY == "chophien.envelope"


async def test_each_record_goes_into_the_books_that_it_was_written_for(db, client):
    """A farmer of two cooperatives: what was written for each is stored there, and what names a third nowhere."""
    async with db.transaction() as session:
        phone = await make_phone(session, client)
        first = await make_helped(session, phone.owner)
        second = await make_helped(
            session, phone.owner, farmer_id=first.farmer_id, granted_at=NOW - timedelta(days=1)
        )
    places = (first, second)
    written_at = (NOW - timedelta(hours=1)).isoformat()
    results = await phone.send(*[place.write(phone, captured_at=written_at) for place in places])
    assert [result["state"] for result in results] == ["stored", "stored"], results
    async with db.transaction() as session:
        for place in places:
            [entry] = await diaries.list_latest(session, producer_id=place.producer_id, limit=9)
            assert (entry.site_id, entry.person_id, entry.is_flagged) == (
                place.site_id, place.farmer_id, False,
            )  # fmt: skip
    for lost in (replace(first, producer_id=phone.producer_id), replace(first, producer_id="")):
        [result] = await phone.send(lost.write(phone))
        assert (result["state"], result["status"]) == ("refused", 403), result
        assert "chưa có giấy nhờ giúp" in result["message"]
