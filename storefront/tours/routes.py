"""Every door of visits: the hosts' fixed paths stand before those that take a tour's id."""

from __future__ import annotations

from fastapi import APIRouter

from storefront.tours import (
    allotment_routes,
    balance_routes,
    batch_routes,
    by_hand_routes,
    calling_off_routes,
    choice_routes,
    discovery_routes,
    extra_routes,
    feed_routes,
    gate_routes,
    group_routes,
    holding_routes,
    host_routes,
    house_routes,
    invoice_routes,
    moving_routes,
    people_routes,
    resource_routes,
    season_price_routes,
    season_routes,
    sight_routes,
    terms_routes,
    ticket_routes,
    visitor_routes,
    waiting_routes,
)

router = APIRouter()
router.include_router(visitor_routes.router)
router.include_router(holding_routes.router)
router.include_router(ticket_routes.router)
router.include_router(discovery_routes.router)
router.include_router(feed_routes.router)
router.include_router(moving_routes.router)
router.include_router(people_routes.router)
router.include_router(choice_routes.router)
router.include_router(waiting_routes.router)
router.include_router(invoice_routes.router)
router.include_router(gate_routes.router)
router.include_router(group_routes.router)
router.include_router(batch_routes.router)
router.include_router(by_hand_routes.router)
router.include_router(season_routes.router)
router.include_router(season_price_routes.router)
router.include_router(calling_off_routes.router)
router.include_router(sight_routes.router)
router.include_router(allotment_routes.router)
router.include_router(terms_routes.router)
router.include_router(balance_routes.router)
router.include_router(resource_routes.router)
router.include_router(extra_routes.router)
router.include_router(house_routes.router)
router.include_router(host_routes.router)
