"""Seeding: the whole demo fair in one transaction, and where to look in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app.core.clock import SystemClock
from app.core.settings import Settings
from app.demo import cast, growing, hosting, operating, settling, shopping, trading, visiting
from app.demo.stage import Stage
from app.notices import service as notices
from app.wiring import make_house
from producers.cooperatives import service as cooperatives
from storefront.payments.service import CollectingAccount
from traceability.labels import service as labels
from traceability.lots import service as lots

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_LOCK = 0x43480002
TEA_SLUG = "htx-che-doi-may"
PRODUCT_SLUG = "che-dinh-tan-cuong"
TOUR_SLUG = "mot-buoi-hai-che-tan-cuong"


async def seed(settings: Settings, url: str) -> bool:
    """Load the demo into an empty database; answers False when it is there already.

    One transaction: an interrupted run leaves nothing, and two that start together wait for each other.
    """
    house = make_house(settings, url, pool_size=4)
    try:
        async with house.database.transaction() as session:
            await session.execute(text("SET LOCAL lock_timeout = '120s'"))
            await session.execute(text("SET LOCAL statement_timeout = '120s'"))
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if await cooperatives.find_producer_by_slug(session, TEA_SLUG) is not None:
                return False
            stage = Stage(
                session=session,
                files=house.files,
                settings=settings,
                secret=house.secret,
                now=SystemClock().now(),
                collecting=house.port(CollectingAccount),
            )
            for scene in (growing, trading, settling, visiting, hosting, operating, shopping):
                await scene.play(stage)
            # The fair's past is told, not announced: nobody is sent a message about last month's parcel.
            await session.execute(
                text(
                    "DELETE FROM jobs.procrastinate_jobs WHERE task_name IN (:one, :all) AND status = 'todo'"
                ),
                {"one": notices.SEND, "all": notices.SEND_ALL},
            )
        return True
    finally:
        await house.database.close()


async def find_links(settings: Settings, url: str) -> dict[str, str]:
    """Where to look in the demo: paths without a host, and phones to log in with."""
    house = make_house(settings, url, pool_size=2)
    try:
        async with house.database.transaction() as session:
            scan = await _find_label(session)
    finally:
        await house.database.close()
    return {
        "home": "/",
        "scan": scan,
        "product": f"/p/{PRODUCT_SLUG}",
        "producer": f"/producers/{TEA_SLUG}",
        "tour": f"/tours/{TOUR_SLUG}",
        "farmer_phone": _local(cast.FARMER),
        "buyer_phone": _local(cast.BUYER),
        "helper_phone": _local(cast.HELPER),
        "operator_phone": _local(cast.OPERATOR),
        "admin_phone": _local(cast.ADMIN),
    }


def _local(phone: str) -> str:
    return "0" + phone.removeprefix("+84")


async def _find_label(session: AsyncSession) -> str:
    """A printed label of the lot with the longest story (leaf of all eight households)."""
    producer = await cooperatives.find_producer_by_slug(session, TEA_SLUG)
    if producer is None:
        raise LookupError("the demo is not loaded: run `chophien seed demo`")
    printed = {
        sheet.lot_id: sheet
        for sheet in await labels.list_sheets(
            session, [lot.id for lot in await lots.list_lots(session, producer.id)]
        )
    }
    rows = await lots.list_sources(session, list(printed))
    longest = max(printed, key=lambda lot_id: sum(row.lot_id == lot_id for row in rows))
    serial = (await labels.list_serials(session, printed[longest].id))[0]
    lot = await lots.get_lot(session, longest)
    return f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
