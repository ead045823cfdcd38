"""What comes in: a harvest that may be ordered before it is there."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.fields import Day, FormModel


class OfferFields(FormModel):
    """Which pack, how much of it as typed (pieces or kilos), and the day on which it is expected."""

    variant_id: UUID
    cap: Annotated[str, Field(min_length=1, max_length=20)]
    expected_on: Day
