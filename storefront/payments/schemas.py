"""What staff type at the desk of payments."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class MatchFields(FormModel):
    """A payment code as read from a memo or said by the payer."""

    code: str = Field(min_length=1, max_length=60)


class ReturnFields(FormModel):
    """The bank's reference of the transfer back."""

    reference: str = Field(min_length=1, max_length=60)
