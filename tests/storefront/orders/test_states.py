"""The states of an order: one table, and a sum."""

from __future__ import annotations

import itertools

import pytest

from storefront.orders.errors import WrongStateError
from storefront.orders.models import Consignment, Order
from storefront.orders.models import OrderState as S
from storefront.orders.states import state_at, sum_states, transition
from storefront.orders.words import STATE_KINDS, STATE_WORDS
from tests.factories.storefront import NOW

ALLOWED = {
    (S.AWAITING_PAYMENT, S.AWAITING_CONFIRMATION),
    (S.AWAITING_PAYMENT, S.CANCELLED),
    (S.AWAITING_CONFIRMATION, S.PACKING),
    (S.AWAITING_CONFIRMATION, S.CANCELLED),
    (S.PACKING, S.CANCELLED),
    (S.PACKING, S.SHIPPING),
    (S.SHIPPING, S.DELIVERED),
    (S.SHIPPING, S.RETURNED),
    (S.DELIVERED, S.COMPLETED),
    (S.DELIVERED, S.RETURNED),
    (S.CANCELLED, S.AWAITING_CONFIRMATION),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(S, S)))
def test_only_the_table_moves_a_parcel(before, after):
    """Every step that is not in the table is a conflict and changes nothing."""
    parcel = Consignment(state=before)
    if (before, after) in ALLOWED:
        transition(parcel, after, now=NOW)
        assert parcel.state is after
    else:
        with pytest.raises(WrongStateError):
            transition(parcel, after, now=NOW)
        assert parcel.state is before


def test_steps_are_stamped():
    """The instants at which a parcel was taken on, shipped, delivered and taken back are kept."""
    parcel = Consignment(state=S.AWAITING_CONFIRMATION)
    for state in (S.PACKING, S.SHIPPING, S.DELIVERED, S.RETURNED):
        transition(parcel, state, now=NOW)
    assert {parcel.confirmed_at, parcel.shipped_at, parcel.delivered_at, parcel.returned_at} == {NOW}


@pytest.mark.parametrize(
    ("states", "total"),
    [
        ([S.SHIPPING], S.SHIPPING),
        ([S.SHIPPING, S.PACKING, S.COMPLETED], S.PACKING),
        ([S.COMPLETED, S.RETURNED], S.COMPLETED),
        ([S.RETURNED, S.RETURNED], S.RETURNED),
        ([S.CANCELLED, S.CANCELLED], S.CANCELLED),
        ([S.CANCELLED, S.RETURNED], S.RETURNED),
        ([S.CANCELLED, S.DELIVERED], S.DELIVERED),
    ],
)
def test_an_order_is_as_far_as_its_slowest_parcel(states, total):
    """The order shows the sum of its parcels; one that ended early counts only when all did."""
    assert sum_states(states) is total
    assert sum_states(states[::-1]) is total


def test_an_unpaid_order_ends_by_the_clock():
    """O4: what nobody paid in time is cancelled on read; what is paid does not end."""
    unpaid = Order(state=S.AWAITING_PAYMENT, expires_at=NOW)
    assert state_at(unpaid, NOW) is S.CANCELLED
    assert state_at(Order(state=S.PACKING, expires_at=NOW), NOW) is S.PACKING


def test_every_state_has_its_word():
    """Buyers and sellers read the same word for each state."""
    assert STATE_WORDS.keys() == STATE_KINDS.keys() == set(S)
    assert len({str(words) for words in STATE_WORDS.values()}) == len(S)
