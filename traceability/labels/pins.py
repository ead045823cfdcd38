"""The PIN under a label's scratch field: six digits that come of the house's secret and the serial (app/decisions/0020).

Nothing of a PIN is stored. What is stored is that a print job has PINs, and when each was first typed rightly.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.secret import derive_key
from traceability.labels import repository
from traceability.labels.models import Serial

DIGITS = 6
_PURPOSE = "label-pins/1"
_BYTES = 8
"""Of the digest: 64 bits for a million PINs, so that no PIN is likelier than another by more than one in 10^13."""


def pin_key(secret: bytes) -> bytes:
    """The key of a house for its labels' PINs; ValueError when the secret is empty."""
    return derive_key(secret, _PURPOSE)


def pin_of(key: bytes, *, gtin: str, serial: str) -> str:
    """The PIN of one label: DIGITS digits, the same each time."""
    digest = hmac.digest(key, f"{gtin}/{serial}".encode(), "sha256")
    return f"{int.from_bytes(digest[:_BYTES]) % 10**DIGITS:0{DIGITS}}"


def read_pin(typed: str) -> str | None:
    """Read a PIN as people type it, with blanks, dots or dashes; None when it cannot be one."""
    digits = "".join(char for char in typed if char not in " .-\u00a0")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdecimal() else None


def spell_pin(pin: str) -> str:
    """A PIN in two groups, as it is printed: "123 456"."""
    return f"{pin[: DIGITS // 2]} {pin[DIGITS // 2 :]}"


class Outcome(StrEnum):
    """What a typed PIN was: the first right one of this label, a later right one, or wrong."""

    FIRST = "first"
    LATER = "later"
    WRONG = "wrong"


@dataclass(frozen=True)
class Checked:
    """What became of a typed PIN; the hour (UTC) of the first right one and its province, unless it was wrong."""

    outcome: Outcome
    used_at: datetime | None = None
    province_code: str | None = None


async def find_label(session: AsyncSession, *, gtin: str, serial: str) -> Serial | None:
    """Find a label that was printed with a PIN and is not void."""
    return await repository.find_serial_with_pin(session, gtin, serial)


async def check(
    session: AsyncSession, serial: Serial, *, typed: str, key: bytes, province_code: str | None, now: datetime
) -> Checked:
    """Check a PIN; the first right one is bound for good, to the hour, with the province if it was said.

    The caller counts tries (`app.accounts.attempts`) before this. Of many right ones at once exactly one is first.
    """
    right = pin_of(key, gtin=serial.gtin, serial=serial.serial)
    if not hmac.compare_digest(right.encode(), typed.encode()):
        return Checked(Outcome.WRONG)
    hour = now.replace(minute=0, second=0, microsecond=0)
    is_first = await repository.bind_pin(session, serial.id, hour, province_code)
    await session.refresh(serial)
    return Checked(Outcome.FIRST if is_first else Outcome.LATER, serial.pin_used_at, serial.pin_province_code)
