"""Every door of mandates: fixed paths stand before those that take an id."""

from __future__ import annotations

from producers.mandates import ask_routes, enrol_routes, help_routes

ROUTERS = (
    ask_routes.router,
    enrol_routes.router,
    help_routes.router,
)
