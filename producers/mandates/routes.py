"""Every door of mandates: fixed paths stand before those that take an id."""

from __future__ import annotations

from fastapi import APIRouter

from producers.mandates import ask_routes, enrol_routes, help_routes

router = APIRouter()
router.include_router(ask_routes.router)
router.include_router(enrol_routes.router)
router.include_router(help_routes.router)
