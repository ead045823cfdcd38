"""Lines of an order: copied from a quote, a box as one line for each of its contents; and put together again for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from app.core import ids
from storefront.bundles import service as bundles
from storefront.orders.models import Consignment, OrderLine
from storefront.pricing.service import QuoteLine


def make_lines(consignment: Consignment, quoted: Iterable[QuoteLine], *, now: datetime) -> list[OrderLine]:
    """Make the lines of a parcel with the words and prices of this moment (O1); boxes become what lies in them (H5)."""
    return [
        made
        for line in quoted
        for made in (
            _of_bundle(consignment, line, now=now)
            if line.contents
            else [_of_pack(consignment, line, now=now)]
        )
    ]


def group(lines: Iterable[OrderLine]) -> list[list[OrderLine]]:
    """Put the lines of one kind of box together, in their order; every other line stands alone."""
    return [list(found) for _id, found in groupby(lines, key=lambda line: line.bundle_id or line.id)]


def _of_pack(consignment: Consignment, line: QuoteLine, *, now: datetime) -> OrderLine:
    return OrderLine(
        id=ids.uuid7(),
        order_id=consignment.order_id,
        consignment_id=consignment.id,
        variant_id=line.variant_id,
        title=line.title,
        variant_name=line.variant_name,
        sold_by=line.sold_by,
        quantity=line.quantity,
        price_minor=line.price_minor,
        price_list=line.offer.list_name if line.offer else "",
        tax_kind=line.tax_kind,
        expected_on=line.coming.expected_on if line.coming else None,
        amount_minor=line.amount_minor,
        discount_minor=line.discount_minor,
        gift_minor=line.gift_minor,
        least_g=line.bounds_g[0] if line.bounds_g else None,
        most_g=line.bounds_g[1] if line.bounds_g else None,
        created_at=now,
    )


def _of_bundle(consignment: Consignment, line: QuoteLine, *, now: datetime) -> list[OrderLine]:
    bundle_id = ids.uuid7()
    paid = bundles.divide(line.amount_minor, line.contents)
    taken_off = bundles.divide(line.discount_minor, line.contents)
    given = bundles.divide(line.gift_minor, line.contents)
    return [
        OrderLine(
            id=ids.uuid7(),
            order_id=consignment.order_id,
            consignment_id=consignment.id,
            variant_id=one.variant.id,
            title=one.listing.title,
            variant_name=one.variant.name,
            sold_by=one.variant.sold_by,
            quantity=one.quantity * line.quantity,
            price_minor=one.variant.price_minor,
            price_list=line.offer.list_name if line.offer else "",
            tax_kind=one.listing.tax_kind,
            amount_minor=amount,
            discount_minor=discount,
            gift_minor=gift,
            bundle_id=bundle_id,
            bundle_name=line.title,
            bundle_quantity=line.quantity,
            created_at=now,
        )
        for one, amount, discount, gift in zip(line.contents, paid, taken_off, given, strict=True)
    ]
