"""MoMo, gateway v2: pay page by a signed request, notices (IPN) by signed JSON (developers.momo.vn, "One-time payments")."""

from __future__ import annotations

import hmac

import httpx
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError
from pydantic.alias_generators import to_camel

from app.core.errors import UpstreamError
from app.core.i18n import _
from app.core.text import to_ascii_memo
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import CardOrder, CardSession, SessionState
from storefront.payments.reports import MAX_AMOUNT, MAX_ID, Line, is_equal
from storefront.payments.wallet_ports import Fields, WalletNotice

NAME = "momo"
API = "https://test-payment.momo.vn"
ASKED = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl",
    "requestId", "requestType",
)  # fmt: skip
TOLD = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType",
    "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip


class _Notice(BaseModel):
    """MoMo's body, with MoMo's own field names."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)

    partner_code: str
    order_id: Line
    request_id: str
    amount: StrictInt = Field(ge=0, le=MAX_AMOUNT)
    order_info: str = ""
    order_type: str = ""
    trans_id: StrictInt = Field(ge=-1, le=MAX_ID)
    result_code: StrictInt
    message: str = ""
    pay_type: str = ""
    response_time: StrictInt
    extra_data: str = ""
    signature: str


def sign(secret: str, names: tuple[str, ...], fields: Fields) -> str:
    """Sign as MoMo does: the hex of HMAC-SHA256(secret, "name=value&..."), names in their order, values as they are."""
    text = "&".join(f"{name}={fields[name]}" for name in names)
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


class MomoGateway:
    """MoMo's wallet. The access key comes from our settings alone, never from a message."""

    name, label = NAME, "MoMo"

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        partner_code: str,
        access_key: str,
        secret: str,
        api_url: str = API,
    ) -> None:
        self._client, self._partner, self._access, self._secret = client, partner_code, access_key, secret
        self._url = api_url.rstrip("/") + "/v2/gateway/api/create"

    @property
    def is_open(self) -> bool:
        """Whether partner, access key and secret are set."""
        return bool(self._partner and self._access and self._secret)

    async def open_session(self, order: CardOrder) -> CardSession:
        """Ask MoMo for a pay page; the same reference asked again is the same order at MoMo's."""
        fields: dict[str, str | int] = {
            "partnerCode": self._partner,
            "requestId": order.reference,
            "amount": order.amount_minor,
            "orderId": order.reference,
            "orderInfo": to_ascii_memo(order.title, 255),
            "redirectUrl": order.success_url,
            "ipnUrl": order.notify_url,
            "requestType": "captureWallet",
            "extraData": "",
        }
        proof = sign(self._secret, ASKED, fields | {"accessKey": self._access})
        try:
            answer = await self._client.post(self._url, json=fields | {"lang": "vi", "signature": proof})
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _closed() from error
        url = body.get("payUrl") if isinstance(body, dict) and body.get("resultCode") == 0 else None
        if not isinstance(url, str) or not url.startswith("https://"):
            raise _closed()
        return CardSession(
            provider_id=order.reference,
            url=url,
            state=SessionState.OPEN,
            amount_minor=order.amount_minor,
            payment_id=order.payment_id,
        )

    def read_notice(self, raw: bytes, query: str) -> WalletNotice:  # noqa: ARG002 - the port's shape
        """Read a notice from its body; `resultCode` 0, a number, is paid."""
        try:
            notice = _Notice.model_validate_json(raw)
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        fields = notice.model_dump(by_alias=True) | {"accessKey": self._access}
        is_ours = self.is_open and notice.partner_code == self._partner
        if not (is_ours and is_equal(notice.signature, sign(self._secret, TOLD, fields))):
            raise BadSignatureError(_("Tin báo này không đúng chữ ký."))
        return WalletNotice(
            reference=notice.order_id,
            amount_minor=notice.amount,
            is_paid=notice.result_code == 0,
            transaction=str(notice.trans_id),
            payload={
                "orderId": notice.order_id,
                "resultCode": notice.result_code,
                "transId": notice.trans_id,
            },
        )


def _closed() -> UpstreamError:
    return UpstreamError(_("Trang ví chưa mở được. Bạn thử lại, hoặc chuyển khoản giúp nhé."))
