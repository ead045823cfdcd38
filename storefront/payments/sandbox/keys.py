"""Keys of the demo: they open nothing but play money."""

from __future__ import annotations

import hmac

CARD_KEY = "sk_test_demo"
CARD_WEBHOOK_SECRET = "whsec_demo"  # noqa: S105 - opens play money only
ACCOUNT = ("0123456789", "CHO PHIEN DUNG THU")


def bank_secret(secret: bytes) -> str:
    """The secret that the demo bank signs with, made from the house's own."""
    return hmac.digest(secret, b"demo-bank", "sha256").hex()
