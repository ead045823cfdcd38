"""What comes in about fees."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator

from app.core.fields import Day, Dong, FieldError, FormModel
from app.core.i18n import _
from storefront.fees.models import FeeKind
from storefront.fees.service import WHOLE

_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")


def _percent(value: Any) -> int:
    """Read `2,5` as 250 basis points."""
    typed = _PERCENT.fullmatch(str(value).strip())
    points = int(typed[1]) * 100 + int((typed[2] or "").ljust(2, "0")) if typed else WHOLE + 1
    if points > WHOLE:
        raise FieldError(_("Bạn gõ phần trăm từ 0 đến 100, ví dụ 5 hoặc 2,5."))
    return points


class FeeFields(FormModel):
    """What a producer pays from a day on."""

    producer_id: UUID
    kind: FeeKind
    percent: Annotated[int, BeforeValidator(_percent)]
    least_minor: Dong = 0
    most_minor: Dong | None = None
    valid_from: Day
