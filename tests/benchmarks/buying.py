"""A whole order as a buyer makes it: basket, checkout, order page, and the bank's signed report that pays it."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Sequence

from storefront.payments import sepay
from tests.benchmarks.load import Visitor, expect

ACCOUNT = "0123456789"
ACCOUNT_NAME = "CHO PHIEN DO TOC DO"
SECRET = "benchmark-sepay-secret"
_VARIANT = re.compile(r'name="variant_id" value="([0-9a-f-]{36})"[^>]*checked')
_TOTAL = re.compile(r'name="total" value="(\d+)"')
_CODE = re.compile(r"/demo/bank/([0-9A-Z]+)")
_FORM = {
    "name": "Người đo tốc độ",
    "commune_text": "Tân Cương",
    "commune_code": "05503",
    "line": "xóm Gò Pháo, số 12",
    "note": "",
}


def find_variant(page: str) -> str:
    """The pack that a product page offers first; LookupError when all is sold out."""
    found = _VARIANT.search(page)
    if found is None:
        raise LookupError("the product page offers no pack")
    return found[1]


class Buying:
    """Orders one pack at a time, of one variant after the other; `paid` counts the orders whose money was taken."""

    def __init__(self, variant_ids: Sequence[str], *, first_report: int = 1) -> None:
        self._variant_ids = itertools.cycle(variant_ids)
        self._numbers: Callable[[], int] = itertools.count(first_report).__next__
        self._buyers: Callable[[], int] = itertools.count(first_report).__next__
        self.paid = 0

    async def fill(self, visitor: Visitor) -> None:
        """Put one pack into the basket of a new buyer."""
        visitor.cookies.clear()
        fields = {"variant_id": next(self._variant_ids), "quantity": "1"}
        expect(await visitor.post("/cart/lines", fields), 303, "basket")

    async def order(self, visitor: Visitor) -> None:
        """Order and pay: six requests, and the last one's answer waits for the books."""
        await self.fill(visitor)
        form = expect(await visitor.get("/checkout"), 200, "checkout").text
        total = _first(_TOTAL, form)
        buyer = self._buyers()
        # A phone number and a network of their own: so many orders of one would be refused.
        typed = {**_FORM, "phone": f"09{buyer:08}", "total": total}
        network = {"X-Forwarded-For": f"10.{buyer // 65_536 % 256}.{buyer // 256 % 256}.{buyer % 256}"}
        placed = expect(await visitor.post("/checkout", typed, network), 303, "order")
        page = expect(await visitor.get(placed.headers["location"]), 200, "order page").text
        raw = json.dumps(
            {
                "id": self._numbers(),
                "gateway": "Vietcombank",
                "transactionDate": "2026-01-01 09:00:00",
                "accountNumber": ACCOUNT,
                "content": f"MBVCB.{_first(_CODE, page)} chuyen tien",
                "transferType": "in",
                "transferAmount": int(total),
            }
        ).encode()
        stamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "X-SePay-Timestamp": str(stamp),
            "X-SePay-Signature": sepay.sign(SECRET, stamp, raw),
        }
        expect(await visitor.report("/webhooks/sepay", raw, headers), 200, "payment")
        self.paid += 1


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise LookupError(f"the page holds no {pattern.pattern}")
    return found[1]
