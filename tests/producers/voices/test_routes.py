"""Recording prompts: by members and staff, sentence after sentence; sent out by a manager or staff."""

import pytest

from app.core.i18n import prompt_id
from app.voices import service
from app.voices.prompts import Prompts
from producers.cooperatives.models import ProducerKind
from tests.factories.people import log_in, make_person, make_staff, sound_bytes
from tests.factories.producers import make_membership, make_producer

VOICE = [("voice", ("v.webm", sound_bytes(), "audio/webm"))]


@pytest.fixture
def prompts(house):
    """The house's own prompts."""
    return house.port(Prompts).list_all()


async def say(browser, prompt, files=VOICE):
    """Send a clip of a prompt in Tày."""
    return await browser.post("/producer/voices/tyz", data={"prompt_id": prompt.id}, files=files)


async def test_a_member_records_one_sentence_after_the_other(client, coop, log_in_as, prompts):
    """The page offers the first that is missing; saved, it offers the next; a named one may be said again."""
    member = await log_in_as(coop.producer_id)
    first = (await member.get("/producer/voices/tyz")).text
    assert f'value="{prompts[0].id}"' in first and f"?prompt={prompts[1].id}" in first
    saved = await say(member, prompts[0])
    assert saved.headers["location"] == "/producer/voices/tyz?saved=1"
    following = (await member.get(saved.headers["location"])).text
    assert f'value="{prompts[1].id}"' in following and "Đã lưu giọng của bạn." in following
    again = (await member.get(f"/producer/voices/tyz?prompt={prompts[0].id}")).text
    assert f'value="{prompts[0].id}"' in again and ".audio" in again
    listed = (await member.get("/producer/voices")).text
    assert f"Đã thu 1 trên {len(prompts)} câu" in listed


async def test_only_a_manager_or_staff_sends_it_out(client, db, coop, log_in_as, new_client, prompts):
    """A member has no button and is refused; a manager publishes; so does staff without a producer."""
    member = await log_in_as(coop.producer_id)
    await say(member, prompts[0])
    assert "/publish" not in (await member.get("/producer/voices/tyz")).text
    assert (await member.post("/producer/voices/tyz/publish")).status_code == 403
    assert "/producer/voices/tyz/publish" in (await client.get("/producer/voices/tyz")).text
    assert (await client.post("/producer/voices/tyz/publish")).headers["location"] == "/producer/voices"
    assert "bản 1" in (await client.get("/producer/voices")).text
    async with new_client() as desk:
        async with db.transaction() as session:
            await log_in(session, desk, (await make_staff(session)).person_id)
        await say(desk, prompts[1])
        assert (await desk.post("/producer/voices/tyz/publish")).status_code == 303
    async with db.transaction() as session:
        assert (await service.get_manifest(session, "tyz")).version == 2


async def test_a_households_manager_sends_nothing_out(client, db, prompts):
    """Anybody who helps can make a household: its manager records, and publishes for nobody."""
    async with db.transaction() as session:
        household = await make_producer(session, kind=ProducerKind.HOUSEHOLD)
        person = await make_person(session)
        await make_membership(session, producer_id=household.id, person_id=person.id)
        await log_in(session, client, person.id)
    await say(client, prompts[0])
    assert "/publish" not in (await client.get("/producer/voices/tyz")).text
    assert (await client.post("/producer/voices/tyz/publish")).status_code == 403


async def test_a_practice_farm_is_not_heard_outside(client, db, prompts):
    """Inside a practice farm nothing is recorded for everybody, and nothing sent out."""
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    assert (await client.get("/producer/voices")).status_code == 403
    await client.post("/producer/practice/enter")
    assert (await client.get("/producer/voices/tyz")).status_code == 200
    assert (await say(client, prompts[0])).status_code == 409
    assert (await client.post("/producer/voices/tyz/publish")).status_code == 409


async def test_what_is_wrong_is_said_beside_the_field(client, coop, prompts):
    """Nothing said, a file that is no sound: the page is still about the same sentence."""
    for files in (None, [("voice", ("a.webm", b"text", "audio/webm"))]):
        answer = await say(client, prompts[3], files)
        assert answer.status_code == 422
        assert 'id="e-voice"' in answer.text and f'value="{prompts[3].id}"' in answer.text


async def test_what_there_is_not_is_not_found(client, coop):
    """An unknown language, a sentence that no page says, an empty pack."""
    assert (await client.get("/producer/voices/xx")).status_code == 404
    assert (await client.post("/producer/voices/xx")).status_code == 404
    form = {"prompt_id": prompt_id("Câu lạ")}
    assert (await client.post("/producer/voices/tyz", data=form, files=VOICE)).status_code == 404
    assert (await client.post("/producer/voices/tyz/publish")).status_code == 409


async def test_when_all_is_said_the_page_says_so(client, coop, db, house):
    """No sentence is missing: nothing to record, but each may be said again."""
    kept = house.port(Prompts)
    house.provide(Prompts, Prompts(["Ghi"]))
    try:
        [only] = house.port(Prompts).list_all()
        await say(client, only)
        page = (await client.get("/producer/voices/tyz")).text
        assert "Đã thu đủ mọi câu." in page and f"?prompt={only.id}" in page
    finally:
        house.provide(Prompts, kept)
