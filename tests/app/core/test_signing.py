"""Keys from one secret: what they signed is known, whatever else is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import signing
from app.core.signing import SIGNED_LENGTH, Signer, signer_for

SIGNER = signer_for(b"a secret", "tests/1")


@given(st.binary(max_size=200))
def test_what_was_signed_is_known(message: bytes) -> None:
    """Signed twice it reads the same, and the public key alone is enough to check it."""
    signed = SIGNER.sign(message)
    assert signed == SIGNER.sign(message) and len(signed) == SIGNED_LENGTH
    assert SIGNER.has_signed(message, signed)
    public = signing.decode(SIGNER.to_jwk()["x"])
    assert signing.verifies(public, message, signing.decode(signed[4:]))


@given(st.binary(min_size=1, max_size=60), st.data())
def test_one_changed_character_or_byte_is_noticed(message: bytes, data: st.DataObject) -> None:
    """Any other character at any place of the signature, any other byte of the message: not signed."""
    signed = SIGNER.sign(message)
    place = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(exclude_characters=signed[place]))
    assert not SIGNER.has_signed(message, signed[:place] + other + signed[place + 1 :])
    at, change = data.draw(st.integers(0, len(message) - 1)), data.draw(st.integers(1, 255))
    flipped = bytes(byte ^ change if index == at else byte for index, byte in enumerate(message))
    assert not SIGNER.has_signed(flipped, signed)


@pytest.mark.parametrize("signed", ["", "short", "A" * SIGNED_LENGTH, SIGNER.key_id + "!" * 86])
def test_nonsense_is_no_signature(signed: str) -> None:
    """Too short, another key's, letters that are none."""
    assert not SIGNER.has_signed(b"m", signed)
    assert not signing.verifies(SIGNER.public_bytes, b"m", b"short")


def test_each_purpose_has_a_key_of_its_own() -> None:
    """Another purpose or another secret is another key; no secret is none."""
    assert len({Signer(secret, purpose).key_id for secret in (b"a", b"b") for purpose in ("x", "y")}) == 4
    assert Signer(b"a", "x").public_bytes == Signer(b"a", "x").public_bytes
    with pytest.raises(ValueError, match="empty secret"):
        Signer(b"", "x")


def test_the_published_vector() -> None:
    """RFC 8032, 7.1, test 2: one byte."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signing.verifies(public, b"\x72", signature) and not signing.verifies(public, b"\x73", signature)


@pytest.mark.parametrize("text", ["A+B/", "AB==", "ẠB"])
def test_what_is_not_base64url_is_refused(text: str) -> None:
    """The alphabet of ordinary base64, padding and other letters are not read as something else (RFC 4648, 5)."""
    with pytest.raises(ValueError, match="not base64url"):
        signing.decode(text)
