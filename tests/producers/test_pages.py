"""Every page of the producers' rooms opens, and opens only for whom it is."""

import pytest

from producers.cooperatives.models import Role
from producers.diaries.models import EntryKind
from producers.diaries.schemas import KINDS
from producers.farms.models import Crop
from tests.factories.people import log_in
from tests.factories.producers import (
    make_certificate,
    make_entry,
    make_farm,
    make_interval,
    make_membership,
    make_site,
    make_slip,
)


@pytest.fixture
async def place(db, client):
    """A cooperative with one of everything, and its manager logged in."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        farm = await make_farm(session, producer_id=membership.producer_id)
        site = await make_site(session, farm_id=farm.id)
        await make_certificate(session, producer_id=membership.producer_id)
        await make_interval(session)
        entry = await make_entry(session, site_id=site.id, person_id=membership.person_id)
        slip = await make_slip(session, site_id=site.id, recorded_by_id=membership.person_id)
        await log_in(session, client, membership.person_id)
    return {
        "farm": farm.id,
        "site": site.id,
        "entry": entry.id,
        "slip": slip.id,
        "producer": membership.producer_id,
    }


PATHS = [
    "/producer/",
    "/producer/switch",
    "/producer/settings",
    "/producer/members",
    "/producer/farms",
    "/producer/farms/new",
    "/producer/farms/{farm}",
    "/producer/farms/{farm}/sites/new",
    "/producer/sites/{site}",
    "/producer/certificates",
    "/producer/certificates/new",
    "/producer/inputs",
    "/producer/inputs/new",
    "/producer/diary",
    "/producer/diary?site={site}",
    "/producer/diary/new",
    "/producer/diary/{entry}",
    "/producer/diary/{entry}/correct",
    "/producer/intake",
    "/producer/intake?on=2026-11-01",
    "/producer/intake/new",
    "/producer/intake/{slip}",
    "/producer/intake/{slip}/correct",
]


@pytest.mark.parametrize("path", PATHS)
async def test_pages_open_for_a_manager(client, place, path):
    """A manager opens every page."""
    answer = await client.get(path.format(**place))
    assert answer.status_code == 200, answer.text
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", PATHS)
async def test_pages_ask_a_stranger_to_log_in(client, new_client, place, path):
    """Somebody who is not logged in goes to the log-in page, and comes back."""
    async with new_client() as stranger:
        answer = await stranger.get(path.format(**place))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/producer")


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path and "?" not in path])
async def test_pages_of_another_producer_do_not_exist(db, client, new_client, place, path):
    """A manager of another producer finds nothing there."""
    async with db.transaction() as session, new_client() as other:
        membership = await make_membership(session)
        await log_in(session, other, membership.person_id)
        await session.commit()
        answer = await other.get(path.format(**place))
    assert answer.status_code == 404


async def test_pages_are_closed_to_people_without_a_producer(db, client):
    """Somebody who belongs to nobody is told whom to ask."""
    async with db.transaction() as session:
        from tests.factories.people import make_person

        await log_in(session, client, (await make_person(session)).id)
    answer = await client.get("/producer/")
    assert answer.status_code == 403
    assert "nhờ người quản lý" in answer.text


@pytest.mark.parametrize("path", [path for path in PATHS if path not in {"/producer/", "/producer/switch"}])
async def test_pages_are_closed_to_a_guide(db, client, new_client, place, path):
    """A guide leads visitors, and keeps none of these books."""
    async with new_client() as guide:
        async with db.transaction() as session:
            membership = await make_membership(session, producer_id=place["producer"], role=Role.GUIDE)
            await log_in(session, guide, membership.person_id)
        answer = await guide.get(path.format(**place))
        home = await guide.get("/producer/")
    assert answer.status_code == 403
    assert (
        home.status_code == 200
        and "/producer/diary/" not in home.text.split("tiles", 1)[-1].split("Sổ sách")[-1]
    )


@pytest.mark.parametrize(("crop", "kind"), [(crop, kind) for crop, kinds in KINDS.items() for kind in kinds])
async def test_forms_open_for_every_kind_of_work(db, client, place, crop, kind):
    """Each kind offered for a crop has its form, ready to be queued without a network."""
    async with db.transaction() as session:
        site = await make_site(session, farm_id=place["farm"], crop=crop)
    answer = await client.get(f"/producer/diary/new/{kind}?site={site.id}")
    assert answer.status_code == 200
    assert "data-offline" in answer.text
    choices = await client.get(f"/producer/diary/new?site={site.id}")
    assert f"/producer/diary/new/{kind}?site={site.id}" in choices.text


async def test_forms_refuse_work_of_another_crop(client, place):
    """Nobody feeds a tea plot."""
    answer = await client.get(f"/producer/diary/new/{EntryKind.FEED}?site={place['site']}")
    assert answer.status_code == 422


async def test_an_unknown_kind_is_no_page(client, place):
    """A kind that we do not know is not found."""
    assert (await client.get("/producer/diary/new/dance")).status_code == 404
    assert Crop.TEA in KINDS and await client.get("/producer/diary/new/pick")


async def test_today_shows_a_tile_only_when_its_room_is_there(client, place, house):
    """Large buttons lead somewhere, always."""
    from app.core.i18n import _
    from app.web.house import NavEntry

    home = await client.get("/producer/")
    assert 'href="/producer/diary/new"' in home.text
    kept = house.nav["farmer_tiles"]
    house.nav["farmer_tiles"] = (*kept, NavEntry(_("Tìm"), "nowhere.to.go", "home"))
    try:
        assert (await client.get("/producer/")).status_code == 200
    finally:
        house.nav["farmer_tiles"] = kept
