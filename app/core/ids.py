"""Names of things: time-ordered ids, secret tokens, and short codes that survive being read aloud."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from uuid import UUID

import uuid_utils.compat

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: 32 characters, five bits each
PAYMENT_PREFIX = "CP"
PAYMENT_CODE_LENGTH = 9  # prefix 2, body 6 (30 bits), checksum 1
_MAX_CHECKED = 31  # the order of the generator: longer codes would reuse a weight
_TOKEN_LENGTH = 26
_TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # noqa: S105 - RFC 4648 base32 in lower case, not a secret


def uuid7() -> UUID:
    """Make a new UUIDv7 (RFC 9562): ids made later sort later."""
    made: UUID = uuid_utils.compat.uuid7()
    return made


def new_token() -> str:
    """Make a new secret for a link: 26 characters a-z 2-7, 130 random bits."""
    return "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))


def hash_token(token: str) -> bytes:
    """Hash a token into what we keep of it: its SHA-256, 32 bytes. The token's own 130 bits make a salt needless."""
    return hashlib.sha256(token.encode()).digest()


def derive_token(secret: bytes, purpose: str, id: UUID) -> str:  # noqa: A002 - the thing's id
    """Make the token of one thing for one purpose, the same each time: HMAC-SHA256 cut to 130 bits.

    Spelled as `new_token`. ValueError when the secret is empty.
    """
    if not secret:
        raise ValueError("a token cannot be derived from an empty secret")
    digest = hmac.digest(secret, purpose.encode() + b"\x00" + id.bytes, "sha256")
    return b32encode(digest).decode().lower()[:_TOKEN_LENGTH]


def new_code(length: int) -> str:
    """Make a random code of `length` characters of CODE_ALPHABET, without a checksum."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def with_check(body: str) -> str:
    """Append the checksum character.

    The code is a polynomial over GF(32) (x^5 + x^2 + 1) that is zero at the generator 2. Each place has a weight of
    its own up to 31 characters, so that every single wrong character and every swap of two characters is caught.
    ValueError when the body is empty, too long, or has a character outside CODE_ALPHABET.
    """
    if not 0 < len(body) < _MAX_CHECKED:
        raise ValueError(f"a checked code has 2 to {_MAX_CHECKED} characters")
    return body + CODE_ALPHABET[_times_generator(_remainder(body))]


def is_valid_code(code: str) -> bool:
    """Tell whether the last character is the checksum of the others; a code is upper case."""
    is_spelled = 1 < len(code) <= _MAX_CHECKED and all(char in CODE_ALPHABET for char in code)
    return is_spelled and _remainder(code) == 0


def _remainder(code: str) -> int:
    remainder = 0
    for char in code:
        remainder = _times_generator(remainder) ^ CODE_ALPHABET.index(char)
    return remainder


def _times_generator(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def new_payment_code(prefix: str = PAYMENT_PREFIX) -> str:
    """Make a new code for a transfer's memo: prefix, random body, checksum; PAYMENT_CODE_LENGTH characters in all."""
    return with_check(prefix + new_code(PAYMENT_CODE_LENGTH - len(prefix) - 1))


def find_payment_codes(text: str, prefix: str = PAYMENT_PREFIX) -> list[str]:
    """Find the payment codes in a bank memo, in their order, each once.

    Banks upper-case, put words before and after, insert blanks and cut; all but A-Z and 0-9 is taken out first.
    """
    squeezed = re.sub(r"[^A-Z0-9]", "", text.upper())
    starts = (match.start() for match in re.finditer(f"(?={re.escape(prefix)})", squeezed))
    candidates = (squeezed[start : start + PAYMENT_CODE_LENGTH] for start in starts)
    whole = (code for code in candidates if len(code) == PAYMENT_CODE_LENGTH and is_valid_code(code))
    return list(dict.fromkeys(whole))
