"""The money of a visit where deposits, add-ons, terms, cash and people who leave meet: the books are whole after every step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import ProducerKind
from storefront.closing import service as closing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payouts import holding
from storefront.tours import (
    balances,
    bookings,
    by_hand,
    calling_off,
    cancelling,
    choices,
    invoicing,
    party_people,
)
from storefront.tours.models import BalanceRule, BookingState, CallOffReason
from tests.books import list_breaches
from tests.factories.visits import NOW, SECRET, SITE, make_visit
from tests.storefront.tours.test_bookings import book, paid_booking
from tests.storefront.tours.test_deposits import START, pay_rest
from tests.storefront.tours.test_extras import change, make_fish

HALF = START - timedelta(days=3)
STEPS = {"cancellation_cutoff_hours": 168, "cancellation_steps": [[48, 50]]}
SHARE = {"deposit_percent": 30, "balance_rule": BalanceRule.GATE}
FISH = 33_333
"""A price that no half and no third divides."""


async def household(session, **more):
    """A household's visit in ten days: all back until a week before, half until two days before."""
    visit = await make_visit(session, starts_at=START, **STEPS | more)
    visit.producer.kind = ProducerKind.HOUSEHOLD
    await session.flush()
    return visit, await make_fish(session, visit, price_minor=FISH)


async def payable(session, visit, now=NOW):
    """What could be paid out to the producer now; nothing in the books is odd."""
    await session.flush()
    assert await list_breaches(session, now=now) == []
    for day in {NOW.date(), now.date()}:
        checks = (await closing.look_through(session, Period.of_day(day))).checks
        assert not [(one.question, one.findings) for one in checks if one.findings]
    held = (await holding.sum_held(session, now=now)).get(visit.producer.id, {})
    owed = -await ledger.balance(session, accounts.seller_payable(visit.producer.id))
    return owed - held.get("seller_payable", 0)


async def invoiced(session, visit, booking):
    """What is invoiced of a booking; its lines make the sum."""
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert sum(line.amount_minor for line in draft.lines) == draft.total_minor
    return draft.total_minor


async def going_back(session, booking):
    """What goes back to the party."""
    return -await ledger.balance(session, accounts.refund_payable("booking", booking.id))


async def leave(session, booking):
    """The first of a party leaves it."""
    item, _unit = (await bookings.get_party(session, booking)).items[0]
    await party_people.change_people(
        session,
        booking_id=booking.id,
        leaving=[item.place],
        added={},
        seen=2,
        added_id=uuid7(),
        secret=SECRET,
        now=NOW,
    )


@pytest.mark.parametrize("share", [{}, SHARE])
async def test_less_of_everything_then_cancelled_for_half(session, share):
    """Paid at once or in two parts, a party gives up its fish, then somebody, then the rest for half (81, 83, 95, 117)."""
    visit, fish = await household(session, **share)
    booking = await paid_booking(session, visit, 2, extras={fish.id: 1})
    assert await payable(session, visit) == 0
    if share:
        await pay_rest(session, booking)
    assert await payable(session, visit) == 0
    await change(session, booking, {})
    assert (await payable(session, visit), await invoiced(session, visit, booking)) == (0, 300_000)
    await leave(session, booking)
    assert (await payable(session, visit), await invoiced(session, visit, booking)) == (0, 150_000)
    await cancelling.cancel_booking(session, booking_id=booking.id, now=HALF)
    # 7 % of what was kept is withheld.
    assert await payable(session, visit, HALF) == 75_000 - 5_250
    assert await invoiced(session, visit, booking) == 75_000
    assert await going_back(session, booking) == FISH + 150_000 + 75_000


async def test_a_deposit_on_add_ons_is_cancelled_for_half(session):
    """Thirty per cent of all that was chosen was paid, part of the rest came; half of the deposit goes back (81, 84, 94)."""
    visit, fish = await household(session, **SHARE)
    booking = await paid_booking(session, visit, 2, extras={fish.id: 1})
    await pay_rest(session, booking, amount=50_000)
    assert await payable(session, visit) == 0
    await cancelling.cancel_booking(session, booking_id=booking.id, now=HALF)
    assert await payable(session, visit, HALF) > 0
    assert (await invoiced(session, visit, booking), await going_back(session, booking)) == (50_000, 50_000)


@pytest.mark.parametrize("share", [{}, SHARE])
async def test_a_day_called_off_after_less_was_taken(session, share):
    """All that is left of what was paid goes back, and the producer keeps nothing (82, 93)."""
    visit, fish = await household(session, **share)
    booking = await paid_booking(session, visit, 2, extras={fish.id: 2})
    if share:
        await pay_rest(session, booking)
    await change(session, booking, {fish.id: 1})
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=HALF
    )
    await choices.choose_money(session, booking_id=booking.id, now=HALF)
    assert await going_back(session, booking) == 300_000 + 2 * FISH
    assert await payable(session, visit, HALF) == 0
    assert await ledger.balance(session, accounts.seller_payable(visit.producer.id)) == 0


@pytest.mark.parametrize("share", [{}, SHARE])
async def test_cash_waits_with_its_sale(session, share):
    """What the host has in hand is set off, and waits as the sale does; the rest in cash comes on top of what was sent (87, 111, 113)."""
    visit, fish = await household(session, **share)
    booking = await book(session, visit, 2, extras={fish.id: 1})
    await by_hand.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=NOW)
    assert booking.state is BookingState.CONFIRMED
    assert await payable(session, visit) == 0
    if share:
        await pay_rest(session, booking, amount=50_000)
        await balances.take_cash(session, booking_id=booking.id, producer_id=visit.producer.id, now=HALF)
    assert await payable(session, visit, HALF) == 0
    assert await invoiced(session, visit, booking) == 300_000 + FISH
    over = START + timedelta(days=1)
    # What came by transfer, less the tax of all of it.
    tax = await ledger.balance(session, accounts.tax_withheld(visit.producer.id))
    assert await payable(session, visit, over) == (50_000 if share else 0) + tax
