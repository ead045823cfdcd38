"""The press: the address that a label leads to, and the signature that stands in it.

Signed is the Digital Link in canonical form, so that a phone can check it without signal. The signature stands in the
query under a key that is no application identifier: AI 8030 is kept for digital signatures of ISO/IEC 20248, which this
is not. It does not keep a label from being copied; the count of looks tells that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from app.core.signing import Signer, signer_for
from traceability.labels.pins import pin_key

QUERY_KEY = "s"
PURPOSE = "labels/1"
CANONICAL_ROOT = "https://id.gs1.org"


@dataclass(frozen=True)
class Press:
    """Who prints: the address that labels lead to, the key that signs them, and the key of the PINs under scratch fields.

    A practice label is not signed (None).
    """

    public_url: str
    signer: Signer | None
    pin_key: bytes = field(default=b"", repr=False)


def open_press(public_url: str, secret: bytes) -> Press:
    """The press of a house."""
    return Press(public_url.rstrip("/"), label_signer(secret), pin_key(secret))


def label_signer(secret: bytes) -> Signer:
    """The key of a house for its labels."""
    return signer_for(secret, PURPOSE)


def path_of(*, gtin: str, lot_code: str, serial: str) -> str:
    """The path of one label (GS1 Digital Link URI Syntax 1.4, 4.4: key, lot, serial)."""
    return f"/01/{gtin}/10/{quote(lot_code, safe='')}/21/{quote(serial, safe='')}"


def message_of(*, gtin: str, lot_code: str, serial: str) -> bytes:
    """What is signed: the canonical Digital Link (URI Syntax 1.4, 4.12), the same under every host."""
    return (CANONICAL_ROOT + path_of(gtin=gtin, lot_code=lot_code, serial=serial)).encode()


def link_of(press: Press, *, gtin: str, lot_code: str, serial: str) -> str:
    """The whole address of one label, with its signature."""
    link = press.public_url + path_of(gtin=gtin, lot_code=lot_code, serial=serial)
    if press.signer is None:
        return link
    signed = press.signer.sign(message_of(gtin=gtin, lot_code=lot_code, serial=serial))
    return f"{link}?{QUERY_KEY}={signed}"
