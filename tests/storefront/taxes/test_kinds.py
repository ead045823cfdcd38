"""What each line of an order is to the tax office, from the listing to the last refund (ledger/BOOKS.md, T11)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Producer, ProducerKind
from producers.listings.models import Listing, TaxKind
from storefront.fulfilment import invoicing, refunding, weighing
from storefront.fulfilment import service as fulfilment
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.refunds.models import RefundReason
from storefront.taxes.models import TaxEntry
from tests.factories.orders import SECRET, make_paid_order
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.scale import show_scale
from tests.factories.storefront import NOW, make_cart, make_fish, make_listing, make_stock, make_variant
from tests.storefront.fulfilment.test_weighing import typed
from tests.storefront.taxes.test_trade import breaches


async def make_household(session):
    """A household that sells."""
    return (await make_producer(session, kind=ProducerKind.HOUSEHOLD)).id


async def offer(session, producer_id, kind=TaxKind.GOODS, **facts):
    """A pack of a listing of this kind, on the shelf."""
    listing = await make_listing(session, producer_id=producer_id, tax_kind=kind)
    pack = await make_variant(session, listing_id=listing.id, **facts)
    await make_stock(session, pack)
    return pack


async def sell(session, *packs):
    """The one parcel of a paid order."""
    [parcel] = await parcels.list_parcels(session, await make_paid_order(session, *packs))
    return parcel


async def entries(session, producer_id, *, withheld=True):
    """{kind: (base, VAT, PIT)} of what was withheld of a seller, or set off."""
    found = await session.scalars(select(TaxEntry).where(TaxEntry.producer_id == producer_id))
    return {
        one.kind: (one.base_minor, one.vat_minor, one.pit_minor)
        for one in found
        if (one.base_minor > 0) is withheld
    }


async def give_back(session, parcel, lines):
    """Give the price of some lines back."""
    person = await make_person(session)
    await refunding.give_back(
        session, parcel, lines, reason=RefundReason.RETURNED, person_id=person.id, now=NOW
    )


async def test_each_line_bears_the_tax_of_its_kind(session):
    """T11: tea as goods, drying as a service; what goes back sets off its own kind and no other, to the last đồng."""
    seller = await make_household(session)
    tea, drying = (
        await offer(session, seller),
        await offer(session, seller, TaxKind.SERVICES, price_minor=100_000),
    )
    parcel = await sell(session, tea, drying)
    assert await entries(session, seller) == {
        TaxKind.GOODS: (350_000, 3_500, 1_750),
        TaxKind.SERVICES: (100_000, 5_000, 2_000),
        TaxKind.TRANSPORT: (30_000, 900, 450),
    }
    [service, goods] = sorted(parcel.lines, key=lambda line: line.amount_minor)
    await give_back(session, parcel, [service])
    assert await entries(session, seller, withheld=False) == {TaxKind.SERVICES: (-100_000, -5_000, -2_000)}
    assert await breaches(session) == []
    await give_back(session, parcel, [goods])
    assert await ledger.balance(session, accounts.tax_withheld(seller)) == 0
    assert await breaches(session) == []


async def test_a_line_keeps_the_kind_of_its_day(session):
    """T11, O1: a listing that turns into a service later leaves the order's line, its tax and its refund goods."""
    seller = await make_household(session)
    pack = await offer(session, seller)
    parcel = await sell(session, pack)
    (await session.get_one(Listing, pack.listing_id)).tax_kind = TaxKind.SERVICES
    await session.flush()
    [line] = (await parcels.list_parcels(session, parcel.order))[0].lines
    assert line.tax_kind is TaxKind.GOODS
    await give_back(session, parcel, parcel.lines)
    assert TaxKind.SERVICES not in await entries(session, seller, withheld=False)
    again = await sell(session, pack)
    assert again.lines[0].tax_kind is TaxKind.SERVICES


async def test_a_kind_is_rounded_once_in_a_parcel(session):
    """T4, T11: two services for 10 đồng each bear 1 đồng of VAT together, not one each; the goods beside them their own."""
    seller = await make_household(session)
    packs = [await offer(session, seller, TaxKind.SERVICES, price_minor=10) for _line in range(2)]
    await sell(session, *packs, await offer(session, seller, price_minor=50))
    found = await entries(session, seller)
    assert (found[TaxKind.SERVICES], found[TaxKind.GOODS]) == ((20, 1, 0), (50, 1, 0))


async def test_carrying_that_is_sold_is_taxed_with_the_delivery(session):
    """T11: what is sold as transport and the delivery fee are one kind; all of it goes back and leaves nothing."""
    seller = await make_household(session)
    parcel = await sell(session, await offer(session, seller, TaxKind.TRANSPORT, price_minor=100_000))
    assert await entries(session, seller) == {TaxKind.TRANSPORT: (130_000, 3_900, 1_950)}
    assert await ledger.balance(session, accounts.delivery_payable(seller)) == -30_000 + 5_850
    await give_back(session, parcel, parcel.lines)
    assert await ledger.balance(session, accounts.tax_withheld(seller)) == 0
    assert await breaches(session) == []


async def test_what_nobody_can_tell_bears_the_highest(session):
    """T3, T11: a listing whose kind is not known bears the rate of services."""
    seller = await make_household(session)
    await sell(session, await offer(session, seller, TaxKind.OTHER, price_minor=100_000))
    assert (await entries(session, seller))[TaxKind.OTHER] == (100_000, 5_000, 2_000)


async def test_the_scale_sets_off_the_kind_of_its_line(session):
    """T11, W5: a line that weighs less sets off its own kind."""
    seller = await make_household(session)
    listing = await make_listing(session, producer_id=seller, tax_kind=TaxKind.SERVICES)
    fish = await make_fish(session, listing_id=listing.id)
    await make_stock(session, fish, on_hand=5)
    parcel = await sell(session, fish)
    act = {"consignment_id": parcel.consignment.id, "producer_id": seller, "now": NOW}
    act["person_id"] = (await make_person(session)).id
    await fulfilment.confirm(session, **act)
    await show_scale(session)
    await weighing.weigh(session, **act, weighing=typed(parcel, 2_000))
    assert await entries(session, seller, withheld=False) == {TaxKind.SERVICES: (-64_000, -3_200, -1_280)}
    assert await breaches(session) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (TaxKind.GOODS, None),
        (TaxKind.SERVICES, "Dịch vụ"),
        (TaxKind.TRANSPORT, "Chở thuê, hoặc làm thuê có kèm nguyên liệu"),
        (TaxKind.OTHER, None),
    ],
)
async def test_page_and_invoice_say_what_is_no_goods(client, db, kind, said):
    """T11: checkout and order name a service as one; an invoice is told the kind of every line, the delivery's too."""
    async with db.transaction() as session:
        seller = await make_household(session)
        pack = await offer(session, seller, kind)
        _cart, token = await make_cart(session, lines={pack.id: 1})
        parcel = await sell(session, pack)
        draft = await invoicing.draft_invoice(
            session, consignment_id=parcel.consignment.id, producer=await session.get_one(Producer, seller)
        )
    assert [line.kind for line in draft.lines] == [kind, TaxKind.TRANSPORT]
    client.cookies.set("cart", token)
    for address in ("/checkout", f"/orders/{orders.make_token(SECRET, parcel.order.id)}"):
        page = (await client.get(address)).text
        assert [words for words in ("Dịch vụ", "Chở thuê") if f">{words}" in page] == (
            [] if said is None else [said.split(",", maxsplit=1)[0]]
        )
