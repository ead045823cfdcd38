"""What comes in about orders."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class CodeFields(FormModel):
    """The code that somebody was told."""

    code: str = Field(min_length=1, max_length=40)
