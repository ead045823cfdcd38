"""VNPAY 2.1.0: pay page by a signed address, notices by a signed query (sandbox.vnpayment.vn/apis/docs/thanh-toan-pay)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from app.core.clock import in_vietnam
from app.core.i18n import _
from app.core.text import to_ascii_memo
from storefront.payments.errors import BadSignatureError
from storefront.payments.ports import CardOrder, CardSession, SessionState
from storefront.payments.reports import is_equal
from storefront.payments.wallet_ports import WalletNotice

NAME = "vnpay"
PAGE = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
_HASH = "vnp_SecureHash"
_UNSIGNED = {_HASH, "vnp_SecureHashType"}
_TIMES = 100
_DONE = "00"
_MOST_DIGITS = 17


def spell(fields: Mapping[str, str]) -> str:
    """Spell fields as VNPAY signs them: sorted by name, form-encoded (a blank is `+`), without the hash itself."""
    return urlencode(sorted((name, value) for name, value in fields.items() if name not in _UNSIGNED))


def sign(secret: str, fields: Mapping[str, str]) -> str:
    """Sign as VNPAY does: the hex of HMAC-SHA512(secret, spelled fields)."""
    return hmac.digest(secret.encode(), spell(fields).encode(), "sha512").hex()


class VnpayGateway:
    """VNPAY. Amounts travel times 100; only its notice (IPN) says that something was paid."""

    name, label = NAME, "VNPAY"

    def __init__(self, *, tmn_code: str, secret: str, page: str = PAGE) -> None:
        self._code, self._secret, self._page = tmn_code, secret, page

    @property
    def is_open(self) -> bool:
        """Whether code and secret are set."""
        return bool(self._code and self._secret)

    async def open_session(self, order: CardOrder) -> CardSession:
        """Make the address of the pay page: nothing is asked of VNPAY before the payer comes."""
        fields = {
            "vnp_Version": "2.1.0",
            "vnp_Command": "pay",
            "vnp_TmnCode": self._code,
            "vnp_Amount": str(order.amount_minor * _TIMES),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": order.reference,
            "vnp_OrderInfo": to_ascii_memo(order.title, 255),
            "vnp_OrderType": "other",
            "vnp_Locale": "vn",
            "vnp_ReturnUrl": order.success_url,
            "vnp_IpAddr": order.payer_ip or "127.0.0.1",
            "vnp_CreateDate": _stamp(order.started_at),
            "vnp_ExpireDate": _stamp(order.expires_at),
        }
        url = f"{self._page}?{spell(fields)}&{_HASH}={sign(self._secret, fields)}"
        return CardSession(
            provider_id=order.reference,
            url=url,
            state=SessionState.OPEN,
            amount_minor=order.amount_minor,
            payment_id=order.payment_id,
        )

    def read_notice(self, raw: bytes, query: str) -> WalletNotice:  # noqa: ARG002 - the port's shape
        """Read a notice from its query; paid only if both of VNPAY's codes are 00."""
        pairs = parse_qsl(query, keep_blank_values=True)
        fields = {name: value for name, value in pairs if name.startswith("vnp_")}
        is_ours = fields.get("vnp_TmnCode") == self._code and len(dict(pairs)) == len(pairs)
        if not (self.is_open and is_ours and is_equal(fields.get(_HASH, ""), sign(self._secret, fields))):
            raise BadSignatureError(_("Tin báo này không đúng chữ ký."))
        amount = fields.get("vnp_Amount", "")
        is_amount = amount.isascii() and amount.isdecimal() and len(amount) <= _MOST_DIGITS
        is_whole = is_amount and int(amount) % _TIMES == 0
        codes = {fields.get("vnp_ResponseCode"), fields.get("vnp_TransactionStatus")}
        return WalletNotice(
            reference=fields.get("vnp_TxnRef", ""),
            # An amount that cannot be is nobody's: the try is looked up before it is compared.
            amount_minor=int(amount) // _TIMES if is_whole else -1,
            is_paid=codes == {_DONE},
            transaction=fields.get("vnp_TransactionNo", ""),
            payload={name: value for name, value in fields.items() if name != _HASH},
        )


def _stamp(at: datetime) -> str:
    return f"{in_vietnam(at):%Y%m%d%H%M%S}"
