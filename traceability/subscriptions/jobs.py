"""Work of subscriptions after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.core.db import Database
    from traceability.subscriptions.delivery import Courier


async def deliver(database: Database, *, now: datetime, courier: Courier) -> None:  # noqa: ARG001 - the courier's clock goes on
    """Carry every report that is due."""
    await courier.run(database)
