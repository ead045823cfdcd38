"""Every door of stays: the hosts' fixed paths stand before those that take a stay's id."""

from __future__ import annotations

from storefront.stays import door_routes, guest_routes, host_routes, invoice_routes, night_routes

ROUTERS = (
    guest_routes.router,
    invoice_routes.router,
    door_routes.router,
    night_routes.router,
    host_routes.router,
)
