"""What comes in for the authority's room."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class KeyForm(FormModel):
    """The key that an inspector types."""

    key: str = Field(max_length=200)
