"""Every address and every error of the OCTO API against the published document."""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest
from sqlalchemy import text

from app.core.db import Database
from app.web.house import House
from storefront.octo.routes import DOORS
from tests.factories.octo import ALL, CONTACT, availability_of, items, make_key, reservation
from tests.factories.visits import Visit, make_departure, make_visit
from tests.fakes.clock import FrozenClock
from tests.house import NOW
from tests.storefront.octo.contract import check

NOBODY = "01900000-0000-7000-8000-000000000000"
Key = dict[str, str]


async def reserve(client: httpx.AsyncClient, key: Key, body: dict[str, Any]) -> Any:
    """Send a reservation that must hold to the document; answers the body."""
    return check(await client.post("/octo/bookings", json=body, headers=key), "/bookings/", "post")


async def confirm(client: httpx.AsyncClient, key: Key, uuid: str, **body: Any) -> Any:
    """Confirm, with the contact that the document requires."""
    answer = await client.post(
        f"/octo/bookings/{uuid}/confirm", json={"contact": CONTACT, **body}, headers=key
    )
    return check(answer, "/bookings/{uuid}/confirm", "post")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("capabilities", ["", "octo/pricing", "octo/content", ALL])
async def test_every_address_keeps_to_the_document(
    client: httpx.AsyncClient, key: Key, visit: Visit, day_pass: Visit, slash: str, capabilities: str
) -> None:
    """All thirteen calls answer what the document says, with and without a slash, with any capabilities (OCTO.md, 1)."""
    key = {**key, "Octo-Capabilities": capabilities}

    async def call(method: str, path: str, named: str, body: Any = None) -> Any:
        answer = await client.request(method, f"/octo{path}{slash}", json=body, headers=key)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Octo-Capabilities"] == ", ".join(
            sorted(filter(None, capabilities.split(", ")))
        )
        assert ("Content-Language" in answer.headers) == ("octo/content" in capabilities)
        return check(answer, named, method.lower())

    await call("GET", "/supplier", "/supplier/")
    assert {one["id"] for one in await call("GET", "/capabilities", "/capabilities/")} >= {
        "octo/pricing",
        "octo/content",
    }
    products = await call("GET", "/products", "/products/")
    assert {one["availabilityType"] for one in products} == {"START_TIME", "OPENING_HOURS"}
    for product in products:
        assert await call("GET", f"/products/{product['id']}", "/products/{id}") == product
        is_pass = product["availabilityType"] == "OPENING_HOURS"
        option = product["options"][0]
        assert option["availabilityLocalStartTimes"] == ([] if is_pass else ["09:00"])
        ask = {"productId": product["id"], "optionId": option["id"]}
        days = {"localDateStart": "2026-11-12", "localDateEnd": "2026-11-30"}
        found = await call("POST", "/availability", "/availability/", {**ask, **days})
        assert [one["allDay"] for one in found] == [is_pass]
        assert bool(found[0]["openingHours"]) == is_pass
        units = [{"id": unit["id"], "quantity": 1} for unit in option["units"]]
        again = {**ask, "availabilityIds": [found[0]["id"]], "units": units}
        assert [one["id"] for one in await call("POST", "/availability", "/availability/", again)] == [
            found[0]["id"]
        ]
        calendar = await call("POST", "/availability/calendar", "/availability/calendar", {**ask, **days})
        assert len(calendar) == 19
        assert [one["localDate"] for one in calendar if one["available"]] == [found[0]["id"][:10]]
        body = {
            **ask,
            "availabilityId": found[0]["id"],
            "unitItems": [{"unitId": unit["id"]} for unit in option["units"]],
        }
        held = await call("POST", "/bookings", "/bookings/", body)
        path = f"/bookings/{held['uuid']}"
        assert held["status"] == "ON_HOLD" and held["utcConfirmedAt"] is None and held["cancellation"] is None
        assert len({one["uuid"] for one in held["unitItems"]}) == len(body["unitItems"])
        assert held["availability"]["id"] == held["availabilityId"] == body["availabilityId"]
        longer = await call("POST", f"{path}/extend", "/bookings/{uuid}/extend", {"expirationMinutes": 30})
        assert longer["utcExpiresAt"] > held["utcExpiresAt"]
        wish = {"contact": CONTACT, "resellerReference": "R-1"}
        sold = await call("POST", f"{path}/confirm", "/bookings/{uuid}/confirm", wish)
        assert (sold["status"], sold["utcExpiresAt"], sold["resellerReference"]) == ("CONFIRMED", None, "R-1")
        assert sold["utcConfirmedAt"] and sold["contact"]["fullName"] == CONTACT["fullName"]
        for ticket in (sold["voucher"], *(one["ticket"] for one in sold["unitItems"])):
            assert ticket["deliveryOptions"][0]["deliveryFormat"] == "QRCODE"
        changed = await call("PATCH", path, "/bookings/{uuid}", {"notes": "Ăn chay"})
        assert changed["notes"] == "Ăn chay"
        assert await call("GET", path, "/bookings/{uuid}") == changed
        listed = await client.get(
            f"/octo/bookings{slash}?supplierReference={sold['supplierReference']}", headers=key
        )
        assert check(listed, "/bookings/", "get") == [changed]
        gone = await call("POST", f"{path}/cancel", "/bookings/{uuid}/cancel", {"reason": "Mưa to"})
        assert (gone["status"], gone["utcExpiresAt"], gone["cancellable"]) == ("CANCELLED", None, False)
        assert gone["cancellation"]["refund"] == "FULL" and gone["cancellation"]["reason"] == "Mưa to"


async def test_the_check_can_fail(client: httpx.AsyncClient, key: Key, visit: Visit) -> None:
    """Negative control: an answer that lacks a field, or has a wrong one, does not pass for one of the document."""
    answer = await client.get("/octo/products", headers=key)
    check(answer, "/products/", "get")
    for wrong in ({"options": None}, {"availabilityType": "ALWAYS"}, {"reference": 5}, {"title": None}):
        answer._content = json.dumps([answer.json()[0] | wrong]).encode()
        with pytest.raises(jsonschema.ValidationError):
            check(answer, "/products/", "get")


async def test_prices_are_told_only_to_those_who_ask(
    client: httpx.AsyncClient, key: Key, visit: Visit
) -> None:
    """Without octo/pricing and octo/content no price and no text is told; with them net prices in whole đồng (OCTO.md, 4)."""
    plain = {"Authorization": key["Authorization"], "Octo-Capabilities": "octo/offers, OCTO/Pricing ,x"}
    told = await client.get(f"/octo/products/{visit.tour.id}", headers=plain)
    assert told.headers["Octo-Capabilities"] == "octo/pricing"
    product = told.json()
    assert (product["defaultCurrency"], product["pricingPer"]) == ("VND", "UNIT") and "title" not in product
    adult = product["options"][0]["units"][0]["pricingFrom"][0]
    assert adult == {
        "original": 150_000,
        "retail": 150_000,
        "net": 135_000,
        "currency": "VND",
        "currencyPrecision": 0,
        "includedTaxes": [],
    }
    del plain["Octo-Capabilities"]
    bare = (await client.get(f"/octo/products/{visit.tour.id}", headers=plain)).json()
    assert "pricing" not in str(bare) and "defaultCurrency" not in bare


async def test_the_net_price_belongs_to_the_key(
    client: httpx.AsyncClient, db: Database, visit: Visit
) -> None:
    """Two operators pay two prices for the same party, and visitors a third (OCTO.md, 4)."""
    nets = []
    for name, discount in (("A", 0), ("B", 2_500)):
        key = await make_key(db, name, discount=discount)
        held = await reserve(client, key, reservation(visit, adults=2))
        assert held["pricing"]["retail"] == 300_000
        nets.append(held["pricing"]["net"])
    assert nets == [300_000, 225_000]


async def test_keys(client: httpx.AsyncClient, db: Database, key: Key, visit: Visit) -> None:
    """No key is 401 and a wrong one 403 at every address, before anything else is looked at (OCTO.md, 2)."""
    for path, methods in DOORS:
        spelled = path.replace("{uuid}", NOBODY).replace("{product_id}", NOBODY)
        for method in methods:
            for header in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}):
                answer = await client.request(method, f"/octo{spelled}", headers=header, content=b"{")
                assert answer.status_code == HTTPStatus.UNAUTHORIZED
                assert (
                    answer.json()["error"] == "UNAUTHORIZED"
                    and answer.headers["WWW-Authenticate"] == "Bearer"
                )
            answer = await client.request(
                method, f"/octo{spelled}/", headers={"Authorization": "Bearer cp_octo_x"}, content=b"{"
            )
            assert (answer.status_code, answer.json()["error"]) == (HTTPStatus.FORBIDDEN, "FORBIDDEN")
    assert (await client.get("/octo/supplier", headers=key)).status_code == 200


@pytest.mark.parametrize("field", ["productId", "optionId", "availabilityId"])
@pytest.mark.parametrize("value", ["x", NOBODY, 5, {}, None, "2026-11-14", "2026-11-14T10:00:00+07:00"])
async def test_wrong_ids_of_a_reservation(
    client: httpx.AsyncClient, key: Key, visit: Visit, field: str, value: Any
) -> None:
    """An id that is missing, malformed or unknown is a 400 that names it (OCTO.md, 3)."""
    said = await reserve(client, key, reservation(visit, **{field: value}))
    words = {"productId": "PRODUCT_ID", "optionId": "OPTION_ID", "availabilityId": "AVAILABILITY_ID"}
    assert said["error"] == f"INVALID_{words[field]}" and isinstance(said[field], str)


async def test_refusals_of_a_reservation(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Nobody, too many, unknown units, sold out, another's uuid, another currency, a test: 400 with OCTO's word (OCTO.md, 3)."""

    async def refused(**overrides: Any) -> str:
        return str((await reserve(client, key, reservation(visit, **overrides)))["error"])

    assert await refused(unitItems=None) == await refused(unitItems=[]) == "UNPROCESSABLE_ENTITY"
    assert await refused(unitItems=items(visit, adult=11)) == "UNPROCESSABLE_ENTITY"
    assert await refused(unitItems=items(visit, adult=51)) == "UNPROCESSABLE_ENTITY"
    assert await refused(unitItems=[{"unitId": NOBODY}]) == await refused(unitItems=[{}]) == "INVALID_UNIT_ID"
    assert await refused(unitItems=items(visit, family=6)) == "UNPROCESSABLE_ENTITY"  # 24 heads for 20 seats
    assert await refused(currency="USD") == await refused(unitItems={}) == "BAD_REQUEST"
    assert await refused(expirationMinutes=0) == await refused(expirationMinutes=True) == "BAD_REQUEST"
    assert await refused(contact={"emailAddress": "x"}) == await refused(contact=[]) == "BAD_REQUEST"
    assert await refused(contact={"locales": [1]}) == await refused(unitItems=[1]) == "BAD_REQUEST"
    assert await refused(notes="\x00") == await refused(notes="x" * 501) == "BAD_REQUEST"
    twice = str(uuid4())
    same = [{**one, "uuid": twice} for one in items(visit, adult=2)]
    assert await refused(unitItems=same) == "BAD_REQUEST"
    assert await refused(unitItems=[{**same[0], "uuid": "x"}]) == "BAD_REQUEST"
    assert await refused(uuid="x") == "INVALID_BOOKING_UUID"
    stranger = await make_key(db, "Người khác")
    mine = await reserve(client, stranger, reservation(visit))
    assert await refused(uuid=mine["uuid"]) == "UNPROCESSABLE_ENTITY"
    test = {**key, "Octo-Env": "test"}
    assert (await reserve(client, test, reservation(visit)))["error"] == "BAD_REQUEST"


async def test_refusals_of_availability(client: httpx.AsyncClient, key: Key, visit: Visit) -> None:
    """A wrong mix of days and ids is BAD_REQUEST; unknown products, options and units have their own words (OCTO.md, 3)."""
    ask = {"productId": str(visit.tour.id), "optionId": str(visit.option.id)}

    async def said(path: str = "/availability", **body: Any) -> str:
        named = "/availability/" if path == "/availability" else path
        answer = await client.post(f"/octo{path}", json={**ask, **body}, headers=key)
        return str(check(answer, named, "post")["error"])

    day = {"localDate": "2026-11-14"}
    assert await said() == "BAD_REQUEST"
    assert await said(**day, availabilityIds=[availability_of(visit)]) == "BAD_REQUEST"
    assert await said(**day, localDateEnd="2026-11-15") == "BAD_REQUEST"
    assert await said(localDateStart="2026-11-14") == "BAD_REQUEST"
    assert await said(localDateStart="2026-11-14", localDateEnd="2026-11-13") == "BAD_REQUEST"
    assert await said(localDateStart="2026-11-14", localDateEnd="2027-11-30") == "BAD_REQUEST"
    assert await said(localDate="14/11/2026") == await said(localDate=5) == "BAD_REQUEST"
    assert await said(availabilityIds=[]) == await said(availabilityIds=[5]) == "BAD_REQUEST"
    assert await said(availabilityIds=["2026-11-14T09:00:00+07:00"] * 101) == "BAD_REQUEST"
    assert await said(availabilityIds=["x"]) == "INVALID_AVAILABILITY_ID"
    assert await said(**day, productId=NOBODY) == "INVALID_PRODUCT_ID"
    assert await said(**day, optionId=NOBODY) == "INVALID_OPTION_ID"
    assert await said(**day, units=[{"id": NOBODY, "quantity": 1}]) == "INVALID_UNIT_ID"
    assert await said(**day, units={}) == await said(**day, units=[1]) == "BAD_REQUEST"
    assert await said(**day, units=[{"id": NOBODY, "quantity": -1}]) == "BAD_REQUEST"
    assert await said(**day, currency="USD") == "BAD_REQUEST"
    assert await said("/availability/calendar") == "BAD_REQUEST"
    assert await said("/availability/calendar", **day, productId="") == "INVALID_PRODUCT_ID"


async def test_refusals_of_bookings(client: httpx.AsyncClient, key: Key, visit: Visit) -> None:
    """A uuid that nobody has, or that is none, is INVALID_BOOKING_UUID at every address; a list needs a filter (OCTO.md, 3)."""
    calls = (
        ("GET", "", "/bookings/{uuid}"),
        ("PATCH", "", "/bookings/{uuid}"),
        ("POST", "/confirm", "/bookings/{uuid}/confirm"),
        ("POST", "/extend", "/bookings/{uuid}/extend"),
        ("POST", "/cancel", "/bookings/{uuid}/cancel"),
    )
    for uuid in (NOBODY, "x"):
        for method, end, named in calls:
            answer = await client.request(method, f"/octo/bookings/{uuid}{end}", json={}, headers=key)
            said = check(answer, named, method.lower())
            assert (said["error"], said["uuid"]) == ("INVALID_BOOKING_UUID", uuid)
    assert (
        check(await client.get("/octo/bookings", headers=key), "/bookings/", "get")["error"] == "BAD_REQUEST"
    )
    held = await reserve(client, key, reservation(visit))
    missing = await client.post(f"/octo/bookings/{held['uuid']}/confirm", json={}, headers=key)
    assert missing.json()["error"] == "BAD_REQUEST"
    said = await confirm(client, key, held["uuid"], unitItems=[{"unitId": NOBODY}])
    assert said["error"] == "INVALID_UNIT_ID"
    again = check(await client.get(f"/octo/bookings/{held['uuid']}", headers=key), "/bookings/{uuid}", "get")
    assert again == held


async def test_other_addresses_and_methods(client: httpx.AsyncClient, key: Key) -> None:
    """What is no address, or no method of it, answers in OCTO's shape, never in the framework's (OCTO.md, 3)."""
    for method, path in (("GET", "/nothing"), ("DELETE", "/products"), ("GET", "/"), ("PUT", "/bookings/x")):
        answer = await client.request(method, f"/octo{path}", headers=key)
        assert answer.status_code in {404, 405} and answer.json().keys() == {"error", "errorMessage"}


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[]", b"5", b'"x"', b"\xff", b'{"x": NaN}', b"[" * 100_000, b'{"a":"\\ud800"}', b'{"\\u0000":1}'],
)
async def test_bodies_that_are_none(client: httpx.AsyncClient, key: Key, raw: bytes) -> None:
    """What is no JSON object, or holds no text, is BAD_REQUEST (OCTO.md, 3)."""
    answer = await client.post("/octo/bookings", content=raw, headers=key)
    assert check(answer, "/bookings/", "post")["error"] == "BAD_REQUEST"


async def test_a_body_too_large(client: httpx.AsyncClient, key: Key) -> None:
    """A body of more than 256 kB is BAD_REQUEST."""
    answer = await client.post("/octo/bookings", content=b" " * 300_000, headers=key)
    assert answer.json()["error"] == "BAD_REQUEST"


async def test_statuses_of_dates(client: httpx.AsyncClient, db: Database, house: House, key: Key) -> None:
    """AVAILABLE, LIMITED below half, SOLD_OUT, CLOSED; provisional and past dates are not told (OCTO.md, 5)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        for number, (taken, state) in enumerate(
            ((11, "open"), (20, "open"), (0, "cancelled"), (0, "provisional")), start=3
        ):
            await make_departure(
                session, visit.tour.id, starts_at=NOW + timedelta(days=number), taken=taken, state=state
            )
        await make_departure(session, visit.tour.id, starts_at=NOW - timedelta(days=1))
    ask = {
        "productId": str(visit.tour.id),
        "optionId": str(visit.option.id),
        "localDateStart": "2026-11-10",
        "localDateEnd": "2026-11-20",
    }
    found = (await client.post("/octo/availability", json=ask, headers=key)).json()
    assert [(one["status"], one["vacancies"], one["available"]) for one in found] == [
        ("AVAILABLE", 20, True),
        ("LIMITED", 9, True),
        ("SOLD_OUT", 0, False),
        ("CLOSED", 0, False),
    ]
    assert [one["maxUnits"] for one in found] == [10, 9, 0, 0]
    party = {"units": [{"id": str(visit.units["adult"].id), "quantity": 10}]}
    fits = (await client.post("/octo/availability", json=ask | party, headers=key)).json()
    assert [(one["status"], one["available"]) for one in fits] == [
        ("AVAILABLE", True),
        ("SOLD_OUT", False),
        ("SOLD_OUT", False),
        ("CLOSED", False),
    ]
    assert fits[0]["pricing"]["net"] == 1_350_000
    calendar = (await client.post("/octo/availability/calendar", json=ask | party, headers=key)).json()
    assert [one["localDate"] for one in calendar if one["available"]] == ["2026-11-14"]
    assert calendar[4]["pricingFrom"]["net"] == 1_350_000 and "pricingFrom" not in calendar[5 + 4]
    house.clock = FrozenClock(NOW + timedelta(days=2, hours=1))  # it has begun
    begun = (await client.post("/octo/availability", json=ask, headers=key)).json()
    assert begun[0]["status"] == "CLOSED"


async def test_a_tour_without_times_is_no_product(client: httpx.AsyncClient, db: Database, key: Key) -> None:
    """A tour that never had a date, has no price or is not published is no product (OCTO.md, 5)."""
    async with db.transaction() as session:
        hidden = await make_visit(session, is_published=False)
        bare = await make_visit(session)
        await session.delete(bare.departure)
    assert (await client.get("/octo/products", headers=key)).json() == []
    for one in (hidden, bare):
        answer = await client.get(f"/octo/products/{one.tour.id}", headers=key)
        said = check(answer, "/products/{id}", "get")
        assert (said["error"], said["productId"]) == ("INVALID_PRODUCT_ID", str(one.tour.id))


async def test_a_busy_house_and_a_broken_one(
    client: httpx.AsyncClient, db: Database, key: Key, visit: Visit
) -> None:
    """Busy is 503 with Retry-After, our own fault 500, both in OCTO's shape (OCTO.md, 3)."""
    held = await reserve(client, key, reservation(visit))
    async with db.transaction() as session:
        await session.execute(text("SELECT 1 FROM bookings FOR UPDATE"))
        answer = await client.post(f"/octo/bookings/{held['uuid']}/cancel", json={}, headers=key)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert answer.json()["error"] == "INTERNAL_SERVER_ERROR"
    async with db.transaction() as session:
        await session.execute(text("ALTER TABLE reseller_items RENAME COLUMN uuid TO uuid_gone"))
    try:
        broken = await client.get(f"/octo/bookings/{held['uuid']}", headers=key)
    finally:
        async with db.transaction() as session:
            await session.execute(text("ALTER TABLE reseller_items RENAME COLUMN uuid_gone TO uuid"))
    assert broken.status_code == 500
    assert broken.json() == {
        "error": "INTERNAL_SERVER_ERROR",
        "errorMessage": "There was an un-recoverable error, please try again",
    }
