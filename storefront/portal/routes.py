"""Every door of the operators' pages."""

from __future__ import annotations

from fastapi import APIRouter

from storefront.portal import booking_routes, guest_routes, selling_routes, statement_routes

router = APIRouter()
router.include_router(selling_routes.router)
router.include_router(booking_routes.router)
router.include_router(guest_routes.router)
router.include_router(statement_routes.router)
