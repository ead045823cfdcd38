"""Paper tickets at a gate without signal: told apart by the phone alone, seated once the market hears of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE
from app.core.clock import today
from app.core.secret import load_secret
from app.core.settings import Settings
from storefront.tours import batch_seats, batch_sheet, symbols
from storefront.tours.batch_models import BatchTicket, TicketBatch
from storefront.tours.models import Departure, UnitItem
from tests.browser.conftest import Eyes
from tests.browser.test_gate import TONIGHT, come_back, look_at, open_gate
from tests.factories.batches import any_day, make_batch, paper, settle, sheet
from tests.factories.instances import write_into
from tests.factories.visits import make_departure, make_visit
from tests.serving import Instance


@dataclass(frozen=True)
class Papers:
    """What lies at a tea shop for a garden of today: letters and codes of tickets, and a login of its host."""

    token: str
    departure_id: UUID
    bound: list[tuple[str, str]]
    """For today's departure: one that is good, one that came back."""
    free: list[tuple[str, str]]
    """For any day: three that find seats and one that does not, one that came back, one that goes tomorrow."""
    late: str
    """Good from tomorrow on."""


async def _seed(session: AsyncSession, secret: bytes) -> Papers:
    now = datetime.now(UTC)
    visit = await make_visit(session, starts_at=TONIGHT, capacity=4)
    tomorrow = await make_departure(session, visit.tour.id, starts_at=TONIGHT + timedelta(days=1))
    days = {"valid_from": today(now), "valid_until": today(now) + timedelta(days=5)}
    bound = await make_batch(session, visit, paper(visit, 2), now=now)
    free = await make_batch(session, visit, any_day(visit, 6, **days), now=now)
    late = await make_batch(
        session, visit, any_day(visit, 1, **days | {"valid_from": today(now) + timedelta(days=1)}), now=now
    )
    signer = symbols.signers(secret)[0]

    async def write(batch: TicketBatch) -> list[tuple[str, str]]:
        made = await sheet(session, batch)
        return [(batch_sheet.write_letters(made, line, signer), line.ticket.code) for line in made.lines]

    printed, written = await write(bound), await write(free)
    await settle(session, visit, bound, now=now, back="2")
    await settle(session, visit, free, now=now, back="5")
    await batch_seats.seat(
        session, code=written[5][1], producer_id=visit.producer.id, departure_id=tomorrow.id, now=now
    )
    visit.tour.is_published = False
    [(too_early, _code)] = await write(late)
    return Papers(
        token=await accounts.open_login(session, person_id=visit.host.id, device="Android", now=now),
        departure_id=visit.departure.id,
        bound=printed,
        free=written,
        late=too_early,
    )


@pytest.fixture
def papers(demo: Instance) -> Papers:
    """Tickets at the tea shop of a garden of their own."""
    secret = load_secret(Settings(data_dir=demo.folder / "var"))

    async def seed(session: AsyncSession) -> Papers:
        return await _seed(session, secret)

    return write_into(demo, seed)


def seated(demo: Instance, papers: Papers) -> tuple[int, int]:
    """What the market holds of today's departure: (seats taken, tickets for any day that are in)."""

    async def read(session: AsyncSession) -> tuple[int, int]:
        departure = await session.get_one(Departure, papers.departure_id)
        codes = [code for _letters, code in papers.free]
        inside = (
            select(func.count())
            .select_from(BatchTicket)
            .join(UnitItem, UnitItem.booking_id == BatchTicket.booking_id)
            .where(BatchTicket.code.in_(codes), UnitItem.redeemed_at.is_not(None))
        )
        return departure.taken, await session.scalar(inside) or 0

    return write_into(demo, read)


def test_paper_is_checked_without_signal(phone: BrowserContext, demo: Instance, papers: Papers) -> None:
    """58, 59, 121, 123: with the network off paper comes in once and while there are seats; void, tomorrow's and too early it does not."""
    eyes = Eyes("gate-paper")
    page = phone.new_page()
    phone.add_cookies([{"name": SESSION_COOKIE, "value": papers.token, "url": demo.base}])
    page.goto("/producer/")
    open_gate(page)
    said = page.locator("[data-said]")
    expect(page.locator("[data-part=count]")).to_contain_text("0 trên 1")

    good = [papers.bound[0][0], papers.free[0][0], papers.free[1][1], papers.free[2][0]]
    for ticket in good:
        assert look_at(page, ticket) == "ready"
        page.locator("[data-admit]").click()
        expect(said).to_contain_text("Mời vào")
        page.evaluate("delete document.querySelector('[data-said]').dataset.outcome")
        assert look_at(page, ticket) == "already"
    wrong = {
        papers.bound[1][0]: ("revoked", "đã hủy hoặc đã đổi ngày"),
        papers.free[3][0]: ("no-room", "Hôm nay hết chỗ"),
        papers.free[4][0]: ("revoked", "đã hủy hoặc đã đổi ngày"),
        papers.free[4][1]: ("revoked", "đã hủy hoặc đã đổi ngày"),
        papers.free[5][0]: ("other-day", "đã xếp đi ngày khác"),
        papers.late: ("not-in-time", "dùng được từ ngày"),
    }
    for ticket, (outcome, words) in wrong.items():
        assert look_at(page, ticket) == outcome
        expect(said).to_contain_text(words)
        if outcome in {"no-room", "not-in-time", "other-day"}:
            eyes.look(page, outcome)
    expect(page.locator("[data-part=count]")).to_contain_text("4 trên 4")

    come_back(page)
    assert seated(demo, papers) == (4, 3)
    page.goto("/producer/tours/gate")
    page.wait_for_selector("html[data-gate-is=list]")
    expect(page.locator("[data-part=count]")).to_contain_text("4 trên 4")
    assert look_at(page, papers.free[0][1]) == "already"
    page.goto("/producer/tours/day")
    expect(page.locator("main")).to_contain_text("Vé giấy ở điểm bán")
    eyes.look(page, "day")
    eyes.assert_no_barriers()
