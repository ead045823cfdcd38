"""What comes in: what a parcel costs."""

from __future__ import annotations

from app.core.fields import Dong, FormModel


class RateFields(FormModel):
    """The fee of one parcel, from which worth of goods it is waived, and below which nothing is sent; all in đồng."""

    fee_minor: Dong
    free_from_minor: Dong | None = None
    minimum_minor: Dong = 0
