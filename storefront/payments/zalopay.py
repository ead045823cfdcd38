"""ZaloPay v2: pay page by a signed order, notices by a signed string (docs.zalopay.vn/v2, "create" and "callback")."""

from __future__ import annotations

import hmac
import json

import httpx
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from app.core.clock import in_vietnam
from app.core.errors import UpstreamError
from app.core.i18n import _
from app.core.text import to_ascii_memo
from storefront.payments.errors import BadMessageError, BadSignatureError
from storefront.payments.ports import CardOrder, CardSession, SessionState
from storefront.payments.reports import MAX_AMOUNT, MAX_ID, Line, is_equal
from storefront.payments.wallet_ports import Fields, WalletNotice

NAME = "zalopay"
API = "https://sb-openapi.zalopay.vn"
ASKED = ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")
_LEAST_LIFE_S = 300
_MS = 1_000


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    data: str
    mac: str


class _Callback(BaseModel):
    """`data` of ZaloPay's callback, with its own field names; it is sent for orders that were paid."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    app_id: StrictInt
    app_trans_id: Line
    amount: StrictInt = Field(ge=0, le=MAX_AMOUNT)
    zp_trans_id: StrictInt = Field(ge=0, le=MAX_ID)


def mac(key: str, text: str) -> str:
    """Sign as ZaloPay does: the hex of HMAC-SHA256(key, text)."""
    return hmac.digest(key.encode(), text.encode("utf-8", "surrogatepass"), "sha256").hex()


def sign_order(key1: str, fields: Fields) -> str:
    """Sign an order: its seven fields joined by `|`, with key1."""
    return mac(key1, "|".join(str(fields[name]) for name in ASKED))


class ZalopayGateway:
    """ZaloPay's wallet: key1 signs what we ask, key2 what we are told."""

    name, label = NAME, "ZaloPay"

    def __init__(
        self, client: httpx.AsyncClient, *, app_id: int, key1: str, key2: str, api_url: str = API
    ) -> None:
        self._client, self._app, self._key1, self._key2 = client, app_id, key1, key2
        self._url = api_url.rstrip("/") + "/v2/create"

    @property
    def is_open(self) -> bool:
        """Whether the app's number and both keys are set."""
        return bool(self._app and self._key1 and self._key2)

    async def open_session(self, order: CardOrder) -> CardSession:
        """Ask ZaloPay for a pay page; its number of the order begins with Vietnam's day (yymmdd)."""
        number = f"{in_vietnam(order.started_at):%y%m%d}_{order.reference}"
        fields: dict[str, str | int] = {
            "app_id": self._app,
            "app_user": "cho-phien",
            "app_trans_id": number,
            "app_time": int(order.started_at.timestamp() * _MS),
            "expire_duration_seconds": max(
                _LEAST_LIFE_S, int((order.expires_at - order.started_at).total_seconds())
            ),
            "amount": order.amount_minor,
            "item": "[]",
            "embed_data": json.dumps({"redirecturl": order.success_url}),
            "description": to_ascii_memo(order.title, 255),
            "bank_code": "",
            "callback_url": order.notify_url,
        }
        try:
            answer = await self._client.post(self._url, data=fields | {"mac": sign_order(self._key1, fields)})
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _closed() from error
        url = body.get("order_url") if isinstance(body, dict) and body.get("return_code") == 1 else None
        if not isinstance(url, str) or not url.startswith("https://"):
            raise _closed()
        return CardSession(
            provider_id=number,
            url=url,
            state=SessionState.OPEN,
            amount_minor=order.amount_minor,
            payment_id=order.payment_id,
        )

    def read_notice(self, raw: bytes, query: str) -> WalletNotice:  # noqa: ARG002 - the port's shape
        """Read a callback: `data` is signed exactly as it was received."""
        try:
            envelope = _Envelope.model_validate_json(raw)
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        if not (self.is_open and is_equal(envelope.mac, mac(self._key2, envelope.data))):
            raise BadSignatureError(_("Tin báo này không đúng chữ ký."))
        try:
            told = _Callback.model_validate_json(envelope.data)
        except ValidationError as error:
            raise BadMessageError(_("Tin báo này không đọc được.")) from error
        if told.app_id != self._app:
            raise BadSignatureError(_("Tin báo này không đúng chữ ký."))
        return WalletNotice(
            reference=told.app_trans_id,
            amount_minor=told.amount,
            is_paid=True,
            transaction=str(told.zp_trans_id),
            payload={"app_trans_id": told.app_trans_id, "zp_trans_id": told.zp_trans_id},
        )


def _closed() -> UpstreamError:
    return UpstreamError(_("Trang ví chưa mở được. Bạn thử lại, hoặc chuyển khoản giúp nhé."))
