"""The page on which a host holds seats for operators, and what each asker then sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from storefront.operators import service as operators
from storefront.tours import allotments
from tests.factories.octo import availability_of, make_key, reservation
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.visits import make_visit
from tests.house import NOW

START = NOW + timedelta(days=10)


@pytest.fixture
async def host(client, db):
    """A host who is logged in, a visit of ten seats, and an operator."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=10, starts_at=START)
        operator = await operators.get_or_create_operator(session, name="Du lịch Sông Cầu", now=NOW)
        await log_in(session, client, visit.host.id)
    return visit, operator, f"/producer/tours/{visit.tour.id}/allotments"


async def test_a_host_holds_and_takes_back(client, db, host):
    """A host holds seats of a date, sees how many are booked, and takes them back (BOOKINGS.md, 73)."""
    visit, operator, path = host
    assert "Chưa giữ chỗ nào" in (await client.get(path)).text
    form = {
        "operator_id": str(operator.id),
        "heads": "6",
        "release_days": "3",
        "departure_id": str(visit.departure.id),
    }
    for wrong, status in (
        ({"heads": "0"}, 422),
        ({"heads": "11"}, 409),
        ({"operator_id": str(uuid7())}, 404),
        ({"departure_id": str(uuid7())}, 404),
    ):
        assert (await client.post(path, data=form | wrong)).status_code == status
    assert (await client.post(path, data=form)).headers["location"] == path
    page = (await client.get(path)).text
    assert "0 trên 6 chỗ đã đặt" in page and "Du lịch Sông Cầu" in page
    assert path in (await client.get(f"/producer/tours/{visit.tour.id}/dates")).text
    end = f"/producer/tours/departures/{visit.departure.id}/allotments/{operator.id}/end"
    assert (await client.post(end)).status_code == 303
    assert "Chưa giữ chỗ nào" in (await client.get(path)).text


async def test_a_rule_of_weekdays(client, db, host):
    """A host holds seats of every date on some weekdays, or of all, and ends it (BOOKINGS.md, 75)."""
    _visit, operator, path = host
    form = {"operator_id": str(operator.id), "heads": "4", "release_days": "5"}
    weekdays = {"weekdays": ["0", str(today(START).weekday())], "until_on": "2027-01-09"}
    refused = await client.post(path, data=form | weekdays | {"heads": ""})
    assert refused.status_code == 422 and refused.text.count(" checked") == 2
    assert (await client.post(path, data=form | weekdays)).status_code == 303
    page = (await client.get(path)).text
    assert "4 chỗ những thứ đã chọn đến 9/1/2027" in page and "0 trên 4 chỗ đã đặt" in page
    async with db.transaction() as session:
        [(rule, _operator)] = await allotments.list_rules(session, host[0].tour.id, now=NOW)
    assert (await client.post(f"{path}/{rule.id}/end")).status_code == 303
    assert (await client.post(path, data=form)).status_code == 303
    assert "4 chỗ mọi ngày" in (await client.get(path)).text


async def test_who_may_not_hold(client, db, host, new_client):
    """Another producer's tour does not exist; who does not receive guests reads, and changes nothing (BOOKINGS.md, 73)."""
    visit, operator, path = host
    form = {"operator_id": str(operator.id), "heads": "1", "release_days": "3"}
    async with new_client() as packer, new_client() as stranger:
        async with db.transaction() as session:
            member = await make_membership(session, producer_id=visit.producer.id, role="packer")
            await log_in(session, packer, member.person_id)
            await log_in(session, stranger, (await make_membership(session)).person_id)
        seen = await packer.get(path)
        assert seen.status_code == 200 and "Giữ thêm" not in seen.text
        assert (await packer.post(path, data=form)).status_code == 403
        assert (await stranger.get(path)).status_code == 404


async def test_each_asker_sees_its_own_vacancies(client, db, host):
    """The public pages and other operators see what is free for all, OCTO tells each operator its own (BOOKINGS.md, 71)."""
    visit, operator, path = host
    own, other = await make_key(db), await make_key(db, "Núi Xanh")
    form = {"operator_id": str(operator.id), "heads": "8", "release_days": "3"}
    public = [f"/tours/{visit.tour.slug}/days", f"/tours/{visit.tour.slug}", f"/tours/{visit.tour.slug}/book"]
    for page in public:
        assert "còn 10 chỗ" in (await client.get(page)).text
    await client.post(path, data=form)
    for page in public:
        assert "còn 2 chỗ" in (await client.get(page)).text
    asked = {
        "productId": str(visit.tour.id),
        "optionId": str(visit.option.id),
        "availabilityIds": [availability_of(visit)],
    }
    for key, left in ((own, 10), (other, 2)):
        [told] = (await client.post("/octo/availability", json=asked, headers=key)).json()
        assert (told["vacancies"], told["available"]) == (left, True)
        days = {**asked, "localDate": told["localDateTimeStart"][:10]}
        del days["availabilityIds"]
        [day] = (await client.post("/octo/availability/calendar", json=days, headers=key)).json()
        assert day["vacancies"] == left
    body = reservation(visit, adults=3)
    refused = await client.post("/octo/bookings", json=body, headers=other)
    assert refused.status_code == 400 and refused.json()["error"] == "UNPROCESSABLE_ENTITY"
    held = (await client.post("/octo/bookings", json=body, headers=own)).json()
    assert held["availability"]["vacancies"] == 7
    shown = (await client.get(f"/octo/bookings/{held['uuid']}", headers=own)).json()
    assert shown["availability"]["vacancies"] == 7
    assert "còn 2 chỗ" in (await client.get(public[0])).text
    assert "3 trên 8 chỗ đã đặt" in (await client.get(path)).text
