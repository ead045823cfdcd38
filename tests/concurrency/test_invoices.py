"""A buyer changes the company while the seller issues the invoice: real connections, and a control without the lock."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from storefront.fulfilment import invoicing
from storefront.invoices import service as invoices
from storefront.invoices.errors import InvoicedError
from storefront.invoices.models import InvoiceBuyer, SoldKind
from storefront.invoices.schemas import BuyerFields
from storefront.orders import invoicing as asking
from storefront.orders import parcels
from tests.factories.orders import make_paid_order
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.instants import until_stopped
from tests.storefront.invoices.test_invoices import ISSUED

FIRST = BuyerFields(name="Công ty Núi Xanh")
LATE = BuyerFields(name="Công ty Lạ")


@pytest.fixture
async def parcel(db):
    """A paid parcel whose buyer named a company, and who writes its invoice: (parcel, person)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        order = await make_paid_order(session, variant)
        [found] = await parcels.list_parcels(session, order)
        one = found.consignment
        await asking.ask(session, order_id=order.id, buyer=FIRST, now=NOW)
        made = await make_membership(session, role=Role.ACCOUNTANT, producer_id=one.producer_id)
    return one, made.person_id


async def change_while_issuing(db, parcel, change):
    """The invoice is written, and before that is committed the buyer sends the form again; answers whom it is for then."""
    one, person_id = parcel
    is_written = asyncio.Event()

    async def issue():
        async with db.transaction() as session:
            await invoicing.write_invoice(
                session,
                consignment_id=one.id,
                producer_id=one.producer_id,
                issued=ISSUED,
                person_id=person_id,
                now=NOW,
            )
            is_written.set()
            await until_stopped(db, sending)

    async def send():
        await is_written.wait()
        async with db.transaction() as session:
            await change(session)

    sending = asyncio.create_task(send())
    told = await asyncio.gather(issue(), sending, return_exceptions=True)
    async with db.transaction() as session:
        return told[1], await session.scalar(select(InvoiceBuyer.name))


async def test_an_invoice_that_is_being_issued_keeps_its_company(db, parcel):
    """I4: the buyer's change waits for the seller, and is refused once the invoice is there."""

    async def ask(session):
        await asking.ask(session, order_id=parcel[0].order_id, buyer=LATE, now=NOW)

    refusal, name = await change_while_issuing(db, parcel, ask)
    assert isinstance(refusal, InvoicedError) and name == FIRST.name


async def test_without_the_lock_it_changes_under_the_sellers_hands(db, parcel):
    """Negative control: who does not take the order's lock sees no invoice yet, and writes over its company."""

    async def ask(session):
        await invoices.save_buyer(session, kind=SoldKind.PARCEL, sold_id=parcel[0].id, buyer=LATE, now=NOW)

    refusal, name = await change_while_issuing(db, parcel, ask)
    assert refusal is None and name == LATE.name
