"""The demo's bank: reports transfers exactly as SePay does, signed, through the real webhook."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from enum import StrEnum

import httpx

from app.core.clock import in_vietnam
from storefront.payments import banks, sepay
from storefront.payments.service import CollectingAccount

_SHORT_BY = 2
_MAX_ID = 10**12


class Act(StrEnum):
    """What the visitor does at the bank."""

    EXACT = "exact"
    SHORT = "short"
    TWICE = "twice"


def make_report(account: CollectingAccount, *, amount_minor: int, code: str, now: datetime) -> bytes:
    """Write SePay's report of one transfer of `amount_minor` đồng that names `code`, as banks pass memos on."""
    number = secrets.randbelow(_MAX_ID)
    return json.dumps(
        {
            "id": number,
            "gateway": banks.name_of(account.bank_bin),
            "transactionDate": f"{in_vietnam(now):%Y-%m-%d %H:%M:%S}",
            "accountNumber": account.account,
            "subAccount": None,
            "code": None,
            "content": f"DEMO.{number}.{code} chuyen tien",
            "transferType": "in",
            "transferAmount": amount_minor,
            "referenceCode": f"DEMO{number}",
        }
    ).encode()


async def transfer(
    client: httpx.AsyncClient,
    account: CollectingAccount,
    *,
    act: Act,
    amount_minor: int,
    code: str,
    secret: str,
    now: datetime,
) -> None:
    """Move play money: report it once, or twice with the same id as a nervous messenger does."""
    amount = max(1, amount_minor // _SHORT_BY) if act is Act.SHORT else amount_minor
    raw = make_report(account, amount_minor=amount, code=code, now=now)
    stamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "X-SePay-Timestamp": str(stamp),
        "X-SePay-Signature": sepay.sign(secret, stamp, raw),
    }
    for _time in range(2 if act is Act.TWICE else 1):
        (await client.post("/webhooks/sepay", content=raw, headers=headers)).raise_for_status()
