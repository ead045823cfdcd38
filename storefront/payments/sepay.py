"""SePay: a messenger that reports bank transfers by signed webhooks (developer.sepay.vn, "SePay Webhooks")."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NaiveDatetime, StrictInt, ValidationError
from pydantic.alias_generators import to_camel

from app.core.clock import VN
from app.core.i18n import _
from storefront.payments import banks
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import BankTransfer

NAME = "sepay"
MAX_DRIFT_S = 300
MAX_AMOUNT = 10**15
_MAX_ID = 10**18
_MAX_LINE = 2_000
_MAX_STAMP_LENGTH = 12


def _clean(value: object) -> object:
    """Take out what the database cannot hold and what is too long: a stray NUL must not turn money away."""
    if value is None:
        return ""
    return value.replace("\x00", " ")[:_MAX_LINE] if isinstance(value, str) else value


_Line = Annotated[str, BeforeValidator(_clean)]


class _Report(BaseModel):
    """SePay's body, with SePay's own field names."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    id: StrictInt = Field(ge=0, le=_MAX_ID)
    gateway: _Line = ""
    transaction_date: NaiveDatetime | None = Field(None, ge=datetime(2000, 1, 1))  # noqa: DTZ001 - Vietnam's clock, as SePay writes it
    account_number: _Line = ""
    sub_account: _Line = ""
    code: _Line = ""
    content: _Line = ""
    transfer_type: _Line
    transfer_amount: StrictInt = Field(gt=0, le=MAX_AMOUNT)
    reference_code: _Line = ""


def sign(secret: str, timestamp: int, raw: bytes) -> str:
    """Sign as SePay does: `sha256=` and the hex of HMAC-SHA256(secret, "{timestamp}.{raw}")."""
    digest = hmac.digest(secret.encode(), b"%d." % timestamp + raw, "sha256")
    return f"sha256={digest.hex()}"


class SepayChannel:
    """SePay's webhook: signed with a secret, or carrying an API key; whichever of the two is set is accepted."""

    name = NAME

    def __init__(self, *, secret: str, api_key: str) -> None:
        self._secret = secret
        self._api_key = api_key

    @property
    def is_open(self) -> bool:
        """Whether a secret or a key is set."""
        return bool(self._secret or self._api_key)

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        """Check `X-SePay-Signature` with its timestamp (5 minutes), or `Authorization: Apikey`, in constant time."""
        if self._api_key and _equal(headers.get("authorization", ""), f"Apikey {self._api_key}"):
            return
        stamp = headers.get("x-sepay-timestamp", "")
        is_stamp = stamp.isascii() and stamp.isdecimal() and len(stamp) <= _MAX_STAMP_LENGTH
        if (
            self._secret
            and is_stamp
            and abs(int(now.timestamp()) - int(stamp)) <= MAX_DRIFT_S
            and _equal(headers.get("x-sepay-signature", ""), sign(self._secret, int(stamp), raw))
        ):
            return
        raise BadSignatureError(_("Tin báo này không đúng chữ ký."))

    def read(self, raw: bytes, *, now: datetime) -> BankTransfer:
        """Read SePay's JSON; BadMessageError when it is no report of a transfer."""
        try:
            report = _Report.model_validate_json(raw)
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        stamp = report.transaction_date
        return BankTransfer(
            external_id=str(report.id),
            bank_bin=banks.find_bin(report.gateway),
            account=report.account_number,
            amount_minor=report.transfer_amount,
            memo=report.content,
            code=report.code,
            arrived_at=stamp.replace(tzinfo=VN) if stamp else now,
            is_incoming=report.transfer_type == "in",
            payload=report.model_dump(mode="json", by_alias=True),
        )


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
