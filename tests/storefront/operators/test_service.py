"""Accounts of tour operators: net prices, sales and what is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.operators import service
from storefront.operators.errors import DiscountError
from storefront.operators.models import OperatorSale
from storefront.tours import bookings, changing, settlement
from storefront.tours.errors import NotMovableError, TransitionError
from storefront.tours.models import BookingState, UnitType
from tests.concurrency.test_tours import book
from tests.factories.producers import make_producer
from tests.factories.visits import SECRET, make_visit, wish
from tests.house import NOW


@pytest.mark.parametrize(
    ("retail", "basis_points", "net"),
    [
        (150_000, 0, 150_000),
        (150_000, 1_000, 135_000),
        (5, 1_000, 5),  # 4.5 goes up
        (15, 5_000, 8),
        (3, 9_999, 1),  # something is always left
        (1, 9_999, 1),
    ],
)
def test_net_prices(retail, basis_points, net):
    """A ticket costs its price less the discount, half a đồng up, never nothing (BOOKS.md, BX1)."""
    assert service.net_price(retail, basis_points) == net


async def test_an_operator_is_made_once(session):
    """The same name answers the same operator; a discount or phone that is given holds from now on."""
    first = await service.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    assert (first.discount_basis_points, first.phone) == (0, None)
    again = await service.get_or_create_operator(
        session, name="Sông Cầu", discount_basis_points=1_500, phone="+84912345678", now=NOW
    )
    assert again is first and (again.discount_basis_points, again.phone) == (1_500, "+84912345678")
    kept = await service.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    assert kept.discount_basis_points == 1_500
    assert service.terms_of(kept).net_minor(200_000) == 170_000
    assert await service.find_operator(session, kept.id) is kept
    assert await service.find_operator(session, None) is None
    assert await service.get_operators(session, [kept.id]) == {kept.id: kept}


@pytest.mark.parametrize("basis_points", [-1, 10_000, 20_000])
async def test_wrong_discounts(session, basis_points):
    """A discount of less than nothing, or of all, is none."""
    with pytest.raises(DiscountError):
        await service.get_or_create_operator(
            session, name="Sông Cầu", discount_basis_points=basis_points, now=NOW
        )


async def test_a_booking_is_sold_once_and_taken_back_once(session):
    """A second sale of a booking that is sold, or a second taking back, changes nothing; sold anew it is a sale of its own (BOOKS.md, BX2 and BX3)."""
    operator = await service.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    producer, booking_id = await make_producer(session), uuid7()
    account = accounts.operator_receivable(operator.id)
    sale = {
        "operator_id": operator.id,
        "producer_id": producer.id,
        "booking_id": booking_id,
        "code": "ABC2345",
        "now": NOW,
    }
    assert not await service.take_back(session, booking_id=booking_id, now=NOW)
    assert await service.sell(session, amount_minor=300_000, **sale)
    assert not await service.sell(session, amount_minor=500_000, **sale)
    assert await ledger.balance(session, account) == 300_000
    assert await service.take_back(session, booking_id=booking_id, now=NOW)
    assert not await service.take_back(session, booking_id=booking_id, now=NOW)
    assert await ledger.balance(session, account) == 0
    assert await service.sell(session, amount_minor=500_000, **sale)
    assert await ledger.balance(session, account) == 500_000
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == -500_000
    assert await session.scalar(select(func.count()).select_from(OperatorSale)) == 2


async def test_a_visitors_booking_has_no_account(db, session):
    """What a visitor holds is neither confirmed on account nor changed as operators do."""
    async with db.transaction() as own:
        visit = await make_visit(own)
        operator = await service.get_or_create_operator(own, name="Sông Cầu", now=NOW)
    booking = await book(db, visit, 2)
    with pytest.raises(TransitionError):
        await settlement.confirm_on_account(session, booking_id=booking.id, now=NOW)
    with pytest.raises(NotMovableError):
        await changing.change_party(
            session,
            booking_id=booking.id,
            departure_id=visit.departure.id,
            units={visit.units[UnitType.ADULT].id: 1},
            kept=(),
            terms=service.terms_of(operator),
            now=NOW,
        )
    assert booking.state is BookingState.ON_HOLD
    with pytest.raises(NotMovableError):
        await changing.change_party(
            session,
            booking_id=booking.id,
            departure_id=visit.departure.id,
            units={visit.units[UnitType.ADULT].id: 1},
            kept=(),
            terms=service.terms_of(operator),
            now=NOW + timedelta(minutes=16),
        )


async def test_confirming_on_account_again(db, session):
    """What is confirmed on account already stays as it is (BOOKINGS.md, 20)."""
    async with db.transaction() as own:
        visit = await make_visit(own)
        operator = await service.get_or_create_operator(own, name="Sông Cầu", now=NOW)
        booking = await bookings.create_booking(
            own,
            booking=wish(visit, 2),
            secret=SECRET,
            person_id=None,
            language="vi",
            now=NOW,
            terms=service.terms_of(operator),
        )
    first = await settlement.confirm_on_account(session, booking_id=booking.id, now=NOW)
    codes = [item.ticket_code for item, _unit in (await bookings.get_party(session, first)).items]
    again = await settlement.confirm_on_account(
        session, booking_id=booking.id, now=NOW + timedelta(minutes=1)
    )
    assert again.confirmed_at == NOW
    assert [item.ticket_code for item, _unit in (await bookings.get_party(session, again)).items] == codes
