"""A tour operator connects to the demo in an afternoon: a key by command, then nothing but OCTO over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core.clock import SystemClock, today
from tests.serving import Instance
from tests.shared_demo import demo_instance
from tests.storefront.octo.contract import check


@pytest.fixture
def desk() -> Iterator[httpx.Client]:
    """An operator with its key at a demo that was just started."""
    instance: Instance = demo_instance()
    try:
        instance.start()
        made = instance.run(
            "keys", "create", "--kind", "octo", "--name", "Du lịch Sông Cầu", "--discount", "10"
        )
        headers = {
            "Authorization": f"Bearer {made.stdout.strip()}",
            "Octo-Capabilities": "octo/pricing, octo/content",
        }
        with httpx.Client(base_url=f"{instance.base}/octo", headers=headers, timeout=30) as client:
            yield client
    finally:
        instance.remove()


def dates(desk: httpx.Client, product: Any, option: Any, first: date) -> list[Any]:
    """What of an option can be booked within thirty days."""
    body = {
        "productId": product["id"],
        "optionId": option["id"],
        "localDateStart": str(first),
        "localDateEnd": str(first + timedelta(days=30)),
    }
    return list(check(desk.post("/availability", json=body), "/availability/", "post"))


def test_an_operator_connects_in_an_afternoon(desk: httpx.Client) -> None:
    """The demo has all that a client looks for, and takes a booking from the reservation to its end (contracts.md, OCTO)."""
    products = check(desk.get("/products/"), "/products/", "get")
    assert {one["availabilityType"] for one in products} == {"START_TIME", "OPENING_HOURS"}
    day = today(SystemClock().now())
    found = {one["id"]: dates(desk, one, one["options"][0], day) for one in products}
    bookable = {key: [one for one in dated if one["available"]] for key, dated in found.items()}
    assert sum(len(dated) >= 2 for dated in bookable.values()) >= 2
    assert any(one["status"] == "SOLD_OUT" for dated in found.values() for one in dated)
    assert all(len(option["units"]) >= 2 for one in products for option in one["options"])

    product = next(one for one in products if one["availabilityType"] == "START_TIME")
    option, at = product["options"][0], bookable[product["id"]][-1]
    body = {
        "uuid": str(uuid4()),
        "productId": product["id"],
        "optionId": option["id"],
        "availabilityId": at["id"],
        "unitItems": [{"unitId": unit["id"]} for unit in option["units"][:2]],
    }
    held = check(desk.post("/bookings", json=body), "/bookings/", "post")
    assert check(desk.post("/bookings/", json=body), "/bookings/", "post") == held
    path = f"/bookings/{held['uuid']}"
    sold = check(
        desk.post(f"{path}/confirm", json={"contact": {"fullName": "Nguyễn Thu"}}),
        "/bookings/{uuid}/confirm",
        "post",
    )
    net = sum(unit["pricingFrom"][0]["net"] for unit in option["units"][:2])
    assert (sold["status"], sold["pricing"]["net"]) == ("CONFIRMED", net)
    assert sold["pricing"]["net"] * 10 == sold["pricing"]["retail"] * 9
    gone = check(desk.post(f"{path}/cancel", json={"reason": "Mưa"}), "/bookings/{uuid}/cancel", "post")
    assert gone["status"] == "CANCELLED"
    after = [one for one in dates(desk, product, option, day) if one["id"] == at["id"]]
    assert after[0]["vacancies"] == at["vacancies"]

    full = next(one for dated in found.values() for one in dated if one["status"] == "SOLD_OUT")
    owner = next(one for one in products if full in found[one["id"]])
    late = {
        "productId": owner["id"],
        "optionId": owner["options"][0]["id"],
        "availabilityId": full["id"],
        "unitItems": [{"unitId": owner["options"][0]["units"][0]["id"]}],
    }
    refused = check(desk.post("/bookings", json=late), "/bookings/", "post")
    assert refused["error"] == "UNPROCESSABLE_ENTITY"
