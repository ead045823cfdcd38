"""The books: balanced, booked once, never changed (BOOKS.md)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.errors import UnbalancedError

BANK = accounts.bank("970436", "0123456789")


async def book(session, house, *, source, entries, kind="receipt"):
    now = house.clock.now()
    return await ledger.record(
        session, kind=kind, source=source, memo="CP234567A", entries=entries, occurred_at=now, now=now
    )


async def test_a_journal_is_booked_once(session, house):
    """B3: the same fact books nothing the second time, whatever its entries say."""
    assert await book(session, house, source="a", entries=[(BANK, 5), (accounts.suspense_unmatched(), -5)])
    assert not await book(
        session, house, source="a", entries=[(BANK, 7), (accounts.suspense_unmatched(), -7)]
    )
    assert await book(
        session, house, source="a", kind="return", entries=[(BANK, -2), (accounts.suspense_unmatched(), 2)]
    )
    assert await ledger.balance(session, BANK) == 3


@pytest.mark.parametrize("entries", [[], [("a", 0)], [("a", 5)], [("a", 5), ("b", -4)], [("a", 0), ("b", 0)]])
async def test_an_unbalanced_journal_is_refused(session, house, entries):
    """B1, B6: sides that do not sum to zero, or fewer than two, never reach the database."""
    with pytest.raises(UnbalancedError):
        await book(session, house, source="x", entries=entries)


async def test_a_side_of_zero_is_left_out(session, house):
    """B6: a journal with an empty third side is booked with two."""
    await book(session, house, source="z", entries=[("a", 5), ("b", 0), ("c", -5)])
    [booked] = await ledger.list_journals(session, limit=5)
    assert booked.entries == [("a", 5), ("c", -5)]


async def test_the_database_refuses_an_unbalanced_journal(db, house):
    """B1: whoever goes around the service meets the constraint at commit."""
    with pytest.raises(DBAPIError, match="does not sum to zero"):
        async with db.transaction() as session:
            await book(session, house, source="q", entries=[("a", 5), ("b", -5)])
            await session.execute(
                text(
                    "INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at) "
                    "SELECT gen_random_uuid(), id, 'a', 1, now() FROM journals"
                )
            )


@pytest.mark.parametrize("table", ["journals", "journal_entries"])
@pytest.mark.parametrize("change", ["UPDATE {} SET created_at = now()", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_the_books(session, house, table, change):
    """B2: journals and entries are insert-only."""
    await book(session, house, source="q", entries=[("a", 5), ("b", -5)])
    with pytest.raises(DBAPIError):
        await session.execute(text(change.format(table)))


async def test_balances_are_found_by_prefix(session, house):
    """B4: every account that begins with the prefix is summed, and no wildcard is read into it."""
    one, two = uuid7(), uuid7()
    await book(session, house, source="1", entries=[(BANK, 9), (accounts.seller_payable(one), -9)])
    await book(session, house, source="2", entries=[(BANK, 4), (accounts.seller_payable(two), -4)])
    await book(session, house, source="3", entries=[(BANK, -4), (accounts.seller_payable(two), 4)])
    assert await ledger.balances(session, "seller_payable:") == {
        accounts.seller_payable(one): -9,
        accounts.seller_payable(two): 0,
    }
    assert await ledger.balances(session, "seller%") == {}
    assert await ledger.balance(session, "nobody") == 0


async def test_journals_are_listed_by_account(session, house):
    """An account's own list holds its journals alone, with all their sides."""
    await book(session, house, source="1", entries=[(BANK, 9), ("x", -9)])
    await book(session, house, source="2", entries=[("y", 4), ("x", -4)])
    assert len(await ledger.list_journals(session, limit=5)) == 2
    [only] = await ledger.list_journals(session, limit=5, account=BANK)
    assert only.entries == [(BANK, 9), ("x", -9)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=6))
async def test_the_trial_balance_is_zero(session, house, amounts):
    """B5: whatever is booked, all accounts together sum to zero."""
    for amount in amounts:
        order = uuid7()
        entries = [
            (accounts.buyer_receivable("order", order), amount),
            (accounts.delivery_payable(order), -(amount // 3)),
            (accounts.platform_fee(), amount // 3 - amount),
        ]
        await book(session, house, source=str(order), entries=entries)
    lines = await ledger.get_trial_balance(session)
    assert sum(line.balance_minor for line in lines) == 0
    assert sum(line.debit_minor for line in lines) == sum(line.credit_minor for line in lines)


def test_every_kind_of_account_has_its_words():
    """An accountant reads names, not codes; an unknown kind still shows its own."""
    order = uuid7()
    names = [
        BANK,
        accounts.gateway_clearing("stripe"),
        accounts.buyer_receivable("order", order),
        accounts.seller_payable(order),
        accounts.delivery_payable(order),
        accounts.suspense_unmatched(),
        accounts.refund_payable("order", order),
        accounts.payout_in_transit(order),
        accounts.deposits(order),
        accounts.platform_fee(),
        accounts.tax_withheld(order),
        accounts.intake_cost(order),
        accounts.member_payable(order, order),
        accounts.member_advance(order, order),
        accounts.coop_funds(order),
        accounts.courier_receivable(order),
        accounts.courier_deferred(order),
        accounts.producer_cash(order),
        accounts.store_credit(order),
        accounts.marketing_expense(),
        accounts.operator_receivable(order),
    ]
    assert {accounts.kind_of(name) for name in names} == set(accounts.KINDS)
    assert str(accounts.describe_kind("odd")) == "odd"
