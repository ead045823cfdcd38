"""Signed tickets: what a ticket's symbol says, and that nobody but the market can say it (ADR 0052).

A symbol is an address in capitals, `HTTPS://HOST/T/` and 130 letters of base32 (RFC 4648, 6): a QR code writes it in its
alphanumeric mode, and a phone's own camera opens it. The letters are 17 bytes and an Ed25519 signature over them, big
endian, every bit used:

    version 8 | key id 24 | booking's code 40 | which ticket 8 | departure's tag 16 | day 16 | start 11 | heads 9 | flags 4

No name is signed: who books may be spelled anew. The producer is signed and not carried: the gate knows whose it is.
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from app.core import signing
from app.core.clock import in_vietnam
from app.core.ids import CODE_ALPHABET, is_valid_code
from app.core.signing import Signer, signer_for
from storefront.tours.models import Booking, Departure

PURPOSES = ("tickets/1",)
"""The keys of a house, the newest first: it signs, all of them are believed."""
VERSION = 1
WHOLE = 255
"""The ticket of a whole party; any other number is one ticket's place, its own for good."""
CODE_LENGTH = 7
MOST_HEADS = 2**9 - 1
LETTERS = 130
PATH = "/T/"
_DOMAIN = b"chophien/ticket\x00"
_PAYLOAD = 17
_BYTES = _PAYLOAD + 64
_KEY_ID_BYTES = 3
_CODE_BITS = 5 * CODE_LENGTH
_EPOCH = date(1970, 1, 1)
_DAY_MINUTES = 24 * 60
_SPELLED = re.compile(rf"(?:^|/[Tt]/)([A-Za-z2-7]{{{LETTERS}}})$")


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """What a ticket says: `code` is its booking's, `heads` as they were when it was given out, times are Vietnam's."""

    code: str
    place: int
    """Which of the booking's tickets, or `WHOLE`."""
    departure_tag: int
    day: date
    starts: time
    heads: int

    def pack(self, key_id: bytes) -> bytes:
        """The 17 bytes that are signed."""
        number = VERSION
        for value, bits in (
            (int.from_bytes(key_id, "big"), 8 * _KEY_ID_BYTES),
            (_number_of(self.code), 40),
            (self.place, 8),
            (self.departure_tag, 16),
            ((self.day - _EPOCH).days, 16),
            (self.starts.hour * 60 + self.starts.minute, 11),
            (self.heads, 9),
            (0, 4),
        ):
            if not 0 <= value < 1 << bits:
                raise ValueError("a ticket cannot say this")
            number = number << bits | value
        return number.to_bytes(_PAYLOAD, "big")


def symbol_of(booking: Booking, departure: Departure, *, heads: int, place: int = WHOLE) -> Symbol:
    """What the ticket of a party says, or that of one of its units."""
    starts = in_vietnam(departure.starts_at)
    return Symbol(
        code=booking.code,
        place=place,
        departure_tag=tag_of(departure.id),
        day=departure.local_on,
        starts=starts.time().replace(second=0, microsecond=0),
        heads=min(heads, MOST_HEADS),
    )


def tag_of(departure_id: UUID) -> int:
    """A departure's number on its day: the last two bytes of its id."""
    return departure_id.int & 0xFFFF


def signers(secret: bytes) -> list[Signer]:
    """The keys of a house for its tickets, the newest first."""
    return [signer_for(secret, purpose) for purpose in PURPOSES]


def write(symbol: Symbol, *, producer_id: UUID, signer: Signer) -> str:
    """Sign a symbol; answers its LETTERS letters."""
    payload = symbol.pack(signing.decode(signer.key_id))
    return b32encode(payload + signer.sign_raw(_message(producer_id, payload))).decode().rstrip("=")


def address_of(letters: str, public_url: str) -> str:
    """The address that stands in the code: capitals throughout, so that a QR code packs it tighter."""
    return f"{public_url.rstrip('/')}{PATH}{letters}".upper()


def find_letters(text: str) -> str | None:
    """The letters of what was scanned or typed: the whole address or what stands behind it; None for anything else."""
    found = _SPELLED.search("".join(text.split()))
    return found[1].upper() if found else None


def read(letters: str, *, producer_id: UUID, keys: Sequence[Signer]) -> Symbol | None:
    """Read a producer's ticket; None when nobody of ours signed it so, in every bit."""
    unsigned = peek(letters)
    if unsigned is None:
        return None
    data = _bytes_of(letters)
    payload, signature = data[:_PAYLOAD], data[_PAYLOAD:]
    key_id = signing.encode(payload[1 : 1 + _KEY_ID_BYTES])
    signer = next((one for one in keys if one.key_id == key_id), None)
    if signer is None or not signing.verifies(signer.public_bytes, _message(producer_id, payload), signature):
        return None
    return unsigned


def peek(letters: str) -> Symbol | None:
    """What a ticket says, not believed yet; None when it says nothing that we write."""
    data = _bytes_of(letters)
    if not data:
        return None
    number = int.from_bytes(data[:_PAYLOAD], "big")
    fields = []
    for bits in (4, 9, 11, 16, 16, 8, 40, 8 * _KEY_ID_BYTES, 8):
        fields.append(number & ((1 << bits) - 1))
        number >>= bits
    flags, heads, starts, day, tag, place, spelled, _key, version = fields
    code = _code_of(spelled)
    if version != VERSION or flags or starts >= _DAY_MINUTES or not is_valid_code(code):
        return None
    return Symbol(
        code=code,
        place=place,
        departure_tag=tag,
        day=_EPOCH + timedelta(days=day),
        starts=time(*divmod(starts, 60)),
        heads=heads,
    )


def _bytes_of(letters: str) -> bytes:
    """The bytes, or none when the letters are not exactly theirs."""
    if len(letters) != LETTERS:
        return b""
    try:
        data = b32decode(letters + "=" * (-LETTERS % 8))
    except Error:
        return b""
    # The last letter has two bits more than the bytes: they are none.
    return data if len(data) == _BYTES and b32encode(data).decode().rstrip("=") == letters else b""


def _message(producer_id: UUID, payload: bytes) -> bytes:
    return _DOMAIN + producer_id.bytes + payload


def _number_of(code: str) -> int:
    if len(code) != CODE_LENGTH:
        raise ValueError("a ticket cannot say this")
    number = 0
    for char in code:
        number = number << 5 | CODE_ALPHABET.index(char)
    return number


def _code_of(number: int) -> str:
    if number >> _CODE_BITS:
        return ""
    return "".join(CODE_ALPHABET[number >> shift & 31] for shift in range(_CODE_BITS - 5, -1, -5))
