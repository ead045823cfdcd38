"""What staff type at the desk of payments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.core.fields import FormModel


class MatchFields(FormModel):
    """A payment code as read from a memo or said by the payer."""

    code: str = Field(min_length=1, max_length=60)


class ReturnFields(FormModel):
    """The bank's reference of the transfer back."""

    reference: str = Field(min_length=1, max_length=60)


class DecisionFields(FormModel):
    """What a doubtful line of a statement is: money that is known, or another sum."""

    act: Literal["known", "other"]
