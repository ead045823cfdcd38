"""What the reports of all messengers share: figures within bounds, lines that the database can hold, proofs compared."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, NaiveDatetime, StrictInt

MAX_DRIFT_S = 300
MAX_AMOUNT = 10**15
MAX_ID = 10**18
_MAX_LINE = 2_000


def _clean(value: object) -> object:
    """Take out what the database cannot hold and what is too long: a stray NUL must not turn money away."""
    if value is None:
        return ""
    return value.replace("\x00", " ")[:_MAX_LINE] if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_clean)]
"""One line of text; absent is empty."""
Number = Annotated[StrictInt, Field(ge=0, le=MAX_ID)]
"""A messenger's own number of a transfer."""
LocalTime = Annotated[NaiveDatetime, Field(ge=datetime(2000, 1, 1))]  # noqa: DTZ001 - as the messengers write it
"""Vietnam's clock without a zone."""


def is_equal(given: str, right: str) -> bool:
    """Compare a proof in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def load_json(raw: bytes) -> Any:
    """Read JSON; ValueError for whatever is none (NaN and Infinity are none)."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        return json.loads(raw, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
