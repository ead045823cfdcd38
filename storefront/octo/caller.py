"""Who asks over the OCTO API."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from storefront.operators.models import Operator


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: a key, and whose it is."""

    key_id: UUID
    operator: Operator
