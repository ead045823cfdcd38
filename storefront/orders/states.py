"""The states of an order: which may follow which, and how an order sums up its consignments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from storefront.orders.errors import WrongStateError
from storefront.orders.models import Consignment, Order, OrderState

NEXT: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.AWAITING_CONFIRMATION, OrderState.CANCELLED}),
    # Goods that were recalled before they left: nothing remains to be sent, and the money goes back.
    OrderState.AWAITING_CONFIRMATION: frozenset({OrderState.PACKING, OrderState.CANCELLED}),
    OrderState.PACKING: frozenset({OrderState.SHIPPING, OrderState.CANCELLED}),
    # Nobody took it, and it was to be paid on delivery (`settlement`, M6): all others are delivered first.
    OrderState.SHIPPING: frozenset({OrderState.DELIVERED, OrderState.RETURNED}),
    OrderState.DELIVERED: frozenset({OrderState.COMPLETED, OrderState.RETURNED}),
    OrderState.COMPLETED: frozenset(),
    # Money that came late, for goods that are still there, wakes an order up.
    OrderState.CANCELLED: frozenset({OrderState.AWAITING_CONFIRMATION}),
    OrderState.RETURNED: frozenset(),
}
WAY = (
    OrderState.AWAITING_PAYMENT,
    OrderState.AWAITING_CONFIRMATION,
    OrderState.PACKING,
    OrderState.SHIPPING,
    OrderState.DELIVERED,
    OrderState.COMPLETED,
)
"""The way of an order when nothing goes wrong."""
_STAMPS = {
    OrderState.PACKING: "confirmed_at",
    OrderState.SHIPPING: "shipped_at",
    OrderState.DELIVERED: "delivered_at",
    OrderState.RETURNED: "returned_at",
}


def transition(consignment: Consignment, to: OrderState, *, now: datetime) -> None:
    """Move a consignment to its next state and stamp the instant; `WrongStateError` for any other way than NEXT's."""
    if to not in NEXT[consignment.state]:
        raise WrongStateError(consignment.state)
    consignment.state = to
    if to in _STAMPS:
        setattr(consignment, _STAMPS[to], now)


def not_before_last(consignment: Consignment, done_at: datetime) -> datetime:
    """When a step was done: never before the step that it follows, whatever a phone's clock said."""
    steps = (consignment.created_at, consignment.confirmed_at, consignment.packed_at, consignment.shipped_at)
    return max(done_at, *(at for at in steps if at is not None))


def sum_states(states: Collection[OrderState]) -> OrderState:
    """The state of an order: that of its slowest consignment; one that ended early counts only when all did."""
    for ended in ({OrderState.CANCELLED}, {OrderState.CANCELLED, OrderState.RETURNED}):
        if ended.issuperset(states):
            return OrderState.CANCELLED if len(ended) == 1 else OrderState.RETURNED
    return min((state for state in states if state in WAY), key=WAY.index)


def state_at(order: Order, now: datetime) -> OrderState:
    """The state as it is at `now`: what nobody paid in time is cancelled, swept or not."""
    is_over = order.state is OrderState.AWAITING_PAYMENT and order.expires_at <= now
    return OrderState.CANCELLED if is_over else order.state
