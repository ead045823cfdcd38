"""What comes in about tour operators."""

from __future__ import annotations

from uuid import UUID

from app.core.fields import FormModel


class PaidFields(FormModel):
    """Whose money it is."""

    receipt_id: UUID
    operator_id: UUID
