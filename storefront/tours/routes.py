"""Every door of visits: the gate's fixed paths stand before those that take a tour's id."""

from __future__ import annotations

from fastapi import APIRouter

from storefront.tours import (
    discovery_routes,
    feed_routes,
    gate_routes,
    host_routes,
    invoice_routes,
    moving_routes,
    sight_routes,
    visitor_routes,
)

router = APIRouter()
router.include_router(visitor_routes.router)
router.include_router(discovery_routes.router)
router.include_router(feed_routes.router)
router.include_router(moving_routes.router)
router.include_router(invoice_routes.router)
router.include_router(gate_routes.router)
router.include_router(sight_routes.router)
router.include_router(host_routes.router)
