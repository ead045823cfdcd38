"""What a phone keeps: the pages of one person, the worker's list of files, the app's card for the home screen."""

import gzip
import json
import re
from dataclasses import replace

import httpx
import pytest
from fastapi import Request

from app.main import create_app
from app.offline import bundle, transport
from app.offline.ports import KeptPage, OfflineRooms
from app.offline.queueing import PagesQueue
from producers.cooperatives.models import Role
from producers.diaries.schemas import KINDS
from tests.factories.outbox import Phone, make_phone
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.world import make_world

SHELL_BYTES = 60 * 1024
JSON = {"Accept": "application/json"}


@pytest.fixture
async def phone(db, client) -> Phone:
    """A manager's phone."""
    async with db.transaction() as session:
        return await make_phone(session, client)


async def pages_of(client):
    """The bundle's pages by their path."""
    answer = await client.get("/offline/bundle", headers=JSON)
    assert answer.status_code == 200, answer.text
    return {page["path"]: page for page in answer.json()["pages"]}


async def test_the_bundle_is_this_persons_pages(client, phone):
    """Home, choice, every form of the crop, the book, the slips, the outbox: as the person would see them."""
    answer = await client.get("/offline/bundle", headers=JSON)
    assert answer.json()["person"] == str(phone.owner)
    assert answer.headers["cache-control"] == "private, no-cache"
    pages = await pages_of(client)
    site = str(phone.site_id)
    wanted = {
        "/producer/",
        "/producer/outbox",
        "/producer/no-signal",
        "/producer/diary/new",
        "/producer/diary",
    }
    assert wanted | {f"/producer/diary/new?site={site}", "/producer/intake/new"} <= set(pages)
    assert {path for path in pages if re.search("/diary/new/", path)} == {
        f"/producer/diary/new/{kind.value}" for kind in KINDS["tea"]
    }
    assert pages["/producer/outbox"]["is_first"] and not pages["/producer/diary"]["is_first"]
    personal = {
        path: page for path, page in pages.items() if path != "/producer/phone"
    }  # that one is nobody's
    assert all("<main" in page["html"] and str(phone.owner) in page["html"] for page in personal.values())


async def test_ids_of_forms_are_left_to_the_phone(client, phone):
    """A kept form is filled in many times: its own id is blank in it, the places' ids are not."""
    pages = await pages_of(client)
    form = pages["/producer/diary/new/weed"]["html"]
    assert '<input type="hidden" name="id" value="">' in form and str(phone.site_id) in form
    shown = (await client.get("/producer/diary/new/weed")).text
    assert re.search(r'name="id" value="[0-9a-f-]{36}"', shown)


async def test_an_unchanged_bundle_costs_nothing(client, phone):
    """The tag that the phone holds is answered 304 without a body, however the tag is spelled; a change is sent."""
    first = await client.get("/offline/bundle", headers=JSON)
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}"):
        again = await client.get("/offline/bundle", headers=JSON | {"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    await phone.send(phone.write())
    changed = await client.get("/offline/bundle", headers=JSON | {"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200 and changed.headers["etag"] != first.headers["etag"]


async def test_the_bundle_speaks_the_persons_language(client, phone):
    """Another language is another bundle."""
    first = await client.get("/offline/bundle", headers=JSON)
    english = await client.get("/offline/bundle", headers=JSON | {"Accept-Language": "en"})
    assert english.headers["etag"] != first.headers["etag"]
    [page] = [page for page in english.json()["pages"] if page["path"] == "/producer/no-signal"]
    assert 'lang="en"' in page["html"] and "Chưa có sóng" not in page["html"]


async def test_somebody_who_belongs_to_nobody_keeps_the_transports_pages(db, client):
    """Without a producer there is nothing to write: the outbox and its stand-in are kept, no form is."""
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    assert set(await pages_of(client)) == {
        "/producer/outbox",
        "/producer/no-signal",
        "/producer/phone",
        "/producer/phone/pin",
    }


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER, Role.ACCOUNTANT])
async def test_each_role_keeps_what_it_may_open(db, client, role):
    """No page is kept that this person may not see; who may not write has no form."""
    async with db.transaction() as session:
        await make_phone(session, client, role=role)
    pages = await pages_of(client)
    assert ("/producer/diary/new" in pages) == (role is Role.MEMBER)
    assert ("/producer/intake/new" in pages) == (role is Role.PACKER)
    for path in pages:
        assert (await client.get(path)).status_code == 200


async def test_the_bundle_is_of_the_workplace_that_was_chosen(db, client, phone):
    """The cookie of the workplace reaches the pages: their records will name it."""
    async with db.transaction() as session:
        other = (await make_membership(session, person_id=phone.owner, role=Role.MANAGER)).producer_id
    client.cookies.set("producer", str(other))
    assert str(other) in (await pages_of(client))["/producer/"]["html"]
    client.cookies.set("producer", str(phone.producer_id))
    home = (await pages_of(client))["/producer/"]["html"]
    assert str(phone.producer_id) in home and str(other) not in re.findall(r"data-context=.*", home)[0]


async def test_a_bundle_has_a_measure_and_leaves_out_what_is_not_there(client, house, phone):
    """More pages than a phone should keep are cut, each path is asked once, a missing page is left out."""
    rooms = house.port(OfflineRooms)

    async def many(_request, _session, _person):
        return [KeptPage(f"/producer/outbox?n={n % 200}", is_first=True) for n in range(400)]

    async def missing(_request, _session, _person):
        return [
            KeptPage("/producer/nothing"),
            KeptPage("/producer/outbox"),
            KeptPage("/producer/outbox", is_first=True),
        ]

    try:
        house.provide(OfflineRooms, replace(rooms, sources=(missing, many)))
        pages = await pages_of(client)
        assert "/producer/nothing" not in pages and not pages["/producer/outbox"]["is_first"]
        assert len(pages) == bundle.MOST_PAGES - 1
    finally:
        house.provide(OfflineRooms, rooms)


async def test_the_bundle_is_for_who_is_logged_in(client):
    """Nobody is told 401, in words a program reads."""
    answer = await client.get("/offline/bundle", headers=JSON)
    assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"


async def test_the_worker_keeps_files_that_exist(client):
    """Each file of the worker's list is there, unchanged for a year; all offline modules are on it, the worker is not."""
    worker = await client.get("/sw.js")
    assert worker.headers["cache-control"] == "no-cache" and worker.headers["content-type"].startswith(
        "text/javascript"
    )
    assets = json.loads(re.search(r"const ASSETS = (\[.*?\]);", worker.text)[1])
    for address in assets:
        answer = await client.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], address
    names = {address.rsplit("/", 1)[-1].split("?")[0] for address in assets}
    assert {"start.js", "outbox.js", "idb.js", "app.css", "icons.svg"} <= names and "sw.js" not in names


async def test_kept_pages_need_no_file_that_is_not_kept(client, phone):
    """Every file that a kept page names is on the worker's list: nothing is asked for after the first visit."""
    assets = set(json.loads(re.search(r"const ASSETS = (\[.*?\]);", (await client.get("/sw.js")).text)[1]))
    assets |= set((await client.get("/offline/bundle", headers=JSON)).json()["files"])
    for path, page in (await pages_of(client)).items():
        named = re.findall(
            r'(?:<script[^>]* src|<link rel="stylesheet"[^>]* href|<use href|<img[^>]* src)="(/static[^"#]+)',
            page["html"],
        )
        assert named and set(named) <= assets, path


async def test_the_shell_is_light(client, phone):
    """What a phone loads before it can write without signal is at most 60 KB, as gzip -6 sends it."""
    assets = json.loads(re.search(r"const ASSETS = (\[.*?\]);", (await client.get("/sw.js")).text)[1])
    files = {address: (await client.get(address)).content for address in assets}
    first = json.dumps(
        [page for page in (await pages_of(client)).values() if page["is_first"]], ensure_ascii=False
    ).encode()
    sizes = {name: len(gzip.compress(body, 6)) for name, body in {**files, "pages": first}.items()}
    assert sum(sizes.values()) <= SHELL_BYTES, sorted(sizes.items(), key=lambda one: -one[1])


async def test_the_card_for_the_home_screen(client):
    """The manifest names the app in the visitor's language, and icons that exist."""
    said = (await client.get("/manifest.webmanifest")).json()
    assert (said["start_url"], said["scope"], said["display"]) == ("/producer/", "/", "standalone")
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}
    for icon in said["icons"]:
        assert (await client.get(icon["src"])).headers["content-type"] == "image/png"
    english = await client.get("/manifest.webmanifest", headers={"Accept-Language": "en"})
    assert english.json()["lang"] == "en" and english.json()["name"] != said["name"]


async def test_pages_of_the_transport_are_the_farmers(client, phone):
    """The outbox and the stand-in open for whoever is logged in, and for nobody else."""
    for path in ("/producer/outbox", "/producer/no-signal"):
        assert (await client.get(path)).status_code == 200
    client.cookies.clear()
    assert (await client.get("/producer/outbox")).status_code == 303


async def test_every_form_of_the_kept_pages_may_travel(db, house, app, client):
    """Each form marked `data-offline` on a page that the manager's phone keeps leads to a listed form."""
    async with db.transaction() as session:
        world = await make_world(session, house)
        await log_in(session, client, world.people["manager"])
    names = house.port(OfflineRooms).routes
    found = set()
    for path, page in (await pages_of(client)).items():
        for tag in re.findall(r"<form[^>]*data-offline[^>]*>", page["html"]):
            target = (
                httpx.URL(f"http://x{path}").join((re.findall(r'action="([^"]*)"', tag) or [path])[0]).path
            )
            route = transport.find_route(app, target, names)
            assert route, f"{path}: {target}"
            found.add(route)
    assert {"producers.diaries.record", "producers.intake.record"} <= found


def test_every_listed_form_exists(the_house):
    """The names that wiring lists are those of POST routes."""
    application = create_app(the_house)
    names = the_house.port(OfflineRooms).routes
    assert {name for name, _pattern in transport._patterns(application, names)} == set(names)


async def test_pages_wait_in_line_and_the_line_has_an_end(house, client, phone):
    """One person's pages are made at a time; who waits too long keeps those of before."""
    queue = house.port(PagesQueue)
    house.provide(PagesQueue, PagesQueue(patience_s=0.05))
    try:
        async with house.port(PagesQueue).turn():
            answer = await client.get("/offline/bundle", headers=JSON)
        assert answer.status_code == 503 and answer.headers["retry-after"]
        assert (await pages_of(client))["/producer/"]
    finally:
        house.provide(PagesQueue, queue)


async def test_nothing_is_made_for_somebody_who_hung_up(client, phone, monkeypatch):
    """Who goes on to the next page asks anew there: the pages that were on their way are left where they are."""
    call, asked = transport.call, []

    async def counted(request, **how):
        asked.append(how["target"])
        return await call(request, **how)

    async def is_gone(_request):
        return len(asked) == 3

    monkeypatch.setattr(transport, "call", counted)
    whole = await client.get("/offline/bundle", headers=JSON)
    assert len(whole.json()["pages"] + whole.json()["data"]) == len(asked) > 3
    asked.clear()
    monkeypatch.setattr(Request, "is_disconnected", is_gone)
    assert (await client.get("/offline/bundle", headers=JSON)).status_code == 204
    assert len(asked) == 3
