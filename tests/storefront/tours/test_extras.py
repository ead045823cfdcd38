"""Add-ons: taken with the tickets, paid, taxed and given back as what they are (BOOKINGS.md, 90 to 96)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.errors import ConflictError
from app.core.ids import uuid7
from producers.cooperatives.models import ProducerKind
from producers.listings.models import TaxKind
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import AttemptState, CardAttempt, PayableKind
from storefront.refunds import service as refunds
from storefront.taxes.models import TaxEntry
from storefront.tours import (
    balances,
    bookings,
    cancelling,
    extra_changing,
    extras,
    invoicing,
    moving,
    sweeping,
)
from storefront.tours.errors import (
    ExtraGoneError,
    NotChangeableError,
    PartyError,
    TourNotFoundError,
)
from storefront.tours.extra_models import ExtraPer
from storefront.tours.models import BalanceRule, BookingState, UnitType
from storefront.tours.schemas import ExtraFields
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, make_departure, make_visit
from tests.storefront.tours.test_bookings import book, paid_booking, pay

LUNCH, FISH = 80_000, 150_000


async def make_extra(session, visit, **fields):
    """Lunch for everybody, a service."""
    wanted = {"name": "Cơm trưa", "per": ExtraPer.HEAD, "price_minor": LUNCH, "is_active": True}
    return await extras.save_extra(
        session, tour_id=visit.tour.id, extra_id=None, fields=ExtraFields(**wanted | fields), now=NOW
    )


async def make_fish(session, visit, **fields):
    """A fish to take home, a good."""
    fish = {"name": "Cá mang về", "per": "piece", "price_minor": FISH, "tax_kind": TaxKind.GOODS}
    return await make_extra(session, visit, **fish | fields)


async def taken(session, booking):
    """What a party took, in words."""
    said = extras.say_all((await extras.list_taken(session, [booking.id]))[booking.id])
    return None if said is None else str(said)


async def asked_for(session, booking):
    """What its payment asks for."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    return payment.amount_minor


async def change(session, booking, asked, now=NOW):
    """The party takes other things."""
    return await extra_changing.change(session, booking_id=booking.id, asked=asked, now=now)


async def test_lunch_is_for_all_and_fish_by_the_piece(session):
    """What is for everybody is as many as the heads, pieces as many as asked for, at the price of the moment (90, 91)."""
    visit = await make_visit(session)
    lunch, fish = await make_extra(session, visit), await make_fish(session, visit)
    booking = await book(session, visit, 3, extras={lunch.id: 1, fish.id: 2})
    assert await taken(session, booking) == "3 × Cơm trưa, 2 × Cá mang về"
    total = 3 * 150_000 + 3 * LUNCH + 2 * FISH
    assert (booking.total_minor, await asked_for(session, booking)) == (total, total)
    fields = ExtraFields(name="Cơm gà", per="head", price_minor=90_000, is_active=False)
    await extras.save_extra(session, tour_id=visit.tour.id, extra_id=lunch.id, fields=fields, now=NOW)
    party = await bookings.get_party(session, booking)
    assert (party.extras[0].name, party.extras[0].price_minor) == ("Cơm trưa", LUNCH)
    for wrong in ({lunch.id: 1}, {uuid7(): 1}, {fish.id: 51}, {fish.id: -1}):
        with pytest.raises(PartyError):
            await book(session, visit, extras=wrong)
    assert await taken(session, await book(session, visit, extras={fish.id: 0})) is None
    stranger = await make_visit(session)
    with pytest.raises(TourNotFoundError):
        await extras.save_extra(session, tour_id=stranger.tour.id, extra_id=lunch.id, fields=fields, now=NOW)


async def test_a_date_has_only_so_many(session):
    """A limit counts holds and goes with the date; the refusal says how many are left; what ends gives back (92)."""
    visit = await make_visit(session)
    fish = await make_fish(session, visit, most=5)
    first = await book(session, visit, extras={fish.id: 4})
    with pytest.raises(ExtraGoneError, match="chỉ còn 1"):
        async with session.begin_nested():
            await book(session, visit, extras={fish.id: 2})
    fish_id = fish.id
    await book(session, visit, extras={fish_id: 1})
    with pytest.raises(ExtraGoneError, match="hết rồi"):
        async with session.begin_nested():
            await book(session, visit, extras={fish_id: 1})
    over = NOW + timedelta(minutes=16)
    again = await book(session, visit, extras={fish_id: 5}, now=over)
    assert (await bookings.get_booking(session, first.id)).state is BookingState.EXPIRED
    await cancelling.cancel_booking(session, booking_id=again.id, now=over)
    await book(session, visit, extras={fish_id: 5}, now=over)


async def test_add_ons_go_along_to_another_day(session):
    """A party that moves takes its add-ons along if the other day has them (93)."""
    visit = await make_visit(session)
    fish = await make_fish(session, visit, most=5)
    there = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(days=5))
    had = await book(session, visit, departure_id=there.id, extras={fish.id: 3})
    booking = await paid_booking(session, visit, 2, extras={fish.id: 3})
    with pytest.raises(ExtraGoneError):
        async with session.begin_nested():
            await moving.move(session, booking_id=booking.id, departure_id=there.id, now=NOW)
    await cancelling.cancel_booking(session, booking_id=had.id, now=NOW)
    moved = await moving.move(session, booking_id=booking.id, departure_id=there.id, now=NOW)
    assert (moved.departure_id, await taken(session, moved)) == (there.id, "3 × Cá mang về")


async def test_money_that_comes_late_finds_its_fish_gone(session):
    """Late money is not taken when another has what the party had chosen (92)."""
    visit = await make_visit(session)
    fish = await make_fish(session, visit, most=2)
    late = await book(session, visit, extras={fish.id: 2})
    over = NOW + timedelta(minutes=16)
    await sweeping.expire_holds(session, now=over)
    await book(session, visit, extras={fish.id: 1}, now=over)
    await pay(session, late, now=over)
    assert (await bookings.get_booking(session, late.id)).state is BookingState.EXPIRED
    await session.refresh(visit.departure)
    assert visit.departure.taken == 1


async def test_tax_and_invoice_know_goods_from_services(session):
    """The sale of a household is taxed and invoiced by kind, and set off by kind when it goes back (94)."""
    visit = await make_visit(session)
    visit.producer.kind = ProducerKind.HOUSEHOLD
    lunch, fish = await make_extra(session, visit), await make_fish(session, visit)
    booking = await paid_booking(session, visit, 2, extras={lunch.id: 1, fish.id: 1})
    assert await extras.split(session, booking) == {
        TaxKind.SERVICES: 2 * 150_000 + 2 * LUNCH,
        TaxKind.GOODS: FISH,
    }
    rows = await session.execute(select(TaxEntry.kind, TaxEntry.base_minor))
    assert {kind: base for kind, base in rows} == await extras.split(session, booking)  # noqa: C416 - rows
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert [(line.title, line.quantity, line.amount_minor, line.kind) for line in draft.lines[1:]] == [
        ("Cơm trưa", "2", 2 * LUNCH, TaxKind.SERVICES),
        ("Cá mang về", "1", FISH, TaxKind.GOODS),
    ]
    assert sum(line.amount_minor for line in draft.lines) == draft.total_minor
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    [refund] = await refunds.list_of(session, PayableKind.BOOKING, [booking.id])
    assert refund.amount_minor == booking.total_minor
    owed = await ledger.balance(session, accounts.seller_payable(visit.producer.id))
    assert owed == 0


@pytest.mark.parametrize("is_deposit", [True, False])
async def test_what_was_kept_is_invoiced_as_it_is_taxed(session, is_deposit):
    """Cancelled for half, the invoice says of what was kept as much goods as tax of goods stands withheld (81, 94)."""
    start = NOW + timedelta(days=10)
    steps = {"cancellation_cutoff_hours": 168, "cancellation_steps": [[48, 50]]}
    share = {"deposit_percent": 30, "balance_rule": BalanceRule.GATE} if is_deposit else {}
    visit = await make_visit(session, starts_at=start, **steps, **share)
    visit.producer.kind = ProducerKind.HOUSEHOLD
    fish = await make_fish(session, visit, price_minor=33_333)
    booking = await paid_booking(session, visit, 2, extras={fish.id: 3})
    if not is_deposit:
        await change(session, booking, {fish.id: 1})
    await cancelling.cancel_booking(session, booking_id=booking.id, now=start - timedelta(days=3))
    rows = await session.execute(select(TaxEntry.kind, func.sum(TaxEntry.base_minor)).group_by(TaxEntry.kind))
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert {line.kind: line.amount_minor for line in draft.lines} == {kind: int(base) for kind, base in rows}
    assert len(draft.lines) == 2
    assert sum(line.amount_minor for line in draft.lines) == draft.total_minor == booking.kept_minor


async def test_on_hold_the_payment_follows(session):
    """While nothing is paid a party takes other things, and the payment asks for what they cost (95)."""
    visit = await make_visit(session)
    lunch, fish = await make_extra(session, visit), await make_fish(session, visit, most=3)
    other = await book(session, visit, extras={fish.id: 1})
    booking = await book(session, visit, 2, extras={lunch.id: 1})
    await change(session, booking, {fish.id: 2})
    assert await taken(session, booking) == "2 × Cá mang về"
    assert await asked_for(session, booking) == booking.total_minor == 2 * 150_000 + 2 * FISH
    await change(session, booking, {fish.id: 1, lunch.id: 1})
    assert await asked_for(session, booking) == 2 * 150_000 + FISH + 2 * LUNCH
    await change(session, booking, {fish.id: 1, lunch.id: 1})
    ids = (booking.id, lunch.id, fish.id)
    with pytest.raises(ExtraGoneError):
        async with session.begin_nested():
            await change(session, booking, {fish.id: 3})
    booking = await bookings.get_booking(session, ids[0])
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    session.add(
        CardAttempt(
            payment_id=payment.id,
            number=1,
            provider="stripe",
            amount_minor=payment.amount_minor,
            idempotency_key="k",
            state=AttemptState.OPEN,
            created_at=NOW,
        )
    )
    with pytest.raises(ConflictError, match="đã được chốt"):
        async with session.begin_nested():
            await change(session, booking, {})
    await session.refresh(other)
    late = NOW + timedelta(minutes=20)
    with pytest.raises(NotChangeableError):
        await change(session, other, {}, now=late)


async def test_paid_it_takes_less_and_the_difference_goes_back(session):
    """Paid and free of charge a party takes less and gets the difference, once; more it does not; cancelled, the rest (95)."""
    visit = await make_visit(session)
    lunch, fish = await make_extra(session, visit), await make_fish(session, visit)
    booking = await paid_booking(session, visit, 2, extras={lunch.id: 1, fish.id: 3})
    paid = booking.total_minor
    for more in (
        {lunch.id: 1, fish.id: 4},
        {lunch.id: 1, fish.id: 3, (await make_extra(session, visit)).id: 1},
    ):
        with pytest.raises(NotChangeableError, match="chỉ bớt được"):
            async with session.begin_nested():
                await change(session, booking, more)
        await session.refresh(booking)
        await session.refresh(lunch)
        await session.refresh(fish)
    for _twice in range(2):
        await change(session, booking, {lunch.id: 1, fish.id: 1})
    [refund] = await refunds.list_of(session, PayableKind.BOOKING, [booking.id])
    assert (refund.amount_minor, booking.standing_minor) == (2 * FISH, paid - 2 * FISH)
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    given = await refunds.list_of(session, PayableKind.BOOKING, [booking.id])
    assert sum(one.amount_minor for one in given) == paid
    assert await ledger.balance(session, accounts.seller_payable(visit.producer.id)) == 0


async def test_the_hosts_list_changes_and_who_has_paid_takes_less(session):
    """A lower limit, or one by the piece that is for everybody now, refuses nobody who takes less of another (91, 95)."""
    visit = await make_visit(session)
    lunch, fish = await make_extra(session, visit, per="piece"), await make_fish(session, visit, most=5)
    booking = await paid_booking(session, visit, 3, extras={lunch.id: 1, fish.id: 5})
    lunch.per, fish.most = ExtraPer.HEAD, 2
    await session.flush()
    await change(session, booking, {lunch.id: 1, fish.id: 4})
    assert await taken(session, booking) == "1 × Cơm trưa, 4 × Cá mang về"
    assert booking.returned_minor == FISH


async def test_too_late_or_inside_nothing_changes(session):
    """Past the hours, once somebody came in, or on an operator's account, nothing changes (95)."""
    visit = await make_visit(session)
    fish = await make_fish(session, visit)
    booking = await paid_booking(session, visit, extras={fish.id: 1})
    late = visit.departure.starts_at - timedelta(hours=1)
    with pytest.raises(NotChangeableError, match="quá hạn"):
        await change(session, booking, {}, now=late)
    party = await bookings.get_party(session, booking)
    party.items[0][0].redeemed_at = NOW
    await session.flush()
    with pytest.raises(NotChangeableError, match="vào cổng"):
        await change(session, booking, {})
    booking.operator_id = uuid7()
    reason = cancelling.why_bound(booking, visit.tour, visit.departure, now=NOW)
    assert str(reason) == "Lần đặt này không đổi được nữa."
    session.expire(booking)


async def test_a_deposit_is_paid_off_before_anything_changes(db, client):
    """While a part is due the page offers no other add-ons, and what it says leads on; paid off, they change (83, 95)."""
    async with db.transaction() as session:
        visit = await make_visit(session, deposit_percent=30, balance_rule=BalanceRule.GATE)
        lunch = await make_extra(session, visit)
        booking = await book(session, visit, extras={lunch.id: 1})
        link = f"/bookings/{bookings.token_of(booking, SECRET)}"
        await pay(session, booking)
    assert f"{link}/extras" not in (await client.get(link)).text
    for page in ("extras", "people"):
        assert "trả đủ rồi mới đổi được" in (await client.get(f"{link}/{page}")).text
    async with db.transaction() as session:
        await balances.take_cash(session, booking_id=booking.id, producer_id=visit.tour.producer_id, now=NOW)
    assert f"{link}/extras" in (await client.get(link)).text
    assert "Cơm trưa" in (await client.get(f"{link}/extras")).text
    people = (await client.get(f"{link}/people")).text
    assert "bỏ món ra trước" in people and f"{link}/extras" in people


async def test_from_the_hosts_list_to_the_ticket(db, client, new_client):
    """Written down by the host, ticked without scripts, in the total, on the ticket, the day's page and at the gate (90, 96)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        await log_in(session, client, visit.host.id)
    page = f"/producer/tours/{visit.tour.id}/extras"
    assert "Thêm một món" in (await client.get(page)).text
    lunch = {
        "name": "Cơm trưa",
        "per": "head",
        "price_minor": "80k",
        "tax_kind": "services",
        "is_active": "1",
    }
    refused = await client.post(page, data=lunch | {"price_minor": ""})
    assert refused.status_code == 422 and refused.text.count('id="f-price_minor"') == 1
    assert 'href="#f-price_minor"' in refused.text and 'id="e-price_minor"' in refused.text
    assert (await client.post(page, data=lunch)).status_code == 303
    fish = {"name": "Cá", "per": "piece", "price_minor": "150k", "tax_kind": "goods", "most": "4"}
    assert (await client.post(page, data=fish | {"is_active": "1"})).status_code == 303
    async with db.transaction() as session:
        own = await extras.list_extras(session, visit.tour.id)
    changed = {"extra_id": str(own[1].id), "is_active": "1"}
    assert (await client.post(page, data=fish | changed | {"name": ""})).status_code == 422
    assert (await client.post(page, data=fish | changed | {"name": "Cá tầm"})).status_code == 303
    async with new_client() as guest:
        assert "Chọn thêm khi đặt" in (await guest.get(f"/tours/{visit.tour.slug}")).text
        form = {
            "id": str(uuid7()),
            "departure_id": str(visit.departure.id),
            f"unit_{visit.units[UnitType.ADULT].id}": "2",
            f"extra_{own[0].id}": "1",
            f"extra_{own[1].id}": "9",
            "contact_name": "Chị Mai",
            "contact_phone": "0912345678",
        }
        book_page = f"/tours/{visit.tour.slug}/book"
        gone = await guest.post(book_page, data=form)
        assert (gone.status_code, "Cá tầm ngày này chỉ còn 4" in gone.text) == (409, True)
        assert (await guest.post(book_page, data=form | {f"extra_{own[1].id}": "x"})).status_code == 422
        made = await guest.post(book_page, data=form | {f"extra_{own[1].id}": "1"})
        link = made.headers["location"]
        held = (await guest.get(link)).text
        assert "2 × Cơm trưa" in held
        assert "610.000" in held
        assert "checked" in (await guest.get(f"{link}/extras")).text
        wrong = await guest.post(f"{link}/extras", data={f"extra_{own[1].id}": "x"})
        assert wrong.status_code == 422
        gone = await guest.post(f"{link}/extras", data={f"extra_{own[1].id}": "5"})
        assert (gone.status_code, "chỉ còn 4" in gone.text) == (409, True)
        saved = await guest.post(f"{link}/extras", data={f"extra_{own[0].id}": "1"})
        assert saved.status_code == 303
        async with db.transaction() as session:
            booking = await bookings.get_by_token(session, link.rpartition("/")[2])
            await pay(session, booking)
        assert "Kèm theo" in (await guest.get(link)).text
        assert "tiền món đó trả lại" in (await guest.get(f"{link}/extras")).text
    day = (await client.get(f"/producer/tours/day?on={visit.departure.local_on}")).text
    assert "Chuẩn bị: 2 × Cơm trưa" in day
    gate = (await client.get(f"/producer/tours/gate?code={booking.code}")).text
    assert "2 × Cơm trưa" in gate
