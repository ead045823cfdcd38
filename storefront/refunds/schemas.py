"""What comes in about refunds."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class RefundFields(FormModel):
    """The bank's own reference of the money that went back."""

    reference: str = Field(min_length=1, max_length=80)
