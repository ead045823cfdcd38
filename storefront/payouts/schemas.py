"""What the accountant types about a payout."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class SettleFields(FormModel):
    """The bank's own reference of the transfer."""

    reference: str = Field(min_length=1, max_length=80)


class ReturnFields(FormModel):
    """Why the money did not arrive, in the bank's words or one's own."""

    reason: str = Field(min_length=1, max_length=120)


class VerifyFields(FormModel):
    """How somebody looked who a producer is."""

    method: str = Field(min_length=1, max_length=120)
