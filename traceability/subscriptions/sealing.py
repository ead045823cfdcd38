"""The token of a subscriber: sealed at rest (AES-256-GCM), used to sign what is sent (HMAC-SHA-256, RFC 2104)."""

from __future__ import annotations

import hashlib
import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
PREFIX = "sha256="


class SealError(Exception):
    """A token cannot be read: the secret of this instance is another one now."""


def seal(secret: bytes, subscription_id: UUID, token: str) -> bytes:
    """Seal a token under the house's secret, for this subscription alone."""
    nonce = os.urandom(_NONCE)
    return nonce + _box(secret).encrypt(nonce, token.encode(), subscription_id.bytes)


def unseal(secret: bytes, subscription_id: UUID, sealed: bytes) -> str:
    """Read a token back; raises `SealError`."""
    try:
        return _box(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], subscription_id.bytes).decode()
    except InvalidTag as error:
        raise SealError(
            f"the token of subscription {subscription_id} was sealed under another secret"
        ) from error


def sign(token: str, body: bytes) -> str:
    """The value of `GS1-Signature`: `sha256=` and the HMAC-SHA-256 of the very bytes of the body, in hexadecimal."""
    return PREFIX + hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def _box(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"chophien/subscription-token").derive(secret))
