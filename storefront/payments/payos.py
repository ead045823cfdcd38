"""payOS: a messenger that reports what was paid to its links and accounts (payos.vn/docs, "Webhook")."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError
from pydantic.alias_generators import to_camel

from app.core.clock import VN
from app.core.i18n import _
from storefront.payments import banks
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import BankTransfer
from storefront.payments.reports import MAX_AMOUNT, Line, LocalTime, Number, is_equal, load_json

NAME = "payos"
_SUCCESS = "00"
_EMPTY = (None, "undefined", "null")
_TRIAL = ("12345678", "TF230204212323")
"""Account and reference of the sample that payOS sends when the webhook's address is entered."""


class _Payment(BaseModel):
    """`data` of payOS's body, with payOS's own field names."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    order_code: Number
    amount: StrictInt = Field(gt=0, le=MAX_AMOUNT)
    description: Line = ""
    account_number: Line = ""
    reference: Line = ""
    transaction_date_time: LocalTime | None = None
    currency: Line = "VND"
    payment_link_id: Line = ""
    code: Line = ""
    virtual_account_number: Line = ""
    counter_account_name: Line = ""
    counter_account_number: Line = ""
    counter_account_bank_id: Line = ""


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    data: _Payment


def spell(data: Mapping[str, Any]) -> str:
    """Spell `data` as payOS signs it: `key=value` sorted by key and joined by `&`; null, "null", "undefined" are empty."""
    return "&".join(f"{key}={_spell(data[key])}" for key in sorted(data))


def sign(key: str, data: Mapping[str, Any]) -> str:
    """Sign as payOS does: the hex of HMAC-SHA256(checksum key, spelled data)."""
    return hmac.digest(key.encode(), spell(data).encode("utf-8", "surrogatepass"), "sha256").hex()


class PayosChannel:
    """payOS's webhook. Its signature names no time: a replay is met by the inbox, which knows every report."""

    name = NAME

    def __init__(self, *, checksum_key: str) -> None:
        self._key = checksum_key

    @property
    def is_open(self) -> bool:
        """Whether a checksum key is set."""
        return bool(self._key)

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> None:  # noqa: ARG002 - the port's shape
        """Check `signature` in the body over `data`, in constant time."""
        try:
            body = load_json(raw)
        except ValueError:
            body = None
        data, given = (body.get("data"), body.get("signature")) if isinstance(body, dict) else (None, None)
        is_signed = self._key and isinstance(data, dict) and isinstance(given, str)
        if not (is_signed and is_equal(str(given), sign(self._key, data or {}))):
            raise BadSignatureError(_("Tin báo này không đúng chữ ký."))

    def read(self, raw: bytes, *, now: datetime) -> BankTransfer | None:
        """Read payOS's JSON; anything but a success in đồng is stored and moves no money."""
        try:
            payment = _Report.model_validate_json(raw).data
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        if (payment.account_number, payment.reference) == _TRIAL:
            return None
        stamp = payment.transaction_date_time
        return BankTransfer(
            # One link may be paid in parts: the bank's reference tells them apart.
            external_id=f"{payment.payment_link_id or payment.order_code}:{payment.reference}",
            bank_bin=banks.UNKNOWN_BIN,
            account=payment.account_number,
            amount_minor=payment.amount,
            memo=payment.description,
            code="",
            reference=payment.reference,
            arrived_at=stamp.replace(tzinfo=VN) if stamp else now,
            is_incoming=payment.code in {_SUCCESS, ""} and payment.currency == "VND",
            payload=payment.model_dump(mode="json", by_alias=True),
        )


def _spell(value: Any) -> str:
    if value in _EMPTY:
        return ""
    if isinstance(value, list | dict | bool):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return str(value)
