"""VietQR: the text inside a bank-transfer QR code (NAPAS format 1.0 of 2021-09, on EMVCo merchant-presented mode)."""

from __future__ import annotations

import re
from binascii import crc_hqx
from dataclasses import dataclass
from enum import StrEnum

GUID = "A000000727"
MAX_FIELD = 25
_FIXED = {"00": "01", "53": "704", "58": "VN"}
_UNREAD = {"52": r"[0-9]{4}", "59": r"[ -~]{1,25}", "60": r"[ -~]{1,15}", "61": r"[ -~]{1,10}"}
_TEMPLATE_TAGS = ("01", "07", "08")
_CHECKSUM_LENGTH = 4
_HEAD_LENGTH = 4


class VietQrReason(StrEnum):
    """Why a text is no VietQR that we take."""

    NOT_TLV = "not_tlv"
    CHECKSUM = "checksum"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    BAD_VALUE = "bad_value"


class VietQrError(ValueError):
    """The text is no VietQR, or the facts do not fit into one; `reason` says why and `tag` where ("62/08")."""

    def __init__(self, reason: VietQrReason, tag: str) -> None:
        super().__init__(f"{reason} at {tag}")
        self.reason = reason
        self.tag = tag


class Service(StrEnum):
    """Where the money goes: to an account or to a card."""

    TO_ACCOUNT = "QRIBFTTA"
    TO_CARD = "QRIBFTTC"


@dataclass(frozen=True, kw_only=True)
class VietQr:
    """One transfer asked for; VietQrError when a fact does not fit.

    `bank_bin` has 6 digits; `account` is 1-19 letters and digits; `amount` is whole đồng, None when the payer types
    it. `purpose` (62/08) is the memo, `bill_number` (62/01) and `terminal` (62/07) are the shop's own: plain ASCII
    up to 25 characters, empty when absent. A dynamic code is for one payment, a static one is used again.
    """

    bank_bin: str
    account: str
    amount: int | None = None
    purpose: str = ""
    bill_number: str = ""
    terminal: str = ""
    service: Service = Service.TO_ACCOUNT
    is_dynamic: bool = True

    def __post_init__(self) -> None:
        """Refuse what a bank's app would refuse, or quietly cut."""
        _match("38/01/00", r"[0-9]{6}", self.bank_bin)
        _match("38/01/01", r"[A-Za-z0-9]{1,19}", self.account)
        if self.amount is not None:
            _match("54", r"[1-9][0-9]{0,12}", str(self.amount))
        for tag, value in zip(_TEMPLATE_TAGS, (self.bill_number, self.terminal, self.purpose), strict=True):
            _match(f"62/{tag}", rf"[ -~]{{0,{MAX_FIELD}}}", value)


def checksum(text: str) -> str:
    """Compute tag 63 over all that stands before its value, "6304" included: CRC-16/CCITT-FALSE, upper-case hex."""
    return f"{crc_hqx(text.encode(), 0xFFFF):04X}"


def build(code: VietQr) -> str:
    """Spell a transfer as the text of its QR code; the same transfer is always the same text."""
    beneficiary = _tlv("00", code.bank_bin) + _tlv("01", code.account)
    extra = "".join(map(_tlv, _TEMPLATE_TAGS, (code.bill_number, code.terminal, code.purpose)))
    text = (
        _tlv("00", _FIXED["00"])
        + _tlv("01", "12" if code.is_dynamic else "11")
        + _tlv("38", _tlv("00", GUID) + _tlv("01", beneficiary) + _tlv("02", code.service))
        + _tlv("53", _FIXED["53"])
        + _tlv("54", "" if code.amount is None else str(code.amount))
        + _tlv("58", _FIXED["58"])
        + _tlv("62", extra)
        + "6304"
    )
    return text + checksum(text)


def parse(text: str) -> VietQr:
    """Read the text of a QR code; VietQrError unless every character of it is accounted for.

    Every template is consumed exactly: NAPAS's own example 6.1.1 announces 12 characters before a 13-digit account,
    and a lenient reader pays the account without its last digit. Merchant category, name, city and postcode (52,
    59-61) are checked and left out; tips, fees, a second language and any other tag are refused.
    """
    if not text.isascii():
        raise VietQrError(VietQrReason.BAD_VALUE, "")
    head, given = text[:-_CHECKSUM_LENGTH], text[-_CHECKSUM_LENGTH:]
    if not head.endswith("6304") or checksum(head) != given:
        raise VietQrError(VietQrReason.CHECKSUM, "63")
    if not head.startswith("000201"):
        raise VietQrError(VietQrReason.MISSING, "00")
    top = _split(head[:-_HEAD_LENGTH], "")
    for tag, value in _FIXED.items():
        _match(tag, re.escape(value), _take(top, tag, ""))
    for tag, pattern in _UNREAD.items():
        if tag in top:
            _match(tag, pattern, top.pop(tag))
    method = _match("01", "1[12]", _take(top, "01", ""))
    transfer = _split(_take(top, "38", ""), "38/")
    _match("38/00", GUID, _take(transfer, "00", "38/"))
    beneficiary = _split(_take(transfer, "01", "38/"), "38/01/")
    service = _match("38/02", "QRIBFTT[AC]", _take(transfer, "02", "38/"))
    amount = _match("54", r"[1-9][0-9]{0,12}", top.pop("54")) if "54" in top else None
    extra = _split(_take(top, "62", ""), "62/") if "62" in top else {}
    code = VietQr(
        bank_bin=_take(beneficiary, "00", "38/01/"),
        account=_take(beneficiary, "01", "38/01/"),
        amount=None if amount is None else int(amount),
        bill_number=extra.pop("01", ""),
        terminal=extra.pop("07", ""),
        purpose=extra.pop("08", ""),
        service=Service(service),
        is_dynamic=method == "12",
    )
    for prefix, left in {"": top, "38/": transfer, "38/01/": beneficiary, "62/": extra}.items():
        if left:
            raise VietQrError(VietQrReason.UNEXPECTED, prefix + min(left))
    return code


def _tlv(tag: str, value: str) -> str:
    """Spell one field; an empty value is an absent field."""
    return f"{tag}{len(value):02d}{value}" if value else ""


def _split(text: str, path: str) -> dict[str, str]:
    """Split a template into {tag: value}, to its last character."""
    found: dict[str, str] = {}
    while text:
        head = re.match(r"([0-9]{2})([0-9]{2})", text)
        if head is None:
            raise VietQrError(VietQrReason.NOT_TLV, path)
        tag, length = head[1], int(head[2])
        value, text = text[_HEAD_LENGTH : _HEAD_LENGTH + length], text[_HEAD_LENGTH + length :]
        if len(value) < length or not value or tag in found:
            raise VietQrError(VietQrReason.NOT_TLV, path + tag)
        found[tag] = value
    return found


def _take(fields: dict[str, str], tag: str, path: str) -> str:
    try:
        return fields.pop(tag)
    except KeyError as error:
        raise VietQrError(VietQrReason.MISSING, path + tag) from error


def _match(tag: str, pattern: str, value: str) -> str:
    if not re.fullmatch(pattern, value):
        raise VietQrError(VietQrReason.BAD_VALUE, tag)
    return value
