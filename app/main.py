"""The web application: mounts the rooms' routers, templates, static files and error handlers."""

from __future__ import annotations

import asyncio
import contextlib
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import compile_path, replace_params
from starlette.staticfiles import StaticFiles

from app.accounts import phone_routes as accounts_phone
from app.accounts import routes as accounts
from app.accounts import sandbox as accounts_sandbox
from app.media import routes as media
from app.notices import routes as notices
from app.offline import routes as offline
from app.offline.uploads import routes as uploads_routes
from app.places import routes as places
from app.voices import routes as voices
from app.web import directory, health, templating
from app.web.errors import CrashPage, add_error_handlers
from app.web.quick import PageDoor
from app.web.security import NO_TELEMETRY, Doors
from producers.certificates import routes as certificates
from producers.cooperatives import routes as cooperatives
from producers.diaries import export_routes as diary_exports
from producers.diaries import routes as diaries
from producers.diaries import voice_routes as diary_voices
from producers.farms import routes as farms
from producers.inputs import routes as inputs
from producers.intake import routes as intake
from producers.lessons import routes as lessons
from producers.listings import bundle_routes
from producers.listings import routes as listings
from producers.mandates import routes as mandates
from producers.practice import routes as practice
from producers.seasons import routes as seasons
from producers.village import routes as village
from producers.voices import routes as voice_recording
from storefront.cart import routes as cart
from storefront.catalog import routes as catalog
from storefront.checkout import edit_routes as checkout_edits
from storefront.checkout import routes as checkout
from storefront.closing import routes as closing
from storefront.credits import routes as credits_
from storefront.delivery import routes as delivery_ways
from storefront.fees import routes as fees
from storefront.fulfilment import (
    buyer_routes,
    invoice_routes,
    label_routes,
    picking_routes,
    recalled_routes,
    reweighing_routes,
    unsent_routes,
)
from storefront.fulfilment import routes as fulfilment
from storefront.ledger import routes as ledger
from storefront.margins import routes as margins
from storefront.octo import routes as octo_routes
from storefront.operators import routes as operators
from storefront.orders import routes as orders
from storefront.payments import routes as payments
from storefront.payments import statement_routes as bank_statements
from storefront.payments import wallet_routes
from storefront.payments.sandbox import routes as payments_sandbox
from storefront.payouts import routes as payouts
from storefront.payouts import statement_routes as producer_statements
from storefront.portal import routes as portal
from storefront.preorders import routes as preorders
from storefront.pricelists import routes as pricelists
from storefront.pricing import routes as pricing
from storefront.refunds import routes as refunds
from storefront.remittances import routes as remittances
from storefront.settlements import paper_routes as settlement_papers
from storefront.settlements import routes as settlements
from storefront.stays import routes as stays
from storefront.stock import routes as stock
from storefront.taxes import routes as taxes
from storefront.tours import routes as tours
from storefront.vouchers import market_routes
from storefront.vouchers import routes as vouchers
from traceability.authority import inspector_routes as authority_inspectors
from traceability.authority import routes as authority_routes
from traceability.events import routes as events_routes
from traceability.labels import routes as labels_routes
from traceability.links import routes as links_routes
from traceability.lots import routes as lots_routes
from traceability.recalls import routes as recalls_routes
from traceability.reports import routes as reports_routes
from traceability.resolver import compressed, key_routes, passport_routes, proof_routes
from traceability.resolver import offline_routes as resolver_offline
from traceability.resolver import pin_routes as resolver_pins
from traceability.resolver import routes as resolver_routes
from traceability.resolver.door import ScanDoor
from traceability.scans import routes as scans_routes
from traceability.subscriptions import routes as subscriptions_routes
from traceability.transparency import routes as transparency_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.convertors import Convertor
    from starlette.types import Scope

    from app.web.house import House

ROUTERS = (
    health.router,
    # The shop first: an address is tried on one router after the other, and these are asked most.
    catalog.router,
    cart.router,
    checkout.router,
    checkout_edits.router,
    orders.router,
    wallet_routes.router,  # before payments: their names would pass for messengers of transfers
    payments.router,
    *tours.ROUTERS,
    *stays.ROUTERS,
    lots_routes.router,
    # Before the labels: "suspects" and "reports" would pass for sheets.
    scans_routes.router,
    reports_routes.router,
    labels_routes.router,
    links_routes.router,
    resolver_routes.router,
    recalls_routes.router,
    authority_routes.router,
    authority_inspectors.router,
    transparency_routes.router,
    resolver_pins.router,
    resolver_offline.router,
    passport_routes.router,
    proof_routes.router,
    key_routes.router,
    accounts.router,
    accounts_phone.router,
    media.router,
    notices.router,
    offline.router,
    places.router,
    uploads_routes.router,
    voices.router,
    cooperatives.router,
    farms.router,
    certificates.router,
    inputs.router,
    diary_exports.router,  # before the diary: its last word would pass for an entry
    # Before the diary, whose entries have addresses of the same form.
    seasons.router,
    diaries.router,
    diary_voices.router,
    intake.router,
    bundle_routes.router,
    listings.router,
    practice.router,
    lessons.router,
    voice_recording.router,
    *mandates.ROUTERS,
    village.router,
    pricing.router,
    pricelists.router,
    preorders.router,
    vouchers.router,
    market_routes.router,
    delivery_ways.router,
    stock.router,
    recalled_routes.router,
    # Before the parcels: "picking" and "labels" would pass for ids of parcels.
    picking_routes.router,
    reweighing_routes.router,
    label_routes.router,
    invoice_routes.router,
    unsent_routes.router,
    buyer_routes.router,
    fulfilment.router,
    refunds.router,
    remittances.router,
    credits_.router,
    payouts.router,
    producer_statements.router,
    settlements.router,
    settlement_papers.router,
    margins.router,
    fees.router,
    operators.router,
    *portal.ROUTERS,
    taxes.router,
    ledger.router,
    closing.router,
    bank_statements.router,
)
"""The rooms that have a door to the street, one line each."""


class _StaticFiles(StaticFiles):
    """Static files whose address carries their hash may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        versioned = path.split("/", 2)
        if len(versioned) == 3 and versioned[0] == "v":  # noqa: PLR2004 - "v", the hash, the file
            path = versioned[2]
            if path.endswith(".js") and (templating.STATIC / path).is_file():
                return Response(
                    templating.light_script(path),
                    media_type="text/javascript",
                    headers={"Cache-Control": "public, max-age=31536000, immutable"},
                )
        response = await super().get_response(path, scope)
        if b"v=" in scope["query_string"] or versioned[0] == "v":
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class _Application(FastAPI):
    """The application; an address is looked up by its name, where the framework searches through every route."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.rooms: list[APIRouter] = []

    def open_room(self, router: APIRouter) -> None:
        """Include a room's routes; it is asked for addresses that begin as its own do, and for no others."""
        self.rooms.append(router)
        self.include_router(router)
        heads = directory.heads_of(router.routes)
        if heads is not None:
            directory.ask_for_own(self.router.routes[-1], heads)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Make the path of a route; NoMatchFound as the framework raises it."""
        known = self._addresses.get(name)
        if known is None or known[1].keys() != path_params.keys():
            return super().url_path_for(name, **path_params)
        path_format, convertors = known
        path, _rest = replace_params(path_format, convertors, path_params)
        return URLPath(path=path, protocol="http")

    @cached_property
    def path_of(self) -> Callable[..., str]:
        """The same as text, kept: a page asks for the same addresses again and again."""

        @lru_cache(maxsize=4096, typed=True)
        def path_of(name: str, /, **path_params: Any) -> str:
            return str(self.url_path_for(name, **path_params))

        return path_of

    @cached_property
    def _addresses(self) -> dict[str, tuple[str, dict[str, Convertor[Any]]]]:
        found: dict[str, tuple[str, dict[str, Convertor[Any]]]] = {}
        # From the rooms' own routes, whose paths are whole: the framework would first make a second one of each.
        for room in self.rooms:
            for route in room.routes:
                if isinstance(route, APIRoute):
                    found.setdefault(route.name, compile_path(route.path)[1:])
        return found


def create_app(house: House) -> FastAPI:
    """Build the application around a house."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(work()) for work in house.companions]
        if house.settings.cached_pages:
            running.append(asyncio.create_task(house.cache.listen(house.database.conninfo)))
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await house.database.close()

    app = _Application(
        title="Chợ Phiên",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.house = house
    app.mount("/static", _StaticFiles(directory=templating.STATIC), name="static")
    # Programs ask often, and pages are looked for one after the other: what is mounted is found first.
    epcis = events_routes.create_app(house, subscriptions_routes.PART)
    app.mount("/epcis", epcis, name="traceability.events.epcis")
    app.mount("/octo", octo_routes.create_app(house), name="storefront.octo.octo")
    for router in ROUTERS:
        app.open_room(router)
    if house.settings.demo:
        app.open_room(accounts_sandbox.router)
        app.open_room(payments_sandbox.router)
    not_found = app.router.default
    app.router.default = compressed.CompressedLinks(not_found, public_url=house.settings.public_url)
    add_error_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    app.add_middleware(PageDoor, house=house)
    app.add_middleware(ScanDoor, house=house)
    app.add_middleware(CrashPage)
    app.add_middleware(Doors, form_targets=lambda: house.form_targets, public_url=house.settings.public_url)
    return app
