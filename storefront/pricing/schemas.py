"""What comes in: what a parcel costs."""

from __future__ import annotations

from app.core.fields import Dong, FormModel


class RateFields(FormModel):
    """The fee of one parcel, and from which worth of goods it is waived; both in đồng."""

    fee_minor: Dong
    free_from_minor: Dong | None = None
