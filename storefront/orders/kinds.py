"""What the lines of an order are to the tax office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from producers.listings.models import TaxKind
from storefront.orders.models import OrderLine


def sum_kinds(lines: Iterable[OrderLine]) -> dict[TaxKind, int]:
    """Sum what lines earn as far as is known, in đồng, by their kind (T11)."""
    sums: Counter[TaxKind] = Counter()
    for line in lines:
        sums[line.tax_kind] += line.earned_minor
    return dict(sums)
