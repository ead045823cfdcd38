"""What of the diary a phone keeps."""

from __future__ import annotations

from producers.diaries.schemas import KINDS
from producers.farms.models import Crop
from tests.factories.people import log_in
from tests.factories.producers import make_person


async def kept(client):
    """The paths that this person's phone keeps of the diary."""
    answer = await client.get("/offline/bundle", headers={"Accept": "application/json"})
    paths = {page["path"] for page in answer.json()["pages"]}
    return {path for path in paths if path.startswith("/producer/diary")}


async def test_every_form_of_ones_crops_opens_without_signal(client, coop):
    """The choice, each place, the book, and a form for every kind of work of tea and of fish."""
    kinds = {*KINDS[Crop.TEA], *KINDS[Crop.SALMON]}
    assert await kept(client) >= {
        "/producer/diary",
        "/producer/diary/new",
        *(f"/producer/diary/new?site={site_id}" for site_id in (coop.plot_id, coop.raceway_id)),
        *(f"/producer/diary/new/{kind.value}" for kind in kinds),
    }


async def test_who_does_not_write_keeps_no_form(client, db, coop, log_in_as):
    """A packer, and somebody who belongs to nobody, have no form of the diary on the phone."""
    assert not await kept(await log_in_as(coop.producer_id, "packer"))
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    assert not await kept(client)
