"""What comes into mandates: the forms of asking, of the code, and of writing a farmer down."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.schemas import CodeFields
from app.core.fields import FormModel, Phone
from producers.mandates.models import ProofKind, Scope

__all__ = ["AskForm", "CodeFields", "EnrolForm"]

MONTHS = {"1": 30, "6": 183, "12": 365, "24": 730}
"""Days of each choice of how long."""
HOUSEHOLD = "household"


class AskForm(FormModel):
    """What a helper asks for; the farmer is known by number, or by name when this helper enrolled her."""

    phone: Phone | None = None
    farmer_id: UUID | None = None
    producer_id: UUID | None = None
    scopes: list[Scope] = Field(default_factory=list)
    months: Literal["1", "6", "12", "24"]
    proof: ProofKind


class EnrolForm(FormModel):
    """A farmer written down on the helper's phone."""

    id: UUID
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"\w")]
    phone: Phone | None = None
    place: str = HOUSEHOLD
    commune_code: str | None = None
    hamlet: str = Field("", max_length=200)
