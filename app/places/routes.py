"""Places over HTTP: the search behind the commune field, for browsers with scripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.places import service
from app.places.schemas import CommuneItem
from app.web.dependencies import DbSession

router = APIRouter()


@router.get("/places", name="app.places.search")
async def search(
    session: DbSession, response: Response, q: Annotated[str, Query(max_length=service.MAX_TYPED)] = ""
) -> list[CommuneItem]:
    """Answer communes by their new or old names; the units change once in years, so a browser may keep it an hour."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    found = await service.search_communes(session, q)
    return [CommuneItem(code=one.code, label=one.label, alias=one.alias) for one in found]
