"""The one page that says who reacts to what: event -> handler, port -> implementation, entries of the bars."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import jinja2

from app import providers
from app.accounts import jobs as accounts_jobs
from app.accounts.workplaces import Desks, Workplaces
from app.core import http, secret
from app.core.clock import Clock, SystemClock
from app.core.db import Database
from app.core.events import Handlers
from app.core.files import Files
from app.core.i18n import Catalogue, _
from app.core.settings import Environment, Settings, SmsChannel
from app.core.sms import ConsoleSms, HttpSms, SmsSender
from app.notices import jobs as notices_jobs
from app.notices import service as notices
from app.offline import kept as offline_kept
from app.offline.ports import OfflineRooms
from app.offline.queueing import PagesQueue, Queue
from app.offline.uploads import jobs as uploads_jobs
from app.offline.uploads.ports import FileTakers
from app.voices.prompts import Prompts
from app.web import templating
from app.web.cache import PageCache
from app.web.house import House, NavEntry
from producers.cooperatives import kept as cooperatives_kept
from producers.cooperatives.access import PRODUCER_COOKIE
from producers.cooperatives.events import ProducerChanged
from producers.cooperatives.help import Help
from producers.cooperatives.work import DueWork, LatestWork, RepeatedWork
from producers.cooperatives.workplaces import MemberWorkplaces
from producers.diaries import kept as diaries_kept
from producers.diaries import uploads as diary_uploads
from producers.diaries.events import EntryRecorded, EntrySpoken
from producers.diaries.helped import DiaryActs
from producers.diaries.latest import DiaryWork
from producers.farms import kept as farms_kept
from producers.inputs import kept as inputs_kept
from producers.intake import kept as intake_kept
from producers.intake import uploads as intake_uploads
from producers.intake.events import SlipRecorded
from producers.intake.helped import IntakeActs
from producers.lessons import service as lessons
from producers.listings import kept as listings_kept
from producers.listings import uploads as listing_uploads
from producers.listings.events import ListingChanged
from producers.mandates import jobs as mandates_jobs
from producers.mandates.acting import MandateHelp
from producers.mandates.helped import HelpedActs
from producers.mandates.models import Scope
from producers.seasons.due import SeasonDue
from producers.village.phones import OutboxReports
from producers.village.ports import PhoneReports
from storefront.cart import badge as cart_badge
from storefront.cart import jobs as cart_jobs
from storefront.cart.ports import EditableOrders, JoinableOrders
from storefront.catalog import jobs as catalog_jobs
from storefront.catalog import service as catalog
from storefront.fulfilment import cash, proving, recalled
from storefront.fulfilment import jobs as fulfilment_jobs
from storefront.fulfilment import kept as fulfilment_kept
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.sales import LotSales
from storefront.octo import jobs as octo_jobs
from storefront.octo import webhooks
from storefront.octo.carrying import Teller
from storefront.operators import service as operators
from storefront.orders import jobs as orders_jobs
from storefront.orders import settlement as orders_settlement
from storefront.orders.editing import OpenEdits
from storefront.orders.events import CashOrderTaken, OrderPaid
from storefront.orders.joining import OpenOrders
from storefront.payments import cards
from storefront.payments import jobs as payments_jobs
from storefront.payments.events import (
    MoneyUnnamed,
    PaymentArrivedLate,
    PaymentExtended,
    PaymentNamed,
    PaymentPaid,
)
from storefront.payments.ports import (
    BankLists,
    CardDesk,
)
from storefront.payments.service import CollectingAccount
from storefront.portal.desks import OperatorDesks
from storefront.preorders import service as preorders
from storefront.stays import jobs as stays_jobs
from storefront.stays import kept as stays_kept
from storefront.stays import settlement as stays
from storefront.stock import jobs as stock_jobs
from storefront.stock import kept as stock_kept
from storefront.stock import service as stock
from storefront.tours import balances
from storefront.tours import jobs as tours_jobs
from storefront.tours import kept as tours_kept
from storefront.tours import settlement as tours
from storefront.tours.seats import OFFER_JOB
from storefront.tours.visits import TourVisits
from traceability.authority.ports import Sales
from traceability.chronicle import jobs as chronicle_jobs
from traceability.chronicle import service as chronicle
from traceability.events.events import EventsCaptured
from traceability.labels import jobs as labels_jobs
from traceability.labels.events import LabelsIssued, LabelVoided
from traceability.labels.press import open_press
from traceability.links.events import LinksChanged
from traceability.lots import jobs as lots_jobs
from traceability.lots import kept as lots_kept
from traceability.lots import service as lots
from traceability.lots.events import LotChanged, LotHeld, LotMade, LotRecalled, LotReduced, LotReleased
from traceability.lots.helped import LotActs
from traceability.recalls.events import RecallOpened
from traceability.resolver import handlers as resolver_handlers
from traceability.resolver.ports import Visits
from traceability.scans.service import ScanBuffer
from traceability.subscriptions import jobs as subscriptions_jobs
from traceability.subscriptions import service as subscriptions
from traceability.subscriptions.delivery import Courier
from traceability.subscriptions.streams import Streams
from traceability.transparency import jobs as transparency_jobs
from traceability.transparency.events import HeadWitnessed, LogGrown
from traceability.transparency.notes import read_keys
from traceability.transparency.service import LogKeeper, open_log

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
FARMER_TILES = (
    NavEntry(_("Ghi nhật ký"), "producers.diaries.choose", "write"),
    NavEntry(_("Lập lô mới"), "traceability.lots.new", "basket"),
    NavEntry(_("Cân lá, cân cá"), "producers.intake.new", "scale"),
    NavEntry(_("Đơn hàng"), "storefront.fulfilment.list", "orders"),
    NavEntry(_("Bán hàng"), "producers.listings.list", "store"),
    NavEntry(_("Đón khách"), "storefront.tours.manage", "tour"),
)
FARMER_BOOKS = (
    NavEntry(_("Nhật ký"), "producers.diaries.list", "write"),
    NavEntry(_("Phiếu cân"), "producers.intake.list", "scale"),
    NavEntry(_("Nhà vườn, ao cá"), "producers.farms.list", "sprout"),
    NavEntry(_("Thuốc, phân, thức ăn"), "producers.inputs.list", "spray"),
    NavEntry(_("Giấy chứng nhận"), "producers.certificates.list", "certificate"),
    NavEntry(_("Lô còn thiếu gì"), "traceability.authority.audit", "check"),
)
FARMER_MONEY = (NavEntry(_("Tiền bán hàng"), "storefront.payouts.money", "money"),)
"""What the office alone reads, in a cooperative."""
FARMER_PURSE = (
    NavEntry(_("Tiền cân lá, cân cá"), "storefront.settlements.list", "money"),
    NavEntry(_("Mua vào, bán ra"), "storefront.margins.show", "scale"),
)
FARMER_OFFICE = (
    NavEntry(_("Thành viên"), "producers.cooperatives.members", "people"),
    NavEntry(_("Thông tin cơ sở"), "producers.cooperatives.settings", "house"),
    NavEntry(_("Đường dẫn của mã"), "traceability.links.list", "qr"),
)
OPERATOR_NAV = (
    NavEntry(_("Đặt chỗ"), "storefront.portal.home", "tour"),
    NavEntry(_("Khách"), "storefront.portal.guests", "people"),
    NavEntry(_("Bảng kê"), "storefront.portal.statement", "money"),
    NavEntry(_("Tôi"), "app.accounts.me", "person"),
)
FARMER_HELP = (
    NavEntry(_("Ai đã làm giúp tôi việc gì"), "producers.mandates.helped", "people"),
    NavEntry(_("Làm giúp bà con"), "producers.mandates.help", "help"),
)
HELPED_ROOMS = {
    "producers.diaries": Scope.DIARY,
    "producers.inputs": Scope.DIARY,
    "producers.farms": Scope.FARMS,
    "producers.intake": Scope.INTAKE,
    "traceability.lots": Scope.LOTS,
}
"""Which work of which room a mandate names; a room that is not here stays shut to helpers."""
OFFICE_NAV = (
    NavEntry(_("Tiền chờ xử lý"), "storefront.payments.desk", "money"),
    NavEntry(_("Tiền trả lại khách"), "storefront.refunds.desk", "undo"),
    NavEntry(_("Sổ sách"), "storefront.ledger.show", "write"),
    NavEntry(_("Nhãn bị báo"), "traceability.reports.desk", "label"),
    NavEntry(_("Tôi"), "app.accounts.me", "person"),
)
FILE_TAKERS = FileTakers(
    {
        "producers.diaries.record": diary_uploads.take_file,
        "producers.diaries.save_correction": diary_uploads.take_file,
        "producers.intake.record": intake_uploads.take_file,
        "producers.intake.save_correction": intake_uploads.take_file,
        "producers.listings.create": listing_uploads.take_file,
        "producers.listings.create_bundle": listing_uploads.take_file,
        "producers.listings.save": listing_uploads.take_file,
        "storefront.fulfilment.deliver": proving.take_file,
    }
)


SPOKEN = {"producers": ("*",), "app": ("web", "wiring")}
"""Whose sentences stand on the farmers' pages, and can be recorded for those who read little."""


def wire_events(handlers: Handlers) -> None:
    """Name who reacts to what."""
    handlers.on(EntryRecorded, lots.on_entry_recorded)
    handlers.on(EntryRecorded, chronicle.on_entry_recorded)
    handlers.on(SlipRecorded, chronicle.on_slip_recorded)
    handlers.on(LotMade, chronicle.on_lot_made)
    handlers.on(LabelsIssued, chronicle.on_labels_issued)
    handlers.on(LabelVoided, chronicle.on_label_voided)
    handlers.on(EntryRecorded, lessons.on_entry_recorded)
    handlers.on(EntrySpoken, lessons.on_entry_spoken)
    handlers.on(ListingChanged, lessons.on_listing_changed)
    handlers.on(LotReleased, preorders.on_lot_releasing)
    handlers.on(LotReleased, stock.on_lot_released)
    handlers.on(LotReleased, preorders.on_lot_released)
    handlers.on(LotHeld, stock.on_lot_held)
    handlers.on(LotReduced, stock.on_lot_reduced)
    handlers.on(LotRecalled, stock.on_lot_recalled)
    handlers.on(LotChanged, resolver_handlers.on_lot_changed)
    handlers.on(LinksChanged, resolver_handlers.on_links_changed)
    handlers.on(LogGrown, resolver_handlers.on_log_grown)
    handlers.on(HeadWitnessed, resolver_handlers.on_head_witnessed)
    handlers.on(ListingChanged, catalog.on_listing_changed)
    handlers.on(MoneyUnnamed, operators.on_money_unnamed)
    handlers.on(PaymentNamed, orders_settlement.on_payment_named)
    handlers.on(PaymentPaid, orders_settlement.on_payment_paid)
    handlers.on(PaymentArrivedLate, orders_settlement.on_payment_arrived_late)
    handlers.on(PaymentExtended, orders_settlement.on_payment_extended)
    handlers.on(PaymentNamed, tours.on_payment_named)
    handlers.on(PaymentNamed, balances.on_payment_named)
    handlers.on(PaymentPaid, tours.on_payment_paid)
    handlers.on(PaymentPaid, balances.on_payment_paid)
    handlers.on(PaymentArrivedLate, tours.on_payment_arrived_late)
    handlers.on(PaymentArrivedLate, balances.on_payment_arrived_late)
    handlers.on(PaymentExtended, tours.on_payment_extended)
    handlers.on(PaymentExtended, balances.on_payment_extended)
    handlers.on(PaymentNamed, stays.on_payment_named)
    handlers.on(PaymentPaid, stays.on_payment_paid)
    handlers.on(PaymentArrivedLate, stays.on_payment_arrived_late)
    handlers.on(PaymentExtended, stays.on_payment_extended)
    handlers.on(OrderPaid, fulfilment.on_order_paid)
    handlers.on(CashOrderTaken, cash.on_cash_order)
    handlers.on(RecallOpened, recalled.on_recall_opened)
    handlers.on(ProducerChanged, catalog.on_producer_changed)
    handlers.on(EventsCaptured, subscriptions.on_events_captured)


def wire_house(house: House) -> None:
    """Fill the trade's own ports and the bars."""
    house.nav["buyer"] = BUYER_NAV
    house.nav["farmer"] = FARMER_NAV
    house.nav["farmer_tiles"] = FARMER_TILES
    house.nav["farmer_books"] = FARMER_BOOKS
    house.nav["farmer_money"] = FARMER_MONEY
    house.nav["farmer_purse"] = FARMER_PURSE
    house.nav["farmer_office"] = FARMER_OFFICE
    house.provide(Workplaces, MemberWorkplaces())  # type: ignore[type-abstract]  # a port is filled by its protocol
    house.provide(Prompts, read_words()[1])
    house.provide(LatestWork, DiaryWork())  # type: ignore[type-abstract]  # as above
    house.provide(RepeatedWork, DiaryWork())  # type: ignore[type-abstract]  # as above
    house.provide(DueWork, SeasonDue())  # type: ignore[type-abstract]  # as above
    house.nav["farmer_help"] = FARMER_HELP
    help_ = MandateHelp(HELPED_ROOMS, frozenset({"producers.cooperatives.today"}))
    house.provide(Help, help_)  # type: ignore[type-abstract]  # as above
    house.provide(HelpedActs, HelpedActs((DiaryActs(), IntakeActs(), LotActs())))
    house.provide(Sales, LotSales())  # type: ignore[type-abstract]  # as above
    house.provide(Visits, TourVisits())  # type: ignore[type-abstract]  # as above
    house.provide(PhoneReports, OutboxReports())  # type: ignore[type-abstract]  # as above
    house.provide(JoinableOrders, OpenOrders())  # type: ignore[type-abstract]  # as above
    house.provide(EditableOrders, OpenEdits())  # type: ignore[type-abstract]  # as above
    house.nav["office"] = OFFICE_NAV
    house.nav["operator"] = OPERATOR_NAV
    house.provide(Desks, OperatorDesks())  # type: ignore[type-abstract]  # as above
    house.provide(FileTakers, FILE_TAKERS)
    providers.wire_payments(house)
    wire_offline(house)
    witnesses = read_keys(house.settings.log_witnesses.split(","))
    house.provide(LogKeeper, open_log(house.settings.public_url, house.secret, witnesses))
    house.provide(Streams, Streams())
    scans = ScanBuffer(house.database)
    house.provide(ScanBuffer, scans)
    house.companions.append(scans.run)
    house.fragments[cart_badge.MARKER] = cart_badge.show_count
    house.strips[cart_badge.ALONG_MARKER] = cart_badge.show_along


def wire_offline(house: House) -> None:
    """Name the forms that may be written without signal, and the pages that a phone keeps."""
    house.provide(Queue, Queue())
    house.provide(PagesQueue, PagesQueue())
    house.provide(
        OfflineRooms,
        OfflineRooms(
            routes=frozenset(
                {
                    "producers.diaries.record",
                    "producers.diaries.save_correction",
                    "producers.diaries.void",
                    "producers.diaries.repeat",
                    "producers.diaries.transcribe",
                    "producers.intake.record",
                    "producers.intake.save_correction",
                    "producers.listings.create",
                    "producers.listings.create_bundle",
                    "producers.listings.save",
                    "traceability.lots.create",
                    "traceability.lots.split",
                    "traceability.lots.merge",
                    "storefront.stock.change",
                    "storefront.stock.recount",
                    "storefront.fulfilment.confirm",
                    "storefront.fulfilment.pack",
                    "storefront.fulfilment.ship",
                    "storefront.fulfilment.deliver",
                    "storefront.tours.check_in",
                    "storefront.stays.receive",
                }
            ),
            context=frozenset({PRODUCER_COOKIE}),
            sources=(
                offline_kept.list_pages,
                cooperatives_kept.list_pages,
                diaries_kept.list_pages,
                intake_kept.list_pages,
                tours_kept.list_pages,
                stays_kept.list_pages,
                fulfilment_kept.list_pages,
                lots_kept.list_pages,
                listings_kept.list_pages,
                stock_kept.list_pages,
                farms_kept.list_pages,
                inputs_kept.list_pages,
            ),
        ),
    )


def wire_jobs(jobs: Jobs, house: House) -> None:
    """Name the work after commit."""
    jobs.add("lots.release_due", lots_jobs.release_due, cron="*/30 * * * * 0")
    press = open_press(house.settings.public_url, house.secret)
    jobs.add_bare("labels.make_pdf", partial(labels_jobs.make_pdf, files=house.files, press=press))
    jobs.add_bare("chronicle.tell", chronicle_jobs.tell, cron="* * * * * 2/5")
    integrate = partial(transparency_jobs.integrate, keeper=house.port(LogKeeper))
    jobs.add_bare("transparency.integrate", integrate, cron="* * * * * */5")
    is_production = house.settings.env is Environment.PRODUCTION
    courier = Courier(secret=house.secret, is_strict=is_production, clock=house.clock)
    deliver = partial(subscriptions_jobs.deliver, courier=courier)
    jobs.add_bare(subscriptions.JOB, deliver, cron="* * * * * */5")
    teller = Teller(
        catalogue=house.catalogue,
        public_url=house.settings.public_url,
        is_strict=is_production,
        clock=house.clock,
    )
    jobs.add_bare(webhooks.JOB, partial(octo_jobs.tell, teller=teller), cron="* * * * * */10")
    sms, catalogue = house.sms, house.catalogue
    send_otp = partial(accounts_jobs.send_otp, sms=sms, secret=house.secret, catalogue=catalogue)
    jobs.add_bare("accounts.send_otp", send_otp)
    jobs.add("accounts.forget_old", accounts_jobs.forget_old, cron="17 3 * * *")
    send_mandate_code = partial(mandates_jobs.send_code, sms=sms, secret=house.secret, catalogue=catalogue)
    jobs.add_bare("mandates.send_code", send_mandate_code)
    tell_day = partial(mandates_jobs.tell_day, acts=house.port(HelpedActs))
    jobs.add("mandates.tell_day", tell_day, cron="0 12 * * * 10")
    jobs.add_bare(notices.SEND, partial(notices_jobs.send_sms, sms=sms, catalogue=catalogue))
    jobs.add_bare(notices.SEND_ALL, partial(notices_jobs.send_all, sms=sms, catalogue=catalogue))
    jobs.add_bare("uploads.sweep", partial(uploads_jobs.sweep, files=house.files), cron="40 2 * * *")
    jobs.add("stock.expire_reservations", stock_jobs.expire_reservations, cron="* * * * * 30")
    jobs.add_bare(recalled.STOP_JOB, fulfilment_jobs.stop_unpaid)
    ask = partial(
        fulfilment_jobs.ask_silent, secret=house.secret, address=house.settings.public_url.rstrip("/")
    )
    jobs.add_bare("fulfilment.ask_silent", ask, cron="0 2 * * *")
    jobs.add_bare("orders.expire_due", orders_jobs.expire_due, cron="* * * * * 15")
    jobs.add("cart.forget_carts", cart_jobs.forget_carts, cron="10 20 * * *")
    jobs.add("payments.expire_due", payments_jobs.expire_due, cron="* * * * * 45")
    if house.port(BankLists):
        pull_lists = partial(
            payments_jobs.pull_lists, lists=house.port(BankLists), collecting=house.port(CollectingAccount)
        )
        jobs.add_bare("payments.pull_lists", pull_lists, cron="20 18 * * * 0")
    gateway = house.port(CardDesk).gateway
    if gateway is not None:
        settle = partial(cards.settle_open_sessions, gateway=gateway)
        jobs.add_bare("payments.settle_open_sessions", settle, cron="*/5 * * * * 15")
    jobs.add("catalog.turn_day", catalog_jobs.turn_day, cron="0 17 * * *")
    _wire_visits(jobs, house)


def _wire_visits(jobs: Jobs, house: House) -> None:
    """The work of tours and stays."""
    jobs.add_bare("tours.expire_holds", tours_jobs.expire_due, cron="* * * * * 20")
    address = house.settings.public_url.rstrip("/")
    jobs.add(OFFER_JOB, partial(tours_jobs.offer_seats, secret=house.secret, address=address))
    jobs.add("tours.tell_released", tours_jobs.tell_released, cron="* * * * * 15")
    jobs.add("tours.think_of_waiting", tours_jobs.think_of_waiting, cron="*/10 * * * * 40")
    jobs.add(tours_jobs.DECIDE_JOB, partial(tours_jobs.decide, secret=house.secret, address=address))
    jobs.add("tours.look_for_undecided", tours_jobs.look_for_undecided, cron="* * * * * 35")
    jobs.add("tours.close_begun", tours_jobs.close_begun, cron="* * * * * 50")
    jobs.add("tours.keep_seasons", tours_jobs.keep_seasons, cron="5 17 * * *")
    jobs.add("stays.expire_holds", stays_jobs.expire_holds, cron="* * * * * 55")
    jobs.add("stays.keep_nights", stays_jobs.keep_nights, cron="2 17 * * *")
    jobs.add("tours.lapse_choices", tours_jobs.lapse_choices, cron="* * * * * 25")
    remind = partial(tours_jobs.remind_of_balances, secret=house.secret, address=address)
    jobs.add("tours.remind_of_balances", remind, cron="*/10 * * * * 15")
    jobs.add("tours.end_overdue", tours_jobs.end_overdue, cron="* * * * * 45")
    jobs.add("tours.earn_deposits", tours_jobs.earn_deposits, cron="25 * * * *")


@lru_cache(maxsize=1)
def read_words() -> tuple[Catalogue, Prompts, jinja2.Environment]:
    """What every house of a process says, what it reads aloud, and its pages: read once, for nobody changes them."""
    return Catalogue.load(), Prompts.load(SPOKEN), templating.make_environment()


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
    catalogue, _prompts, templates = read_words()
    house = House(
        settings=settings,
        secret=secret.load_secret(settings),
        database=Database(
            database_url,
            handlers=handlers,
            pool_size=pool_size,
            lock_wait=timedelta(seconds=settings.lock_seconds),
        ),
        clock=clock or SystemClock(),
        files=Files.open(settings.files_url, settings.data_dir / "files"),
        sms=sms,
        catalogue=catalogue,
        templates=templates,
        cache=PageCache(settings.cached_pages),
    )
    wire_house(house)
    return house
