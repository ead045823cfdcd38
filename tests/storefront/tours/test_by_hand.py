"""The host's phone as a door: guests who telephone or stand at the gate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text, update

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.operators import service as operators
from storefront.payouts import holding
from storefront.tours import bookings, by_hand, departures
from storefront.tours.errors import BookingNotFoundError, HoldOverError
from storefront.tours.models import BookingState, Tour, UnitType
from storefront.tours.schemas import HowPaid
from tests.factories.outbox import make_phone
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, SECRET, make_visit, wish
from tests.fakes.clock import FrozenClock
from tests.instants import look_too_early
from tests.storefront.tours.test_season_prices import price

DAY = Period.of_day(date(2026, 11, 12))
SITE = {"secret": SECRET, "address": "https://cho.example"}


async def enter(session, visit, how=HowPaid.CASH, adults=2, **changes):
    """A host writes a party down."""
    return await by_hand.enter(
        session, wish=wish(visit, adults, **changes), producer_id=visit.producer.id, how=how, now=NOW, **SITE
    )


async def owed(session, visit):
    """What the books owe the producer."""
    return -await ledger.balance(session, accounts.seller_payable(visit.producer.id))


async def test_cash_is_a_sale_that_the_producer_has_in_hand(session):
    """110, 111: cash confirms at once; the producer keeps the money and owes the market's part of it, and the day closes."""
    visit = await make_visit(session)
    booking = await enter(session, visit)
    again = await enter(session, visit, id=booking.id)
    assert (again.id, again.state, again.operator_id) == (booking.id, BookingState.CONFIRMED, None)
    assert (await bookings.get_party(session, booking)).items[0][0].ticket_code
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 18
    assert await ledger.balance(session, accounts.producer_cash(visit.producer.id)) == 0
    fee = await ledger.balance(session, accounts.platform_fee())
    tax = await ledger.balance(session, accounts.tax_withheld(visit.producer.id))
    assert await owed(session, visit) == fee + tax <= 0
    held = await holding.sum_held(session, now=NOW, producer_id=visit.producer.id)
    assert sum(held.get(visit.producer.id, {}).values()) == fee + tax
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]


@pytest.mark.parametrize(
    ("how", "until"),
    [(HowPaid.TRANSFER, NOW + bookings.HOLD), (HowPaid.LATER, NOW + timedelta(days=2))],
)
async def test_who_pays_later_holds_their_seats(session, how, until):
    """112: held for a quarter of an hour, or until the start; the guest gets the link once, and cash confirms it."""
    visit = await make_visit(session)
    booking = await enter(session, visit, how)
    await enter(session, visit, how, id=booking.id)
    assert (booking.state, booking.expires_at) == (BookingState.ON_HOLD, until)
    jobs = "SELECT args::text FROM procrastinate_jobs WHERE args::text LIKE '%giữ cho bạn%'"
    said = list(await session.scalars(text(jobs)))
    assert len(said) == 1 and bookings.token_of(booking, SECRET) in said[0]
    held = await by_hand.list_held(session, [visit.departure.id], now=NOW)
    assert [one.booking.id for one in held[visit.departure.id]] == [booking.id]
    for _tap in range(2):
        taken = await by_hand.take_cash(
            session, booking_id=booking.id, producer_id=visit.producer.id, now=NOW + timedelta(minutes=1)
        )
        assert taken.state is BookingState.CONFIRMED
    assert not (await by_hand.list_held(session, [visit.departure.id], now=NOW))[visit.departure.id]


async def test_the_link_is_sent_by_whoever_made_the_hold(session, monkeypatch):
    """112: a form that comes twice at one instant is one hold, and its guest hears of it once."""
    visit = await make_visit(session)
    booking = await enter(session, visit, HowPaid.TRANSFER)
    look_too_early(monkeypatch, bookings.booking_repository, "find_booking")
    assert (await enter(session, visit, HowPaid.TRANSFER, id=booking.id)).id == booking.id
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE args::text LIKE '%giữ cho bạn%'"
    assert await session.scalar(text(jobs)) == 1


async def test_cash_for_what_is_not_held_is_refused(session):
    """113: a hold that is over, an operator's party and another producer's are not paid in cash."""
    visit, other = await make_visit(session), await make_visit(session)
    booking = await enter(session, visit, HowPaid.TRANSFER)
    about = {"booking_id": booking.id, "producer_id": visit.producer.id}
    with pytest.raises(HoldOverError):
        await by_hand.take_cash(session, now=booking.expires_at, **about)
    with pytest.raises(BookingNotFoundError):
        await by_hand.take_cash(session, booking_id=booking.id, producer_id=other.producer.id, now=NOW)
    operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    booking.operator_id = operator.id
    await session.flush()
    with pytest.raises(BookingNotFoundError):
        await by_hand.take_cash(session, now=NOW, **about)


@pytest.fixture
async def desk(db, client):
    """A guide's phone and a visit of this morning: (phone, visit, address of the form)."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=NOW + timedelta(hours=1))
        phone = await make_phone(session, client, producer_id=visit.producer.id)
    return phone, visit, f"/producer/tours/departures/{visit.departure.id}/party"


async def test_the_form_on_the_days_page(db, desk, house):
    """110, 112: from the day's page to the form; cash leads to the code, a transfer to a QR and a button for cash."""
    phone, visit, form = desk
    client = phone.client
    assert f'href="{form}"' in (await client.get("/producer/tours/day")).text
    assert "còn 20 chỗ" in (await client.get(form)).text.lower()
    adult = f"unit_{visit.units[UnitType.ADULT].id}"
    data = {"id": str(uuid7()), adult: "2", "contact_name": "Cô Sáu", "how": "cash"}
    sold = await client.post(form, data=data)
    page = await client.get(sold.headers["location"])
    assert sold.status_code == 303 and "Khách đã có vé." in page.text
    held = await client.post(form, data={**data, "id": str(uuid7()), "how": "transfer"})
    page = await client.get(held.headers["location"])
    assert "Đã nhận 300.000" in page.text and "<svg" in page.text
    day = (await client.get("/producer/tours/day")).text
    assert "Đang giữ chỗ, chưa trả tiền" in day and held.headers["location"] in day
    cash = held.headers["location"].replace("/pay", "/cash")
    assert (await client.post(cash)).status_code == 303
    later = await client.post(form, data={**data, "id": str(uuid7()), "how": "later"})
    assert later.headers["location"] == f"/producer/tours/day?on={visit.departure.local_on}"
    late = await client.post(form, data={**data, "id": str(uuid7()), "how": "transfer"})
    house.clock = FrozenClock(NOW + timedelta(minutes=16))
    over = await client.post(late.headers["location"].replace("/pay", "/cash"))
    assert over.status_code == 409 and "Chỗ này không còn giữ nữa." in over.text


async def test_the_form_says_the_prices_of_its_day(db, desk):
    """88, 110: what the host asks for in cash is what the books write down, on a day of another price too."""
    phone, visit, form = desk
    async with db.transaction() as session:
        await price(session, visit, weekdays=[])
    assert "180.000" in (await phone.client.get(form)).text
    data = {"id": str(uuid7()), f"unit_{visit.units[UnitType.ADULT].id}": "2", "contact_name": "Cô Sáu"}
    sold = await phone.client.post(form, data={**data, "how": "cash"})
    assert "360.000" in (await phone.client.get(sold.headers["location"])).text


async def test_the_hosts_own_number_is_no_guests(db, desk):
    """47, 110: of who gave no number the day's page shows none to call, and enough guests are not called too few."""
    phone, visit, form = desk
    async with db.transaction() as session:
        await session.execute(update(Tour).values(minimum_heads=3, decide_hours=0))
    data = {f"unit_{visit.units[UnitType.ADULT].id}": "2", "contact_name": "Cô Sáu"}
    for how, words in (
        ("cash", "Mới có 2 trên 3 người"),
        ("later", "Mới có 2"),
        ("cash", "4 người, đủ để đi"),
    ):
        await phone.client.post(form, data={**data, "id": str(uuid7()), "how": how})
        day = (await phone.client.get("/producer/tours/day")).text
        assert words in day and "Cô Sáu" in day and "tel:" not in day
    await phone.client.post(
        form, data={**data, "id": str(uuid7()), "how": "cash", "contact_phone": "0912 345 678"}
    )
    assert "tel:0912345678" in (await phone.client.get("/producer/tours/day")).text


async def test_what_is_wrong_in_the_form_is_said_beside_it(db, desk):
    """110: nothing that was typed is lost, and more people than seats are refused with what is left."""
    phone, visit, form = desk
    adult = f"unit_{visit.units[UnitType.ADULT].id}"
    data = {"id": str(uuid7()), adult: "2", "contact_name": "", "how": "cash"}
    wrong = await phone.client.post(form, data=data)
    assert wrong.status_code == 422 and 'value="2"' in wrong.text
    many = await phone.client.post(
        form,
        data={**data, f"unit_{visit.units[UnitType.FAMILY].id}": "6", adult: "0", "contact_name": "Cô Sáu"},
    )
    assert many.status_code == 409 and "Cô Sáu" in many.text


async def test_who_has_no_phone_needs_the_guests(db, client):
    """110: without a number of the host's own the guest's is asked for."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        nobody = await make_person(session, name="Chị Lan")
        await make_membership(session, producer_id=visit.producer.id, person_id=nobody.id, role=Role.GUIDE)
        await log_in(session, client, nobody.id)
        nobody.phone = None
    data = {
        "id": str(uuid7()),
        f"unit_{visit.units[UnitType.ADULT].id}": "1",
        "contact_name": "Cô Sáu",
        "how": "cash",
    }
    said = await client.post(f"/producer/tours/departures/{visit.departure.id}/party", data=data)
    assert said.status_code == 422 and "Bạn ghi số điện thoại của khách." in said.text
