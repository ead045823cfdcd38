"""The REST binding over HTTP: capture, events, queries, pages, problems."""

from __future__ import annotations

import base64
import copy
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from tests.factories import epcis as made
from tests.fakes.clock import FrozenClock
from tests.house import NOW
from traceability.events import repository, service
from traceability.events.identifiers import normalise

KEPT = {"GS1-EPC-Format": "Never_Translates"}


async def make_key(db: Database, kind: KeyKind = KeyKind.EPCIS, party: str | None = None) -> dict[str, str]:
    """The header of a new key."""
    async with db.transaction() as session:
        key = await keys.create_key(session, kind=kind, name="Thử", party=party, now=NOW)
    return {"Authorization": f"Bearer {key}", "Accept": "application/json"}


async def capture(client: httpx.AsyncClient, key: dict[str, str], *events: dict[str, Any]) -> httpx.Response:
    """Send a document of these events and see it taken."""
    answer = await client.post("/epcis/capture", json=made.make_document(*events), headers=key)
    assert answer.status_code == 202, answer.text
    return answer


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of an answer without what the repository adds."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["type"] == "EPCISQueryDocument"
    found = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    for event in found:
        assert event.pop("recordTime").endswith("Z")
        assert event["eventID"]
    return list(found)


def without_id(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "eventID"}


async def test_every_event_type_goes_in_and_comes_out_equal(client: httpx.AsyncClient, db: Database) -> None:
    """A document of all event types is captured by one job and read back word for word, each with an id and record time."""
    key = await make_key(db)
    answer = await capture(client, key)
    job = (await client.get(answer.headers["Location"], headers=key)).json()
    assert job["success"] and not job["running"] and job["errors"] == []
    assert (await client.get("/epcis/capture", headers=key)).json() == [job]
    found = events_of(await client.get("/epcis/events?perPage=100", headers=key | KEPT))
    assert [without_id(event) for event in found] == [without_id(event) for event in made.EVERY]
    assert found[0]["eventID"].startswith("ni:///sha-256;") and found[0]["eventID"].endswith("?ver=CBV2.0")
    one = await client.get(f"/epcis/events/{quote(found[0]['eventID'], safe='')}", headers=key | KEPT)
    assert events_of(one) == found[:1]
    again = await capture(client, key)
    assert (await client.get(again.headers["Location"], headers=key)).json()["success"]
    assert len(events_of(await client.get("/epcis/events?perPage=100", headers=key))) == len(made.EVERY)


async def test_an_event_and_its_error_declaration_share_an_id(
    client: httpx.AsyncClient, db: Database
) -> None:
    """The event by its id comes with the declaration that it was wrong."""
    key = await make_key(db)
    await capture(client, key, made.SHIPPING, made.CORRECTION)
    found = events_of(
        await client.get(f"/epcis/events/{quote(made.SHIPPING['eventID'])}", headers=key | KEPT)
    )
    assert found == [made.SHIPPING, made.CORRECTION]


async def test_identifiers_are_translated_as_the_reader_wishes(
    client: httpx.AsyncClient, db: Database
) -> None:
    """Digital Links by default, EPC URNs on demand, and the original spelling when nothing may be translated."""
    key = await make_key(db)
    await capture(client, key, made.PACKING)
    links = events_of(await client.get("/epcis/events", headers=key))[0]
    assert links["parentID"] == "https://id.gs1.org/00/195212340000000010"
    assert links["childQuantityList"][0]["epcClass"] == "https://id.gs1.org/01/09521234200017/10/TC261105A"
    urns = events_of(await client.get("/epcis/events", headers=key | {"GS1-EPC-Format": "Always_EPC_URN"}))[0]
    assert urns["childEPCs"] == [
        "urn:epc:id:sgtin:9521234.020001.AAA111",
        "urn:epc:id:sgtin:9521234.020001.AAA112",
    ]
    assert urns["readPoint"]["id"] == made.WORKSHOP
    assert without_id(events_of(await client.get("/epcis/events", headers=key | KEPT))[0]) == made.PACKING
    assert (await client.get("/epcis/events", headers=key | {"GS1-EPC-Format": "Both"})).status_code == 406


async def test_one_event_is_taken_in_at_once(client: httpx.AsyncClient, db: Database) -> None:
    """POST /events answers 201 with the event's address, the same again as well, and 409 for another under its id."""
    key = await make_key(db)
    event = {"@context": [made.CONTEXT, made.NAMESPACES], **made.SHIPPING}
    answer = await client.post("/epcis/events", json=event, headers=key)
    assert answer.status_code == 201
    assert events_of(await client.get(answer.headers["Location"], headers=key | KEPT)) == [made.SHIPPING]
    assert (await client.post("/epcis/events", json=event, headers=key)).status_code == 201
    other = await client.post("/epcis/events", json=event | {"action": "DELETE"}, headers=key)
    assert (
        other.status_code == 409 and other.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    )
    bare = await client.post("/epcis/events", json=made.SHIPPING, headers=key)
    assert bare.status_code == 400 and "@context" in bare.json()["detail"]


async def test_rollback_takes_all_or_nothing_and_proceed_what_it_can(
    client: httpx.AsyncClient, db: Database
) -> None:
    """One faulty event refuses the document, or is named by the job while the others come in."""
    key = await make_key(db)
    document = made.make_document(made.HARVEST, {**made.ROLL, "bizStep": "transforming"}, made.SHIPPING)
    refused = await client.post("/epcis/capture", json=document, headers=key)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "epcisException:ValidationException"
    assert "eventList[1]: bizStep" in refused.json()["errors"][0]["detail"]
    assert events_of(await client.get("/epcis/events", headers=key)) == []
    proceed = key | {"GS1-Capture-Error-Behaviour": "proceed"}
    taken = await client.post("/epcis/capture", json=document, headers=proceed)
    job = (await client.get(taken.headers["Location"], headers=key)).json()
    assert (job["success"], job["captureErrorBehaviour"], len(job["errors"])) == (False, "proceed", 1)
    assert len(events_of(await client.get("/epcis/events", headers=key))) == 2
    clash = made.make_document(made.ROLL, {**made.SHIPPING, "disposition": "damaged"})
    taken = await client.post("/epcis/capture", json=clash, headers=key)
    job = (await client.get(taken.headers["Location"], headers=key)).json()
    assert not job["success"] and job["errors"][0]["status"] == 409
    assert len(events_of(await client.get("/epcis/events", headers=key))) == 2


async def test_pages_lead_through_the_whole_result(client: httpx.AsyncClient, db: Database) -> None:
    """Every event comes once, in order of capture or of time, also when more come in meanwhile."""
    key = await make_key(db)
    many = [
        {**made.ORDER, "eventTime": f"2026-11-01T{hour:02}:00:00Z", "epcList": [made.PACK.format(f"S{hour}")]}
        for hour in range(24)
    ]
    await capture(client, key, *many)
    for order, reverse in (
        ("", False),
        ("&orderBy=eventTime", True),
        ("&orderBy=eventTime&orderDirection=ASC", False),
    ):
        seen: list[dict[str, Any]] = []
        address: str | None = f"/epcis/events?perPage=7{order}"
        while address:
            answer = await client.get(address, headers=key)
            seen += events_of(answer)
            link = answer.headers.get("link")
            assert bool(link) == ("gs1-next-page-token-expires" in answer.headers)
            address = link.partition("<")[2].partition(">")[0] if link else None
        times = [event["eventTime"] for event in seen]
        assert times == sorted((event["eventTime"] for event in many), reverse=reverse)
    limited = await client.get("/epcis/events?orderBy=eventTime&eventCountLimit=9&perPage=5", headers=key)
    rest = await client.get(limited.headers["link"].partition("<")[2].partition(">")[0], headers=key)
    assert (len(events_of(limited)), len(events_of(rest)), "link" in rest.headers) == (5, 4, False)
    large = await client.get("/epcis/events?maxEventCount=23", headers=key)
    assert large.status_code == 413 and large.json()["type"] == "epcisException:QueryTooLargeException"
    assert len(events_of(await client.get("/epcis/events?maxEventCount=24", headers=key))) == 24
    for wrong in ("nextPageToken=abc", "nextPageToken=e30", "perPage=0", "perPage=many"):
        assert (await client.get(f"/epcis/events?{wrong}", headers=key)).status_code == 400


@pytest.mark.parametrize(
    ("resource", "value", "count"),
    [
        ("eventTypes", "ObjectEvent", 4),
        ("epcs", "urn:epc:id:sscc:9521234.1000000001", 1),
        ("epcs", "https://id.gs1.org/01/09521234200017/21/AAA111", 2),
        ("bizSteps", "shipping", 2),
        ("bizLocations", made.GARDEN, 1),
        ("readPoints", made.WORKSHOP, 2),
        ("dispositions", "in_transit", 2),
    ],
)
async def test_top_level_resources_lead_to_their_events(
    client: httpx.AsyncClient, db: Database, resource: str, value: str, count: int
) -> None:
    """A resource lists its values, each value has `events`, and these are the events that name it."""
    key = await make_key(db)
    await capture(client, key)
    root = (await client.get("/epcis/", headers=key)).json()
    assert root["type"] == "Collection" and {resource, "events", "capture", "queries"} <= set(root["member"])
    address = f"/epcis/{resource}/{quote(value, safe='')}"
    assert (await client.get(address, headers=key)).json()["member"] == ["events"]
    assert len(events_of(await client.get(f"{address}/events", headers=key))) == count
    members: list[str] = []
    page: str | None = f"/epcis/{resource}?perPage=3"
    while page:
        answer = await client.get(page, headers=key)
        assert answer.status_code == 200
        members += answer.json()["member"]
        page = (
            answer.headers["link"].partition("<")[2].partition(">")[0] if "link" in answer.headers else None
        )
    assert normalise(value) in map(normalise, members) and len(members) == len(set(members))
    assert (await client.get(f"/epcis/{resource}/urn:example:none", headers=key)).status_code == 404


async def test_named_queries_are_views(client: httpx.AsyncClient, db: Database) -> None:
    """A query is kept under a name, runs, is listed, cannot be made twice, and is forgotten on demand."""
    key = await make_key(db)
    await capture(client, key)
    body = {"name": "đi xa", "query": {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping", "receiving"]}}
    answer = await client.post("/epcis/queries", json=body, headers=key)
    assert answer.status_code == 201
    address = answer.headers["Location"]
    assert len(events_of(await client.get(f"{address}/events", headers=key))) == 2
    found = (await client.get(address, headers=key)).json()
    assert (found["name"], found["query"]) == (body["name"], body["query"])
    assert [one["name"] for one in (await client.get("/epcis/queries", headers=key)).json()] == ["đi xa"]
    twice = await client.post("/epcis/queries", json=body, headers=key)
    assert twice.status_code == 409
    wrong = await client.post("/epcis/queries", json={"name": "x", "query": {"EQ_nothing": "1"}}, headers=key)
    assert (wrong.status_code, wrong.json()["type"]) == (400, "epcisException:QueryParameterException")
    other = await make_key(db)
    assert (await client.get(address, headers=other)).json()["type"] == "epcisException:NoSuchNameException"
    assert (await client.delete(address, headers=key)).status_code == 204
    assert (await client.get(address, headers=key)).status_code == 404


async def test_partners_see_their_own_trade_only(client: httpx.AsyncClient, db: Database) -> None:
    """A key sees what it captured and trade in which its party stands; an inspector sees all and writes nothing."""
    farm, shop = await make_key(db), await make_key(db, party="9521234500044")
    stranger, inspector = await make_key(db, party="9521234999999"), await make_key(db, KeyKind.INSPECTOR)
    await capture(client, farm)
    assert len(events_of(await client.get("/epcis/events", headers=farm))) == len(made.EVERY)
    assert {event["bizStep"] for event in events_of(await client.get("/epcis/events", headers=shop))} == {
        "shipping"
    }
    assert events_of(await client.get("/epcis/events", headers=stranger)) == []
    hidden = await client.get(f"/epcis/events/{quote(made.SHIPPING['eventID'])}", headers=stranger)
    assert hidden.status_code == 404
    assert (await client.get("/epcis/epcs", headers=stranger)).json()["member"] == []
    assert len(events_of(await client.get("/epcis/events", headers=inspector))) == len(made.EVERY)
    write = await client.post("/epcis/capture", json=made.make_document(), headers=inspector)
    assert (write.status_code, write.json()["type"]) == (403, "epcisException:SecurityException")


async def test_doors_are_kept(client: httpx.AsyncClient, db: Database) -> None:
    """Without a key 401, with another kind's 403; media types, versions, sizes and addresses are refused in the standard's words."""
    key, octo = await make_key(db), await make_key(db, KeyKind.OCTO)
    nobody = await client.get("/epcis/events")
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert (
        await client.get("/epcis/events", headers={"Authorization": "Bearer cp_epcis_x", "Accept": "*/*"})
    ).status_code == 401
    assert (await client.get("/epcis/events", headers=octo)).status_code == 403
    unknown = await client.post("/epcis/queries", json=5, headers=key)
    assert unknown.status_code == 400
    with_zero = await client.get("/epcis/capture?perPage=0", headers=key)
    assert with_zero.status_code == 400
    xml = await client.post(
        "/epcis/capture", content=b"<x/>", headers=key | {"content-type": "application/xml"}
    )
    assert (xml.status_code, xml.json()["type"]) == (415, "epcisException:UnsupportedMediaTypeException")
    assert (await client.get("/epcis/events", headers=key | {"Accept": "application/xml"})).status_code == 406
    assert (await client.get("/epcis/events", headers=key | {"GS1-EPCIS-Min": "2.1.0"})).status_code == 406
    assert (await client.get("/epcis/events", headers=key | {"GS1-EPCIS-Max": "1.2"})).status_code == 406
    assert (await client.get("/epcis/events", headers=key | {"GS1-EPCIS-Max": "x"})).status_code == 406
    long = await client.get("/epcis/events?EQ_action=" + "ADD|" * 3000, headers=key)
    assert (long.status_code, long.json()["type"]) == (414, "epcisException:URITooLongException")
    many = made.make_document(*[made.ORDER] * 1001)
    assert (await client.post("/epcis/capture", json=many, headers=key)).status_code == 413
    json_type = key | {"content-type": "application/ld+json"}
    for broken in (b"{", b"[]", b'{"a": NaN}', b"[" * 100_000, b"\xff"):
        answer = await client.post("/epcis/capture", content=broken, headers=json_type)
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    wide = await client.post("/epcis/capture", content=b" " * 4_000_001, headers=json_type)
    assert wide.status_code == 413
    proceed = key | {"GS1-Capture-Error-Behaviour": "hope"}
    assert (
        await client.post("/epcis/capture", json=made.make_document(), headers=proceed)
    ).status_code == 400
    for address in (
        "/epcis/nothing",
        "/epcis/capture/nothing",
        f"/epcis/capture/{NOW:%Y}",
        "/epcis/queries/none/events",
    ):
        assert (await client.get(address, headers=key)).status_code == 404
    assert (await client.put("/epcis/events", headers=key)).status_code == 405
    assert (await client.delete("/epcis/nextPageToken/abc", headers=key)).status_code == 501


async def test_options_announce_the_limits(client: httpx.AsyncClient, db: Database) -> None:
    """OPTIONS says which versions, formats and sizes are spoken; every answer carries the versions."""
    key = await make_key(db)
    answer = await client.options("/epcis/capture", headers=key)
    assert answer.status_code == 204
    said = answer.headers
    assert said["allow"] == "OPTIONS, GET, POST" and said["gs1-epcis-capture-limit"] == "1000"
    assert said["gs1-epcis-capture-file-size-limit"] == "4000000"
    assert said["gs1-capture-error-behaviour"] == "rollback, proceed"
    assert said["gs1-epcis-min"] == said["gs1-cbv-max"] == said["gs1-epcis-version"] == "2.0.0"
    assert (await client.options("/epcis/epcs/urn:x:y/events", headers=key)).status_code == 204


async def test_conflicting_prefixes_keep_their_meaning(client: httpx.AsyncClient, db: Database) -> None:
    """Two documents may use one prefix for two namespaces: each event comes back with its own."""
    key = await make_key(db)
    await capture(client, key, made.FOREIGN)
    other = made.make_document(
        {**made.FOREIGN, "ext:cups": 3}, **{"@context": [made.CONTEXT, {"ext": "https://other.example/"}]}
    )
    other["epcisBody"]["eventList"][0]["type"] = "https://other.example/TastingEvent"
    assert (await client.post("/epcis/capture", json=other, headers=key)).status_code == 202
    body = (await client.get("/epcis/events", headers=key)).json()
    first, second = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert body["@context"][1]["ext"] == made.NAMESPACES["ext"] and "@context" not in first
    assert second["@context"] == {"ext": "https://other.example/"}
    back = copy.deepcopy(body)
    back["type"], back["creationDate"] = "EPCISQueryDocument", body["creationDate"]
    taken = await client.post("/epcis/capture", json=back, headers=await make_key(db))
    assert taken.status_code == 202


async def test_lists_of_jobs_and_queries_have_pages(client: httpx.AsyncClient, db: Database) -> None:
    """Capture jobs come the newest first, named queries by name, each once."""
    key = await make_key(db)
    for number in range(5):
        await capture(client, key, {**made.ORDER, "epcList": [made.PACK.format(f"S{number}")]})
        body = {"name": f"q{number}", "query": {"perPage": 1}}
        assert (await client.post("/epcis/queries", json=body, headers=key)).status_code == 201
    for path, field in (("capture", "captureID"), ("queries", "name")):
        seen: list[str] = []
        page: str | None = f"/epcis/{path}?perPage=2"
        while page:
            answer = await client.get(page, headers=key)
            seen += [one[field] for one in answer.json()]
            page = (
                answer.headers["link"].partition("<")[2].partition(">")[0]
                if "link" in answer.headers
                else None
            )
        assert len(seen) == len(set(seen)) == 5
        assert seen == sorted(seen, reverse=path == "capture")
    assert len(events_of(await client.get("/epcis/queries/q1/events", headers=key))) == 1
    assert len(events_of(await client.get("/epcis/queries/q1/events?perPage=3", headers=key))) == 3


async def test_a_token_that_is_old_or_foreign_is_refused(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """A page's token ends after a day, and one of another list or nobody's is no token."""
    key = await make_key(db)
    await capture(client, key)
    answer = await client.get("/epcis/events?perPage=2", headers=key)
    page = answer.headers["link"].partition("<")[2].partition(">")[0]
    house.clock.advance(days=2)
    old = await client.get(page, headers=key)
    assert (old.status_code, old.json()["detail"]) == (400, "nextPageToken: this token is too old")
    end = int(house.clock.now().timestamp()) + 1000
    for token in ({"end": end, "id": "x"}, {"end": end, "id": 5}):
        said = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
        assert (await client.get(f"/epcis/capture?nextPageToken={said}", headers=key)).status_code == 400
    assert (await client.get("/epcis/capture?perPage=x", headers=key)).status_code == 400


async def test_queries_may_bring_their_own_prefixes(client: httpx.AsyncClient, db: Database) -> None:
    """`GS1-Extensions` says what a prefix in the address means; what the address says already cannot be said again."""
    key = await make_key(db)
    await capture(client, key)
    said = key | {"GS1-Extensions": "w=https://chophien.example/farm/, broken"}
    assert len(events_of(await client.get("/epcis/events?EXISTS_w:weather=true", headers=said))) == 1
    twice = await client.get("/epcis/bizSteps/shipping/events?EQ_bizStep=packing", headers=key)
    assert (twice.status_code, twice.json()["type"]) == (400, "epcisException:QueryParameterException")


async def test_what_is_no_document_event_or_query_is_refused(client: httpx.AsyncClient, db: Database) -> None:
    """Each gets 400 and the standard's word for it; nothing is kept."""
    key = await make_key(db)
    document = made.make_document()
    del document["@context"]
    for path, body, word in (
        ("capture", document, "ValidationException"),
        ("events", {"@context": made.CONTEXT, **made.HARVEST, "action": "HOPE"}, "ValidationException"),
        ("events", "x", "ValidationException"),
        ("queries", [], "QueryValidationException"),
        ("queries", {"name": "a/b", "query": {}}, "QueryValidationException"),
    ):
        answer = await client.post(f"/epcis/{path}", json=body, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (400, f"epcisException:{word}")
    empty = made.make_document()
    empty["epcisBody"]["eventList"] = []
    taken = await client.post("/epcis/capture", json=empty, headers=key)
    assert (await client.get(taken.headers["Location"], headers=key)).json()["success"]
    assert events_of(await client.get("/epcis/events", headers=key)) == []
    missing = await client.get(f"/epcis/capture/{uuid7()}", headers=key)
    assert missing.json()["type"] == "epcisException:NoSuchResourceException"


async def test_a_page_looks_at_so_many_events_and_leads_on(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that finds next to nothing answers short pages that lead on, and misses nothing."""
    monkeypatch.setattr(service, "MOST_SCANNED", 50)
    key = await make_key(db)
    many = [{**made.ORDER, "epcList": [made.PACK.format(f"S{number}")]} for number in range(130)]
    await capture(client, key, *many, made.HARVEST)
    for path in ("events?GE_quantity_KGM=1", "bizLocations?x=1"):
        found, pages = 0, 0
        page: str | None = f"/epcis/{path}"
        while page:
            answer = await client.get(page, headers=key)
            body = answer.json()
            found += len(body["member"]) if "member" in body else len(events_of(answer))
            pages += 1
            page = (
                answer.headers["link"].partition("<")[2].partition(">")[0]
                if "link" in answer.headers
                else None
            )
        assert (found, pages) == (1, 3), path
    limited = "/epcis/events?orderBy=eventTime&eventCountLimit=0"
    assert events_of(await client.get(limited, headers=key)) == []


async def test_the_house_writes_events_of_its_own(client: httpx.AsyncClient, db: Database) -> None:
    """They are stored once, belong to their owner, and a partner whose party is a URI sees its own."""
    owner = uuid7()
    trade = {
        **made.SHIPPING,
        "destinationList": [{"type": "owning_party", "destination": "https://shop.example/me"}],
    }
    async with db.transaction() as session:
        written = [made.HARVEST, trade]
        assert (
            await service.write_events(session, written, owner_id=owner, namespaces=made.NAMESPACES, now=NOW)
            == 2
        )
        assert (
            await service.write_events(session, written, owner_id=owner, namespaces=made.NAMESPACES, now=NOW)
            == 0
        )
    shop = await make_key(db, party="https://shop.example/me")
    assert len(events_of(await client.get("/epcis/events", headers=shop))) == 1
    async with db.transaction() as session:
        own = await keys.create_key(session, kind=KeyKind.EPCIS, name="Xưởng", now=NOW, subject_id=owner)
    header = {"Authorization": f"Bearer {own}", "Accept": "*/*"}
    assert len(events_of(await client.get("/epcis/events", headers=header))) == 2
    wide = {"WD_readPoint": made.GARDEN}
    assert len(events_of(await client.get("/epcis/events", params=wide, headers=header))) == 1


async def test_a_key_holds_until_its_end(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """A key with an end opens up to that instant, and nothing from it on."""
    async with db.transaction() as session:
        key = await keys.create_key(
            session, kind=KeyKind.EPCIS, name="Mùa này", ends_at=NOW + timedelta(days=1), now=NOW
        )
    header = {"Authorization": f"Bearer {key}", "Accept": "*/*"}
    assert (await client.get("/epcis/events", headers=header)).status_code == 200
    house.clock = FrozenClock(NOW + timedelta(days=1))
    assert (await client.get("/epcis/events", headers=header)).status_code == 401


async def test_a_busy_house_says_so(client: httpx.AsyncClient, db: Database) -> None:
    """A capture that cannot get its turn in time is told to come again, in the standard's words."""
    key = await make_key(db)
    async with db.transaction() as session:
        await repository.lock_captures(session)
        answer = await client.post("/epcis/capture", json=made.make_document(), headers=key)
    assert (answer.status_code, answer.json()["type"]) == (503, "epcisException:ImplementationException")
    assert (await client.post("/epcis/capture", json=made.make_document(), headers=key)).status_code == 202
