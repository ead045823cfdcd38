"""What comes in about money on delivery."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator

from app.core.fields import Dong, FieldError, FormModel
from app.core.i18n import _


def _some(value: int) -> int:
    if value < 1:
        raise FieldError(_("Bạn điền từ 1 trở lên."))
    return value


class TermsFields(FormModel):
    """Whether parcels may be paid on delivery, and up to how many đồng."""

    is_on: bool = False
    most_minor: Annotated[Dong, AfterValidator(_some)] | None = None


class KeepFields(FormModel):
    """The name of this form, so that it counts once."""

    id: UUID


class ShareFields(FormModel):
    """What came for one order, and what the courier kept, in đồng."""

    came: Dong = 0
    kept: Dong = 0
