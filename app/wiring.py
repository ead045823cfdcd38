"""The one page that says who reacts to what: event -> handler, port -> implementation, entries of the bars."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.accounts import jobs as accounts_jobs
from app.core import http, secret
from app.core.clock import Clock, SystemClock
from app.core.db import Database
from app.core.events import Handlers
from app.core.files import Files
from app.core.i18n import Catalogue, _
from app.core.settings import Settings, SmsChannel
from app.core.sms import ConsoleSms, HttpSms, SmsSender
from app.notices import jobs as notices_jobs
from app.web import templating
from app.web.cache import PageCache
from app.web.house import House, NavEntry
from producers.cooperatives.events import ProducerChanged
from producers.listings.events import ListingChanged
from storefront.cart import badge as cart_badge
from storefront.cart import jobs as cart_jobs
from storefront.catalog import jobs as catalog_jobs
from storefront.catalog import service as catalog
from storefront.stock import jobs as stock_jobs
from storefront.stock import service as stock
from traceability.lots.events import LotHeld, LotReleased

if TYPE_CHECKING:
    from app.core.jobs import Jobs

BUYER_NAV = (
    NavEntry(_("Trang chủ"), "storefront.catalog.home", "home"),
    NavEntry(_("Tìm"), "storefront.catalog.search", "search"),
    NavEntry(_("Giỏ"), "storefront.cart.show", "cart"),
    NavEntry(_("Đơn"), "storefront.orders.mine", "orders"),
    NavEntry(_("Tôi"), "app.accounts.me", "person"),
)
FARMER_NAV = (
    NavEntry(_("Hôm nay"), "producers.cooperatives.today", "today"),
    NavEntry(_("Đơn"), "storefront.fulfilment.list", "orders"),
    NavEntry(_("Ghi"), "producers.diaries.choose", "write", is_primary=True),
    NavEntry(_("Bán"), "producers.listings.list", "store"),
    NavEntry(_("Tôi"), "app.accounts.me", "person"),
)


def wire_events(handlers: Handlers) -> None:
    """Name who reacts to what."""
    handlers.on(ListingChanged, catalog.on_listing_changed)
    handlers.on(ProducerChanged, catalog.on_producer_changed)
    handlers.on(LotReleased, stock.on_lot_released)
    handlers.on(LotHeld, stock.on_lot_held)


def wire_house(house: House) -> None:
    """Fill the trade's own ports and the bars."""
    house.nav["buyer"] = BUYER_NAV
    house.nav["farmer"] = FARMER_NAV
    house.fragments[cart_badge.MARKER] = cart_badge.show_count


def wire_jobs(jobs: Jobs, house: House) -> None:
    """Name the work after commit."""
    sms, catalogue = house.sms, house.catalogue
    send_otp = partial(accounts_jobs.send_otp, sms=sms, secret=house.secret, catalogue=catalogue)
    jobs.add_bare("accounts.send_otp", send_otp)
    jobs.add("accounts.forget_old", accounts_jobs.forget_old, cron="17 3 * * *")
    jobs.add_bare("notices.send_sms", partial(notices_jobs.send_sms, sms=sms, catalogue=catalogue))
    jobs.add("stock.expire_reservations", stock_jobs.expire_reservations, cron="* * * * * 30")
    jobs.add("cart.forget_carts", cart_jobs.forget_carts, cron="10 20 * * *")
    jobs.add("catalog.turn_day", catalog_jobs.turn_day, cron="0 17 * * *")


def make_house(
    settings: Settings,
    database_url: str,
    *,
    clock: Clock | None = None,
    sms: SmsSender | None = None,
    pool_size: int = 20,
) -> House:
    """Put one process's parts together; `clock` and `sms` stand in for the real ones in tests."""
    handlers = Handlers()
    wire_events(handlers)
    if sms is None:
        if settings.sms_channel is SmsChannel.HTTP:
            sms = HttpSms(http.make_client(), settings.sms_url or "", settings.sms_token or "")
        else:
            sms = ConsoleSms(settings.data_dir / "sms.log")
    house = House(
        settings=settings,
        secret=secret.load_secret(settings),
        database=Database(database_url, handlers=handlers, pool_size=pool_size),
        clock=clock or SystemClock(),
        files=Files.open(settings.files_url, settings.data_dir / "files"),
        sms=sms,
        catalogue=Catalogue.load(),
        templates=templating.make_environment(),
        cache=PageCache(),
    )
    wire_house(house)
    return house
