"""Work of labels after commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.files import Files
from traceability.labels import service
from traceability.labels.press import Press


def make_pdf(files: Files, press: Press) -> Callable[..., Awaitable[None]]:
    """Build the job `labels.make_pdf` around this house's files and press."""

    async def run(session: AsyncSession, *, sheet_id: str, now: datetime) -> None:  # noqa: ARG001 - every job gets it
        await service.make_pdf(session, files, sheet_id=UUID(sheet_id), press=press)

    return run
