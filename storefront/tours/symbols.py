"""Signed tickets: what a ticket's symbol says, and that nobody but the market can say it (ADR 0052).

A symbol is an address in capitals, `HTTPS://HOST/T/` and 130 letters of base32 (RFC 4648, 6): a QR code writes it in its
alphanumeric mode, and a phone's own camera opens it. The letters are 17 bytes and an Ed25519 signature over them, big
endian, every bit used:

    version 8 | key id 24 | booking's code 40 | which ticket 8 | departure's tag 16 | day 16 | start 11 | heads 9 | flags 4

A paper ticket for any day of a season has the flag 1 and no booking yet (ADR 0058): in place of the booking's code stands its own,
of the departure's tag its batch's, and of the start how many days after `day` it is good for.

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
from storefront.tours.batch_models import TicketBatch
from storefront.tours.models import Booking, Departure

PURPOSES = ("tickets/1",)
"""The keys of a house, the newest first: it signs, all of them are believed."""
VERSION = 1
WHOLE = 255
"""The ticket of a whole party; any other number is one ticket's place, its own for good."""
CODE_LENGTH = 7
OPEN_LENGTH = 8
"""Letters of the code of a ticket for any day: all the 40 bits."""
MOST_DAYS = 366
"""For so many days at most after its first a ticket for any day is good."""
MOST_HEADS = 2**9 - 1
LETTERS = 130
PATH = "/T/"
_DOMAIN = b"chophien/ticket\x00"
_PAYLOAD = 17
_BYTES = _PAYLOAD + 64
_KEY_ID_BYTES = 3
_OPEN = 1
"""The flag of a ticket for any day."""
_EPOCH = date(1970, 1, 1)
_DAY_MINUTES = 24 * 60
_SPELLED = re.compile(rf"(?:^|/[Tt]/)([A-Za-z2-7]{{{LETTERS}}})$")


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """What a ticket says: `code` is its booking's, `heads` as they were when it was given out, times are Vietnam's.

    With `days` it is for any day from `day` until so many days later: then `code` is its own, and it says no start.
    """

    code: str
    place: int
    """Which of the booking's tickets, or `WHOLE`."""
    departure_tag: int
    day: date
    starts: time
    heads: int
    days: int | None = None

    def pack(self, key_id: bytes) -> bytes:
        """The 17 bytes that are signed."""
        number = VERSION
        is_open = self.days is not None
        for value, bits in (
            (int.from_bytes(key_id, "big"), 8 * _KEY_ID_BYTES),
            (_number_of(self.code, OPEN_LENGTH if is_open else CODE_LENGTH), 40),
            (self.place, 8),
            (self.departure_tag, 16),
            ((self.day - _EPOCH).days, 16),
            (self.starts.hour * 60 + self.starts.minute if self.days is None else self.days, 11),
            (self.heads, 9),
            (_OPEN if is_open else 0, 4),
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


def symbol_of_any_day(batch: TicketBatch, code: str) -> Symbol:
    """What a paper ticket says that is for any day of its batch."""
    return Symbol(
        code=code,
        place=0,
        departure_tag=tag_of(batch.id),
        day=batch.valid_from,
        starts=time(),
        heads=batch.heads,
        days=(batch.valid_until - batch.valid_from).days,
    )


def tag_of(id_: UUID) -> int:
    """A departure's number on its day: the last two bytes of its id."""
    return id_.int & 0xFFFF


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
    is_open = flags == _OPEN
    code = _code_of(spelled, OPEN_LENGTH if is_open else CODE_LENGTH)
    if version != VERSION or flags not in {0, _OPEN} or not is_valid_code(code):
        return None
    if is_open and (starts > MOST_DAYS or place):
        return None
    if not is_open and starts >= _DAY_MINUTES:
        return None
    return Symbol(
        code=code,
        place=place,
        departure_tag=tag,
        day=_EPOCH + timedelta(days=day),
        starts=time() if is_open else time(*divmod(starts, 60)),
        heads=heads,
        days=starts if is_open else None,
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


def _number_of(code: str, length: int) -> int:
    if len(code) != length:
        raise ValueError("a ticket cannot say this")
    number = 0
    for char in code:
        number = number << 5 | CODE_ALPHABET.index(char)
    return number


def _code_of(number: int, length: int) -> str:
    if number >> 5 * length:
        return ""
    return "".join(CODE_ALPHABET[number >> shift & 31] for shift in range(5 * (length - 1), -1, -5))
