"""What tests of the OCTO API share: a visit, a day pass, an operator's key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.db import Database
from storefront.tours.models import AvailabilityType
from tests.factories.octo import make_key
from tests.factories.visits import NOW, Visit, make_visit


@pytest.fixture
async def visit(db: Database) -> Visit:
    """A morning of tea picking the day after tomorrow, 20 heads."""
    async with db.transaction() as session:
        return await make_visit(session)


@pytest.fixture
async def day_pass(db: Database) -> Visit:
    """A day pass in three days, 80 heads."""
    async with db.transaction() as session:
        return await make_visit(
            session,
            capacity=80,
            starts_at=NOW + timedelta(days=3),
            availability_type=AvailabilityType.OPENING_HOURS,
            title="Vé ngày",
        )


@pytest.fixture
async def key(db: Database) -> dict[str, str]:
    """The header of an operator with 10 % off, all capabilities on."""
    return await make_key(db)
