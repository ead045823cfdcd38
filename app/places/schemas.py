"""What comes in and goes out about places."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.core.fields import FormModel


class CommuneFields(FormModel):
    """The two fields of `commune_field`: what was typed, and the choice among places of one name."""

    commune_text: str = Field(min_length=1, max_length=120)
    commune_code: str | None = Field(None, max_length=5)


class CommuneItem(BaseModel):
    """One commune in the answer to a search; `alias` is the old name under which it was found."""

    code: str
    label: str
    alias: str | None
