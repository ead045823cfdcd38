"""What comes in with a PIN."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class PinForm(FormModel):
    """A typed PIN, and the label that it is for."""

    gtin: str = Field(min_length=1, max_length=20)
    lot: str = Field(min_length=1, max_length=60)
    serial: str = Field(min_length=1, max_length=60)
    pin: str = Field(default="", max_length=60)
