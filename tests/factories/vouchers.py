"""Vouchers for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.vouchers.models import Voucher
from tests.factories.storefront import NOW


async def make_voucher(session: AsyncSession, **overrides: Any) -> Voucher:
    """A code of the market, TẾT 2027, for 20.000 đồng off anything: ten uses, one per phone number."""
    given = {
        "code": "tet2027",
        "producer_id": None,
        "is_market_paid": True,
        "amount_minor": 20_000,
        "percent": None,
        "most_minor": None,
        "minimum_minor": 0,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1),
        "uses_most": 10,
        "uses_taken": 0,
        "uses_per_phone": 1,
        "created_at": NOW,
    }
    voucher = Voucher(**given | overrides)
    session.add(voucher)
    await session.flush()
    return voucher
