"""What of the inputs a phone keeps."""

from __future__ import annotations

from tests.factories.people import log_in
from tests.factories.producers import make_person


async def kept(client):
    """The paths that this person's phone keeps."""
    answer = await client.get("/offline/bundle", headers={"Accept": "application/json"})
    return {page["path"] for page in answer.json()["pages"]}


async def test_what_may_be_used_is_read_without_signal(client, db, coop, log_in_as):
    """A member of a producer keeps the list with its waits, whatever the role; who belongs to nobody has none."""
    assert "/producer/inputs" in await kept(client)
    assert "/producer/inputs" in await kept(await log_in_as(coop.producer_id, "packer"))
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    assert "/producer/inputs" not in await kept(client)
