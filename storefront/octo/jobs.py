"""Work of the OCTO API beside the requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.core.db import Database
    from storefront.octo.carrying import Teller


async def tell(database: Database, *, now: datetime, teller: Teller) -> None:  # noqa: ARG001 - the teller's clock goes on
    """Tell operators what is new."""
    await teller.run(database)
