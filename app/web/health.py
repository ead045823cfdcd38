"""Health: is the process alive, can it serve."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError

from app.web.dependencies import TheHouse

router = APIRouter()


@router.get("/healthz", name="app.web.healthz")
async def healthz() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz", name="app.web.readyz")
async def readyz(house: TheHouse) -> PlainTextResponse:
    """Say whether the database answers."""
    try:
        await house.database.ping()
    except (SQLAlchemyError, OSError):
        return PlainTextResponse("database does not answer", HTTPStatus.SERVICE_UNAVAILABLE)
    return PlainTextResponse("ready")
