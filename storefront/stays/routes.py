"""Every door of stays: the hosts' fixed paths stand before those that take a stay's id."""

from __future__ import annotations

from fastapi import APIRouter

from storefront.stays import door_routes, guest_routes, host_routes, invoice_routes, night_routes

router = APIRouter()
router.include_router(guest_routes.router)
router.include_router(invoice_routes.router)
router.include_router(door_routes.router)
router.include_router(night_routes.router)
router.include_router(host_routes.router)
