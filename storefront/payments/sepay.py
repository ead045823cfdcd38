"""SePay: a messenger that reports bank transfers by signed webhooks (developer.sepay.vn, "SePay Webhooks")."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError
from pydantic.alias_generators import to_camel

from app.core.clock import VN
from app.core.i18n import _
from storefront.payments import banks
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import BankTransfer
from storefront.payments.reports import MAX_AMOUNT, MAX_DRIFT_S, Line, LocalTime, Number, is_equal

NAME = "sepay"
_MAX_STAMP_LENGTH = 12


class _Report(BaseModel):
    """SePay's body, with SePay's own field names."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    id: Number
    gateway: Line = ""
    transaction_date: LocalTime | None = None
    account_number: Line = ""
    sub_account: Line = ""
    code: Line = ""
    content: Line = ""
    transfer_type: Line
    transfer_amount: StrictInt = Field(gt=0, le=MAX_AMOUNT)
    reference_code: Line = ""


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
        if self._api_key and is_equal(headers.get("authorization", ""), f"Apikey {self._api_key}"):
            return
        stamp = headers.get("x-sepay-timestamp", "")
        is_stamp = stamp.isascii() and stamp.isdecimal() and len(stamp) <= _MAX_STAMP_LENGTH
        if (
            self._secret
            and is_stamp
            and abs(int(now.timestamp()) - int(stamp)) <= MAX_DRIFT_S
            and is_equal(headers.get("x-sepay-signature", ""), sign(self._secret, int(stamp), raw))
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
            reference=report.reference_code,
            arrived_at=stamp.replace(tzinfo=VN) if stamp else now,
            is_incoming=report.transfer_type == "in",
            payload=report.model_dump(mode="json", by_alias=True),
        )
