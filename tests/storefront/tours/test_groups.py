"""Groups that ask for a price of their own (BOOKINGS.md, 89)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from app.core.ids import new_token, uuid7
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings, cancelling, group_repository, groups, manifest, sweeping
from storefront.tours.errors import (
    GroupClosedError,
    GroupNotFoundError,
    NotBookableError,
    PartyError,
    PlanError,
    SoldOutError,
)
from storefront.tours.group_models import GroupState
from storefront.tours.models import BookingState, DepartureState, UnitType
from storefront.tours.schemas import GroupOfferFields, PricePer
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, SITE, group, make_option, make_tour, make_unit, make_visit
from tests.storefront.tours.test_bookings import book, left, paid_booking, pay
from tests.storefront.tours.test_deposits import pay_rest, sent

SOON = date(2026, 11, 13)
"""The day before the visit: an offer holds until its end."""
LATER = NOW + timedelta(hours=25)


async def ask(session, visit, heads=15, **overrides):
    """A class asks for a price."""
    return await groups.ask(
        session, fields=group(visit, heads, **overrides), secret=SECRET, language="vi", now=NOW
    )


async def offer(session, visit, asked, *, now=NOW, **overrides):
    """The host answers with 100.001 đồng in total."""
    values = {"amount_minor": "100.001", "per": PricePer.TOTAL, "until_on": SOON, "deposit_percent": 0}
    return await groups.offer(
        session,
        request_id=asked.id,
        producer_id=visit.producer.id,
        fields=GroupOfferFields(**values | overrides),
        **SITE,
        now=now,
    )


async def accept(session, asked, now=NOW):
    """The group takes the offer."""
    return await groups.accept(session, request_id=asked.id, secret=SECRET, now=now)


async def test_a_group_asks_and_holds_nothing(session):
    """The host is told, once; the same id answers the first request to its own number alone, and no seat is taken (89)."""
    visit = await make_visit(session)
    first = await ask(session, visit)
    again = await ask(session, visit, id=first.id, heads=9)
    assert (again.heads, again.state) == (15, GroupState.ASKED)
    assert await left(session, visit) == 20
    assert await sent(session, "Đoàn hỏi giá", "Lớp 7A") == 1
    with pytest.raises(NotBookableError):
        await ask(session, visit, id=first.id, contact_phone="0911111111")
    assert (await groups.get_by_token(session, groups.token_of(first, SECRET))).id == first.id
    with pytest.raises(GroupNotFoundError):
        await groups.get_by_token(session, new_token())


async def test_what_nobody_can_ask_for(session):
    """More heads than the day ever takes, a day that is closed, a tour that sells families alone: refused (89)."""
    visit = await make_visit(session)
    with pytest.raises(PartyError, match="20"):
        await ask(session, visit, 21)
    tour = await make_tour(session)
    option = await make_option(session, tour.id)
    await make_unit(session, option.id, kind=UnitType.FAMILY, pax_count=4)
    visit.departure.tour_id = tour.id
    with pytest.raises(PartyError):
        await ask(session, visit)
    visit.departure.state = DepartureState.CLOSED
    await session.flush()
    with pytest.raises(NotBookableError):
        await ask(session, visit)


async def test_asked_by_another_meanwhile(session, monkeypatch):
    """Two that store the same id are one request (89)."""
    visit = await make_visit(session)
    first = await ask(session, visit)
    found = group_repository.find_request
    looks = []

    async def look(session, request_id):
        looks.append(request_id)
        return None if len(looks) == 1 else await found(session, request_id)

    monkeypatch.setattr(group_repository, "find_request", look)
    assert (await ask(session, visit, id=first.id, heads=3)).heads == 15
    assert await sent(session, "Đoàn hỏi giá") == 1


async def test_the_offer_is_taken_whole(session):
    """All seats at the agreed price, spread to the last đồng, for a day; twice is one booking; paid it is a group with its name (89)."""
    visit = await make_visit(session)
    asked = await ask(session, visit)
    with pytest.raises(GroupClosedError):
        await accept(session, asked)
    await offer(session, visit, asked)
    booking = await accept(session, asked)
    assert (await accept(session, asked)).id == booking.id
    assert (booking.heads, booking.total_minor, booking.expires_at) == (15, 100_001, NOW + groups.HOLD)
    prices = [item.price_minor for item, _unit in (await bookings.get_party(session, booking)).items]
    assert (sum(prices), min(prices), max(prices)) == (100_001, 6_666, 6_667)
    assert await left(session, visit) == 5
    await pay(session, booking, now=NOW + timedelta(hours=23))
    found = await bookings.get_booking(session, booking.id)
    assert (found.state, found.party_name) == (BookingState.CONFIRMED, "Lớp 7A trường Đại Từ (Cô Hạnh)")
    made = await manifest.make_manifest(
        session, producer_id=visit.producer.id, on=visit.departure.local_on, keys=[], now=NOW
    )
    assert made["names"] == "Lớp 7A trường Đại Từ (Cô Hạnh)"
    assert len(made["heads"]) == 15
    with pytest.raises(GroupClosedError):
        await groups.withdraw(session, request_id=asked.id)
    with pytest.raises(GroupClosedError):
        await offer(session, visit, asked)


async def test_per_head_with_a_deposit(session):
    """Twelve at 90.000 each, half at once: the deposit confirms, the rest comes as of any visit (83, 89)."""
    visit = await make_visit(session, starts_at=NOW + timedelta(days=10))
    asked = await ask(session, visit, 12)
    made = await offer(
        session, visit, asked, amount_minor="90k", per=PricePer.HEAD, deposit_percent=50, note="Có cơm trưa"
    )
    assert (made.offer_minor, made.offer_note) == (1_080_000, "Có cơm trưa")
    assert await sent(session, "nhà vườn báo giá", f"/groups/{groups.token_of(asked, SECRET)}") == 1
    booking = await accept(session, asked)
    first = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    assert first.amount_minor == booking.owed_minor == 540_000
    await pay(session, booking)
    await pay_rest(session, booking)
    assert (await bookings.get_booking(session, booking.id)).owed_minor == 0


async def test_whole_or_nobody(session):
    """When others took seats meanwhile the group gets none, and its offer stands for when they come back (2, 89)."""
    visit = await make_visit(session)
    asked = await ask(session, visit)
    await offer(session, visit, asked)
    others = await paid_booking(session, visit, 6)
    with pytest.raises(SoldOutError):
        await accept(session, asked)
    assert await left(session, visit) == 14
    await cancelling.cancel_booking(session, booking_id=others.id, now=NOW)
    assert (await accept(session, asked)).heads == 15


async def test_an_offer_ends(session):
    """At its deadline, never past the last moment to book; a deadline gone by is refused (89)."""
    visit = await make_visit(session)
    asked = await ask(session, visit)
    made = await offer(session, visit, asked, until_on=date(2026, 12, 1))
    assert made.offer_until == visit.departure.starts_at
    with pytest.raises(PlanError):
        await offer(session, visit, asked, until_on=date(2026, 11, 11))
    made = await offer(session, visit, asked)
    with pytest.raises(GroupClosedError):
        await accept(session, asked, made.offer_until)


async def test_an_unpaid_hold_may_be_taken_again(session):
    """Not paid in a day, its seats go back; until the deadline the same offer makes another booking (89)."""
    visit = await make_visit(session)
    asked = await ask(session, visit)
    await offer(session, visit, asked)
    first = await accept(session, asked)
    await sweeping.expire_holds(session, now=LATER)
    second = await accept(session, asked, LATER)
    assert second.id != first.id and await left(session, visit, LATER) == 5
    await pay(session, second, now=LATER)
    await cancelling.cancel_booking(session, booking_id=(await accept(session, asked, LATER)).id, now=NOW)
    with_nothing = await groups.get_asked(session, await group_repository.find_request(session, asked.id))
    assert not groups.can_accept(with_nothing, LATER)
    await sweeping.expire_holds(session, now=LATER)


async def test_who_says_no(session):
    """The host declines, the group withdraws: each once, the group is told of the first, and nothing is offered after (89)."""
    visit, stranger = await make_visit(session), await make_visit(session)
    no, gone = await ask(session, visit), await ask(session, visit)
    with pytest.raises(GroupNotFoundError):
        await groups.decline(session, request_id=no.id, producer_id=stranger.producer.id)
    with pytest.raises(GroupNotFoundError):
        await groups.decline(session, request_id=uuid7(), producer_id=visit.producer.id)
    with pytest.raises(GroupNotFoundError):
        await groups.accept(session, request_id=uuid7(), secret=SECRET, now=NOW)
    for _twice in range(2):
        await groups.decline(session, request_id=no.id, producer_id=visit.producer.id)
        await groups.withdraw(session, request_id=gone.id)
    assert await sent(session, "không đón được") == 1
    for one in (no, gone):
        with pytest.raises(GroupClosedError):
            await offer(session, visit, one)
    with pytest.raises(GroupClosedError):
        await groups.decline(session, request_id=gone.id, producer_id=visit.producer.id)


async def test_from_the_question_to_the_gate(db, client, house):
    """A school asks, the host quotes, the school takes it and pays, the gate reads its name: pages alone (89)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
    form = f"/tours/{visit.tour.slug}/group"
    assert form in (await client.get(f"/tours/{visit.tour.slug}")).text
    assert "Lớp" not in (await client.get(form)).text
    values = group(visit).model_dump() | {"contact_phone": "0987 654 321"}
    assert "Một đoàn nhiều nhất 200 người." in (await client.get(form)).text
    for heads, words in (("0", "ít nhất là 1"), ("201", "nhiều nhất là 200")):
        refused = await client.post(form, data=values | {"heads": heads})
        assert refused.status_code == 422 and words in refused.text
    full = await client.post(form, data=values | {"heads": "30"})
    assert full.status_code == 422 and "nhiều nhất 20 người" in full.text
    page = (await client.post(form, data=values)).headers["location"]
    assert "Đã gửi nhà vườn" in (await client.get(page)).text
    early = await client.post(f"{page}/accept")
    assert early.status_code == 409 and "không còn hiệu lực" in early.text
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
    desk = (await client.get("/producer/tours/groups")).text
    assert "Lớp 7A" in desk and "Các cháu ăn trưa" in desk
    [path] = re.findall(r"/producer/tours/groups/[0-9a-f-]+/offer", desk)
    quote = {"amount_minor": "70k", "per": "head", "deposit_percent": "30", "until_on": str(SOON)}
    assert (await client.post(path, data=quote | {"amount_minor": ""})).status_code == 422
    assert (await client.post(path, data=quote | {"until_on": "2026-11-01"})).status_code == 422
    assert (await client.post(path, data=quote)).status_code == 303
    assert "1.050.000" in (await client.get("/producer/tours/groups")).text
    shown = (await client.get(page)).text
    assert all(one in shown for one in ("1.050.000", "315.000", "Nhận giá này", "24:00 ngày 13/11"))
    taken = await client.post(f"{page}/accept")
    assert taken.status_code == 303
    assert "315.000" in (await client.get(taken.headers["location"])).text
    assert "Đoàn đang được giữ chỗ" in (await client.get(page)).text
    desk = (await client.get("/producer/tours/groups")).text
    assert f"/producer/tours/day?on={visit.departure.local_on}" in desk and "Hạn trả lời" not in desk
    async with db.transaction() as session:
        request = await groups.get_by_token(session, page.rsplit("/", 1)[1])
        booking = await bookings.get_booking(session, request.booking_id)
        await pay(session, booking)
    assert "Đoàn đã có vé" in (await client.get(page)).text
    gate = await client.get(f"/producer/tours/gate?code={booking.code}")
    assert "Lớp 7A trường Đại Từ (Cô Hạnh)" in gate.text
    day = await client.get(f"/producer/tours/day?on={visit.departure.local_on}")
    assert "Lớp 7A trường Đại Từ (Cô Hạnh)" in day.text


async def test_pages_of_groups_that_do_not_come(db, client, house):
    """Declined, withdrawn, past the deadline or without a day to ask for: the page says so, and what can be done (89)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
    form = f"/tours/{visit.tour.slug}/group"
    values = group(visit).model_dump()
    pages = [
        (await client.post(form, data=values | {"id": str(uuid7())})).headers["location"]
        for _number in range(3)
    ]
    assert (await client.post(f"{pages[0]}/withdraw")).status_code == 303
    assert "Bạn đã thôi hỏi" in (await client.get(pages[0])).text
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
        asked = await groups.get_by_token(session, pages[1].rsplit("/", 1)[1])
        late = await groups.get_by_token(session, pages[2].rsplit("/", 1)[1])
        await offer(session, visit, late)
        found = await group_repository.lock_request(session, late.id)
        found.offer_until = NOW
    assert (await client.post(f"/producer/tours/groups/{asked.id}/decline")).status_code == 303
    assert "Hỏi ngày khác" in (await client.get(pages[1])).text
    assert "Đã quá hạn nhận giá này" in (await client.get(pages[2])).text
    async with db.transaction() as session:
        await book(session, visit, 10)
        await book(session, visit, 10)
    assert "Chưa có ngày nào mở" in (await client.get(form)).text
