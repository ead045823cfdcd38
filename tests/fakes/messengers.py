"""All messengers that report bank transfers, in one shape: each writes its own body and signs it in its own way."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import httpx

from storefront.payments import casso, payos, sepay
from storefront.payments.casso import CassoChannel
from storefront.payments.payos import PayosChannel
from storefront.payments.ports import BankChannel
from storefront.payments.sepay import SepayChannel

ACCOUNT = "0123456789"
_numbers = itertools.count(7_000_001)
Body = dict[str, Any]


class Messenger(Protocol):
    """One messenger; `make` answers the body of a transfer, `prove` the body and headers that go over the wire."""

    name: str
    secret: str
    has_time: bool
    trial: Body
    broken: list[Body]

    def make(self, memo: str, amount: int = 350_000, *, account: str = ACCOUNT, is_out: bool = False) -> Body:
        """Write the body of one transfer."""
        ...

    def prove(
        self, body: Body, *, secret: str, now: datetime, age_s: int = 0
    ) -> tuple[bytes, dict[str, str]]:
        """Sign a body `age_s` seconds before `now`."""
        ...

    def open(self, secret: str) -> BankChannel:
        """The channel of the house that hears this messenger."""
        ...


class Sepay:
    """SePay signs the raw body and the second of sending."""

    name, secret, has_time = sepay.NAME, "sepay-test-secret", True
    trial: Body = {}
    broken: list[Body] = [
        {"transferAmount": -1},
        {"transferAmount": "350000"},
        {"id": None},
        {"transferType": 7},
    ]

    def make(self, memo: str, amount: int = 350_000, *, account: str = ACCOUNT, is_out: bool = False) -> Body:
        """Write the body of one transfer."""
        number = next(_numbers)
        return {
            "id": number,
            "gateway": "Vietcombank",
            "transactionDate": "2026-11-12 09:03:11",
            "accountNumber": account,
            "code": None,
            "content": memo,
            "transferType": "out" if is_out else "in",
            "transferAmount": amount,
            "referenceCode": f"FT{number}",
        }

    def prove(
        self, body: Body, *, secret: str, now: datetime, age_s: int = 0
    ) -> tuple[bytes, dict[str, str]]:
        """Sign a body `age_s` seconds before `now`."""
        raw, stamp = json.dumps(body).encode(), int(now.timestamp()) - age_s
        return raw, {"X-SePay-Timestamp": str(stamp), "X-SePay-Signature": sepay.sign(secret, stamp, raw)}

    def open(self, secret: str) -> BankChannel:
        """The channel of the house that hears this messenger."""
        return SepayChannel(secret=secret, api_key="")


class Casso:
    """Casso signs the body with its keys in order, and the millisecond of sending."""

    name, secret, has_time = casso.NAME, "casso-test-secret", True
    trial: Body = {"id": 0}
    broken: list[Body] = [
        {"amount": 0},
        {"amount": 1.5},
        {"amount": True},
        {"id": -1},
        {"amount": 10**15 + 1},
    ]

    def make(self, memo: str, amount: int = 350_000, *, account: str = ACCOUNT, is_out: bool = False) -> Body:
        """Write the body of one transfer."""
        number = next(_numbers)
        return {
            "error": 0,
            "data": {
                "id": number,
                "reference": f"FT{number}",
                "description": memo,
                "amount": -amount if is_out else amount,
                "runningBalance": 25_000_000,
                "transactionDateTime": "2026-11-12 09:03:11",
                "accountNumber": account,
                "bankName": "Vietcombank",
                "bankAbbreviation": "VCB",
                "counterAccountName": "NGUYEN VAN A",
            },
        }

    def prove(
        self, body: Body, *, secret: str, now: datetime, age_s: int = 0
    ) -> tuple[bytes, dict[str, str]]:
        """Sign a body `age_s` seconds before `now`."""
        stamp = str(int(now.timestamp() * 1_000) - age_s * 1_000)
        return json.dumps(body).encode(), {
            "X-Casso-Signature": f"t={stamp},v1={casso.sign(secret, stamp, casso.spell(body)[0])}"
        }

    def open(self, secret: str) -> BankChannel:
        """The channel of the house that hears this messenger."""
        return CassoChannel(secret=secret)


class Payos:
    """payOS signs the fields of `data` inside the body, without a time."""

    name, secret, has_time = payos.NAME, "payos-test-key", False
    trial: Body = {"accountNumber": "12345678", "reference": "TF230204212323"}
    broken: list[Body] = [{"amount": 0}, {"amount": "350000"}, {"orderCode": None}, {"orderCode": -1}]

    def make(self, memo: str, amount: int = 350_000, *, account: str = ACCOUNT, is_out: bool = False) -> Body:
        """Write the body of one transfer."""
        number = next(_numbers)
        return {
            "code": "00",
            "desc": "success",
            "success": True,
            "data": {
                "orderCode": number,
                "amount": amount,
                "description": memo,
                "accountNumber": account,
                "reference": f"FT{number}",
                "transactionDateTime": "2026-11-12 09:03:11",
                "currency": "VND",
                "paymentLinkId": f"link-{number}",
                "code": "01" if is_out else "00",
                "desc": "Thành công",
                "counterAccountName": None,
            },
        }

    def prove(
        self,
        body: Body,
        *,
        secret: str,
        now: datetime,
        age_s: int = 0,
    ) -> tuple[bytes, dict[str, str]]:
        """Sign a body `age_s` seconds before `now`."""
        return json.dumps(body | {"signature": payos.sign(secret, body["data"])}).encode(), {}

    def open(self, secret: str) -> BankChannel:
        """The channel of the house that hears this messenger."""
        return PayosChannel(checksum_key=secret)


ALL: tuple[Messenger, ...] = (Sepay(), Casso(), Payos())


def change(body: Body, facts: Mapping[str, Any]) -> Body:
    """The same body with other facts of the transfer."""
    return body | {"data": body["data"] | facts} if "data" in body else body | facts


async def send(
    client: httpx.AsyncClient,
    messenger: Messenger,
    body: Body,
    *,
    now: datetime,
    secret: str | None = None,
    age_s: int = 0,
) -> httpx.Response:
    """Post a signed report."""
    raw, headers = messenger.prove(
        body, secret=messenger.secret if secret is None else secret, now=now, age_s=age_s
    )
    return await client.post(f"/webhooks/{messenger.name}", content=raw, headers=headers)
