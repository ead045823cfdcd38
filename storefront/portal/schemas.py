"""What comes in at the operators' pages."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from app.core.fields import FormModel, Phone


class GuestFields(FormModel):
    """In whose name, and on which day; the party comes beside it. A guest without a number is reached by the operator."""

    departure_id: UUID
    contact_name: str = Field(min_length=1, max_length=80)
    contact_phone: Phone | None = None
    note: str = Field("", max_length=500)


class HoldFields(GuestFields):
    """A new booking; its id was made with the form, so that a form sent twice is one booking."""

    id: UUID
