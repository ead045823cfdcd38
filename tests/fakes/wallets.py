"""The wallets of all providers in one shape: each writes its own notice, signs it and is answered in its own way."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import httpx

from app.core.http import make_client
from storefront.payments import momo, vnpay, zalopay
from storefront.payments.momo import MomoGateway
from storefront.payments.vnpay import VnpayGateway
from storefront.payments.zalopay import ZalopayGateway

PRICE = 350_000


class Vnpay:
    """Notices as VNPAY sends them."""

    name = "vnpay"

    def open(self, secret="bi-mat", *, transport=None):
        """The gateway with its keys."""
        return VnpayGateway(tmn_code="CHOPHIEN" if secret else "", secret=secret)

    def fields(self, reference, amount=PRICE, *, is_paid=True, number=14):
        """The query of a notice, unsigned."""
        return {
            "vnp_TmnCode": "CHOPHIEN",
            "vnp_TxnRef": reference,
            "vnp_Amount": str(amount * 100),
            "vnp_ResponseCode": "00" if is_paid else "24",
            "vnp_TransactionStatus": "00" if is_paid else "02",
            "vnp_TransactionNo": str(number),
            "vnp_OrderInfo": "Cho Phien DH4K7P",
            "vnp_BankCode": "NCB",
        }

    async def send(self, client, fields, secret="bi-mat", **bent):
        """Sign and send; `bent` changes fields after the signature."""
        signed = fields | {"vnp_SecureHash": vnpay.sign(secret, fields)} | bent
        return await client.get(f"/webhooks/vnpay?{urlencode(signed)}")

    def said(self, answer):
        """What VNPAY hears."""
        words = {"97": "forged", "01": "unknown", "04": "amount", "02": "known", "00": "done", "99": "again"}
        return words[answer.json()["RspCode"]]


class Momo:
    """Notices as MoMo sends them."""

    name = "momo"

    def open(self, secret="bi-mat", *, transport=None):
        """The gateway with its keys."""
        return MomoGateway(make_client(transport), partner_code="CHOPHIEN", access_key="chia", secret=secret)

    def fields(self, reference, amount=PRICE, *, is_paid=True, number=14):
        """The body of a notice, unsigned."""
        return {
            "partnerCode": "CHOPHIEN",
            "orderId": reference,
            "requestId": reference,
            "amount": amount,
            "orderInfo": "Cho Phien DH4K7P",
            "orderType": "momo_wallet",
            "transId": number,
            "resultCode": 0 if is_paid else 1006,
            "message": "Thành công.",
            "payType": "qr",
            "responseTime": 1633504902954,
            "extraData": "",
        }

    async def send(self, client, fields, secret="bi-mat", **bent):
        """Sign and send; `bent` changes fields after the signature."""
        proof = momo.sign(secret, momo.TOLD, fields | {"accessKey": "chia"})
        return await client.post("/webhooks/momo", json=fields | {"signature": proof} | bent)

    def said(self, answer):
        """What MoMo hears: one answer to all that is signed."""
        return {204: "taken", 401: "forged"}[answer.status_code]


class Zalopay:
    """Notices as ZaloPay sends them."""

    name = "zalopay"

    def open(self, secret="bi-mat", *, transport=None):
        """The gateway with its keys."""
        return ZalopayGateway(
            make_client(transport), app_id=2553 if secret else 0, key1="khoa-mot", key2=secret
        )

    def fields(self, reference, amount=PRICE, *, is_paid=True, number=14):
        """The data of a callback."""
        return {
            "app_id": 2553,
            "app_trans_id": reference,
            "amount": amount,
            "zp_trans_id": number,
            "app_user": "é",
        }

    async def send(self, client, fields, secret="bi-mat", **bent):
        """Sign and send; `bent` changes fields after the signature."""
        proof = zalopay.mac(secret, json.dumps(fields))
        body = {"data": json.dumps(fields | bent), "mac": proof, "type": 1}
        return await client.post("/webhooks/zalopay", json=body)

    def said(self, answer):
        """What ZaloPay hears."""
        body = answer.json()
        return {-1: "forged", 1: "done", 2: "known"}.get(body["return_code"], body["return_message"])


WALLETS = [Vnpay(), Momo(), Zalopay()]
URL = "https://pay.example.vn/p"


def answer_pages(request):
    """A provider that opens every page."""
    is_momo = "momo" in request.url.host
    return httpx.Response(
        200, json={"resultCode": 0, "payUrl": URL} if is_momo else {"return_code": 1, "order_url": URL}
    )


def name_try(provider, code, number=1):
    """What a try to pay is called at the provider: ZaloPay's begins with the day."""
    return f"{'261112_' if provider == 'zalopay' else ''}{code}T{number}"
