"""Casso: a messenger that reports bank transfers by signed webhooks (developer.casso.vn, "Webhook V2")."""

from __future__ import annotations

import hmac
import json
import re
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
from storefront.payments.reports import (
    MAX_AMOUNT,
    MAX_DRIFT_S,
    Line,
    LocalTime,
    Number,
    is_equal,
    load_json,
)

NAME = "casso"
_HEADER = re.compile(r"t=([0-9]{1,15}),v1=([0-9a-f]{128})")
_MS = 1_000


class _Movement(BaseModel):
    """`data` of Casso's body, with Casso's own field names; a negative amount goes out."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    id: Number
    reference: Line = ""
    description: Line = ""
    amount: StrictInt = Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)
    transaction_date_time: LocalTime | None = None
    account_number: Line = ""
    bank_name: Line = ""
    bank_abbreviation: Line = ""
    virtual_account_number: Line = ""
    counter_account_name: Line = ""
    counter_account_number: Line = ""
    counter_account_bank_id: Line = ""


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    data: _Movement


def spell(body: Any) -> list[str]:
    """Spell a body as Casso signs it: keys sorted at every level, no blanks.

    Casso's sample programs differ beyond plain ASCII and their one vector is plain ASCII: letters and "/" as they are
    (JavaScript), or both escaped (PHP). Either is taken; the second is left out when it says the same.
    """
    whole = _whole_numbers(body)
    plain = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    escaped = json.dumps(whole, sort_keys=True, separators=(",", ":")).replace("/", "\\/")
    return list(dict.fromkeys([plain, escaped]))


def sign(secret: str, stamp_ms: str, text: str) -> str:
    """Sign as Casso does: the hex of HMAC-SHA512(secret, "{stamp}.{text}")."""
    return hmac.digest(secret.encode(), f"{stamp_ms}.{text}".encode("utf-8", "surrogatepass"), "sha512").hex()


class CassoChannel:
    """Casso's webhook, version 2."""

    name = NAME

    def __init__(self, *, secret: str) -> None:
        self._secret = secret

    @property
    def is_open(self) -> bool:
        """Whether a secret is set."""
        return bool(self._secret)

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        """Check `X-Casso-Signature: t=MILLISECONDS,v1=HEX` (5 minutes) in constant time.

        What is signed is the body spelled anew, so a body that is no JSON has no signature either.
        """
        found = _HEADER.fullmatch(headers.get("x-casso-signature", ""))
        if found and self._secret and abs(int(now.timestamp()) - int(found[1]) // _MS) <= MAX_DRIFT_S:
            try:
                texts = spell(load_json(raw))
            except ValueError:
                texts = []
            if any(is_equal(found[2], sign(self._secret, found[1], text)) for text in texts):
                return
        raise BadSignatureError(_("Tin báo này không đúng chữ ký."))

    def read(self, raw: bytes, *, now: datetime) -> BankTransfer | None:
        """Read Casso's JSON; a trial of the line bears the number 0."""
        try:
            movement = _Report.model_validate_json(raw).data
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        if movement.id == 0:
            return None
        if movement.amount == 0:
            raise BadMessageError(_("Tin báo này không đọc được."))
        stamp = movement.transaction_date_time
        return BankTransfer(
            external_id=str(movement.id),
            bank_bin=banks.find_first_bin(movement.bank_abbreviation, movement.bank_name),
            account=movement.account_number,
            amount_minor=abs(movement.amount),
            memo=movement.description,
            code="",
            reference=movement.reference,
            arrived_at=stamp.replace(tzinfo=VN) if stamp else now,
            is_incoming=movement.amount > 0,
            payload=movement.model_dump(mode="json", by_alias=True),
        )


def _whole_numbers(value: Any) -> Any:
    """Write 599000.0 as 599000, as JavaScript and PHP write it after reading."""
    if isinstance(value, dict):
        return {key: _whole_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
