"""What comes in with a report."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.fields import FormModel
from traceability.reports.models import Sign

MAX_NOTE = 500


class ReportFields(FormModel):
    """The form: the id makes a form that is sent twice one report."""

    id: UUID
    sign: Sign
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE)] = ""
    gtin: str = Field(min_length=1, max_length=14)
    lot: str | None = Field(None, max_length=20)
    serial: str | None = Field(None, max_length=20)
