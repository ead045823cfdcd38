"""Every door of the operators' pages."""

from __future__ import annotations

from storefront.portal import booking_routes, guest_routes, selling_routes, statement_routes

ROUTERS = (
    selling_routes.router,
    booking_routes.router,
    guest_routes.router,
    statement_routes.router,
)
