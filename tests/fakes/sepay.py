"""A messenger that reports transfers as SePay does, and forges, repeats and ages them on demand."""

from __future__ import annotations

import itertools
import json
from datetime import datetime

import httpx

from storefront.payments import sepay

_numbers = itertools.count(92_704)


def make_body(**overrides: object) -> dict[str, object]:
    """SePay's body of a transfer of 350.000 đồng to the tests' account."""
    return {
        "id": next(_numbers),
        "gateway": "Vietcombank",
        "transactionDate": "2026-11-12 09:03:11",
        "accountNumber": "0123456789",
        "subAccount": None,
        "code": None,
        "content": "chuyen tien",
        "transferType": "in",
        "transferAmount": 350_000,
        "accumulated": 19_077_000,
        "referenceCode": "FT26316.208",
    } | overrides


async def send(
    client: httpx.AsyncClient,
    raw: bytes | dict[str, object],
    *,
    now: datetime,
    secret: str = "sepay-test-secret",
    age_s: int = 0,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Post a report, signed `age_s` seconds before `now`; with `headers` those alone vouch for it."""
    if isinstance(raw, dict):
        raw = json.dumps(raw, ensure_ascii=False).encode()
    stamp = int(now.timestamp()) - age_s
    if headers is None:
        headers = {
            "X-SePay-Timestamp": str(stamp),
            "X-SePay-Signature": sepay.sign(secret, stamp, raw),
        }
    return await client.post("/webhooks/sepay", content=raw, headers=headers)
