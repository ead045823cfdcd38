"""A gate without signal: a whole day's tickets told apart by the phone alone, and what the market hears of it later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE
from app.core.clock import VN
from app.core.ids import hash_token, new_code, new_token, uuid7, with_check
from app.core.secret import load_secret
from app.core.settings import Settings
from app.core.signing import Signer
from storefront.tours import symbols
from storefront.tours.gate_models import GateScan
from storefront.tours.models import Booking, BookingState, Departure, UnitItem, UnitType
from tests.browser.conftest import PATIENCE, PHONE, Eyes
from tests.factories.instances import write_into
from tests.factories.visits import Visit, make_departure, make_visit
from tests.serving import Instance

PARTIES = 200
SLOW_S = 60.0  # for 200 tickets, where the machine is shared by many; eleven seconds with six times its work
TONIGHT = datetime.now(VN).replace(hour=23, minute=50, second=0, microsecond=0)


@dataclass(frozen=True)
class Day:
    """A garden's day with its parties, as letters that a symbol would hold; `token` logs its host in."""

    token: str
    departure_id: UUID
    tickets: list[str]
    codes: list[str]
    forged: str
    tomorrows: str
    cancelled: str
    heads: int


class Garden:
    """A visit of today and the way to fill it with parties."""

    def __init__(self, session: AsyncSession, visit: Visit, signer: Signer) -> None:
        self.session = session
        self.visit = visit
        self.signer = signer

    def book(self, number: int, departure: Departure, state: BookingState) -> Booking:
        """A party of one to three that has paid."""
        booking = Booking(
            code=with_check(new_code(6)),
            token_hash=hash_token(new_token()),
            tour_id=self.visit.tour.id,
            option_id=self.visit.option.id,
            departure_id=departure.id,
            state=state,
            heads=1 + number % 3,
            total_minor=150_000,
            contact_name=f"Nguyễn Thị Khách {number}",
            contact_phone="+84912000309",
            expires_at=TONIGHT,
            confirmed_at=TONIGHT,
            id=uuid7(),
            created_at=TONIGHT,
        )
        self.session.add(booking)
        return booking

    async def give_tickets(self, parties: list[Booking]) -> None:
        """A ticket to each head."""
        await self.session.flush()
        unit = self.visit.units[UnitType.ADULT]
        for booking in parties:
            for place in range(booking.heads):
                item = UnitItem(
                    booking_id=booking.id,
                    place=place,
                    unit_id=unit.id,
                    unit_name=unit.name,
                    heads=1,
                    price_minor=unit.price_minor,
                    ticket_code=with_check(new_code(7)),
                    id=uuid7(),
                    created_at=TONIGHT,
                )
                self.session.add(item)
        await self.session.flush()

    def sign(self, booking: Booking, departure: Departure, by: Signer | None = None) -> str:
        """The letters of a party's ticket."""
        symbol = symbols.symbol_of(booking, departure, heads=booking.heads)
        return symbols.write(symbol, producer_id=self.visit.producer.id, signer=by or self.signer)


async def _seed(session: AsyncSession, secret: bytes) -> Day:
    visit = await make_visit(session, starts_at=TONIGHT, capacity=500, is_published=False)
    tomorrow = await make_departure(session, visit.tour.id, starts_at=TONIGHT + timedelta(days=1))
    garden = Garden(session, visit, symbols.signers(secret)[0])
    today = visit.departure
    parties = [garden.book(number, today, BookingState.CONFIRMED) for number in range(PARTIES)]
    cancelled = garden.book(PARTIES, today, BookingState.CANCELLED)
    later = garden.book(PARTIES + 1, tomorrow, BookingState.CONFIRMED)
    await garden.give_tickets([*parties, later])
    stranger = Signer(b"somebody else's secret, long enough", "tickets/1")
    now = datetime.now(UTC)
    return Day(
        token=await accounts.open_login(session, person_id=visit.host.id, device="Android", now=now),
        departure_id=today.id,
        tickets=[garden.sign(booking, today) for booking in parties],
        codes=[booking.code for booking in parties],
        forged=garden.sign(parties[0], today, stranger),
        tomorrows=garden.sign(later, tomorrow),
        cancelled=garden.sign(cancelled, today),
        heads=sum(booking.heads for booking in parties),
    )


@pytest.fixture
def day(demo: Instance) -> Day:
    """Two hundred parties of today, one of tomorrow, one that gave its seats back, of a garden of their own."""
    secret = load_secret(Settings(data_dir=demo.folder / "var"))

    async def seed(session: AsyncSession) -> Day:
        return await _seed(session, secret)

    return write_into(demo, seed)


@pytest.fixture
def second_gate(phone: BrowserContext, demo: Instance) -> Iterator[BrowserContext]:
    """Another phone at another gate."""
    assert phone.browser is not None
    context = phone.browser.new_context(base_url=demo.base, **PHONE)  # type: ignore[arg-type]  # playwright's own dictionary
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def open_gate(page: Page) -> None:
    """From the home page, which has signal, go to the gate, which has none."""
    page.wait_for_selector("html[data-kept]")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto("/producer/tours/gate")
    page.wait_for_selector("html[data-gate-is=list]")


def look_at(page: Page, ticket: str) -> str:
    """Type or scan a ticket; answers what the phone means it is."""
    page.locator("#gate-code").fill(ticket)
    page.locator("section[data-gate] form button[type=submit]").click()
    page.wait_for_selector("[data-said][data-outcome]", state="attached")
    said = page.locator("[data-said]").get_attribute("data-outcome")
    page.evaluate("delete document.querySelector('[data-said]').dataset.outcome")
    assert said is not None
    return said


CAMERA_IS_READY = """async () => {
    for (let n = 0; n < 3000; n += 1) {
        if ((await navigator.serviceWorker.getRegistration("/T/x"))?.active) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""
LET_ALL_IN = """async (tickets) => {
    const form = document.querySelector("section[data-gate] form");
    const said = document.querySelector("[data-said]");
    const until = async (wanted) => {
        while (!wanted()) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const outcomes = [];
    for (const ticket of tickets) {
        said.dataset.outcome = "";
        form.elements.namedItem("code").value = ticket;
        form.requestSubmit();
        await until(() => said.dataset.outcome);
        if (said.dataset.outcome !== "ready") { outcomes.push(said.dataset.outcome); continue; }
        said.querySelector("[data-admit]").click();
        await until(() => said.dataset.outcome !== "ready");
        outcomes.push(said.dataset.outcome);
    }
    delete said.dataset.outcome;
    return outcomes;
}"""


def scans_of(demo: Instance, day: Day) -> tuple[int, int, int]:
    """What the market holds of the day: (scans, bookings that are in, tickets that are in)."""

    async def read(session: AsyncSession) -> tuple[int, int, int]:
        of_day = select(Booking.id).where(Booking.departure_id == day.departure_id)
        scans = select(func.count()).where(GateScan.departure_id == day.departure_id)
        inside = select(func.count()).where(Booking.id.in_(of_day), Booking.state == BookingState.REDEEMED)
        items = select(func.count()).where(UnitItem.booking_id.in_(of_day), UnitItem.redeemed_at.is_not(None))
        return (
            await session.scalar(scans) or 0,
            await session.scalar(inside) or 0,
            await session.scalar(items) or 0,
        )

    return write_into(demo, read)


def come_back(page: Page) -> None:
    """There is signal again; everything is sent."""
    page.context.set_offline(False)
    page.goto("/producer/outbox")
    page.wait_for_selector("html[data-ready]")
    page.evaluate(
        """async () => {
            const address = document.querySelector('script[src*="offline/start.js"]').src;
            const { phone } = await import(address);
            const { counts } = await import(address.replace("start.js", "outbox.js"));
            for (;;) {
                const { saved, refused } = await counts(phone.db, phone.owner);
                if (saved + refused === 0) return;
                await new Promise((resolve) => setTimeout(resolve, 100));
            }
        }"""
    )


def test_a_days_tickets_are_checked_without_signal(
    phone: BrowserContext, second_gate: BrowserContext, demo: Instance, day: Day
) -> None:
    """50-55: 200 tickets with the network off, and none of the wrong ones; then the market shows each once, a double twice."""
    eyes = Eyes("gate-200")
    page, other = phone.new_page(), second_gate.new_page()
    for gate in (phone, second_gate):
        gate.add_cookies([{"name": SESSION_COOKIE, "value": day.token, "url": demo.base}])
    page.goto("/producer/")
    open_gate(page)
    expect(page.locator("[data-part=count]")).to_contain_text(f"0 trên {day.heads}")

    assert look_at(page, f"HTTPS://CHO.EXAMPLE/T/{day.tickets[0]}") == "ready"
    eyes.look(page, "ready")
    began = time.monotonic()
    outcomes: list[str] = page.evaluate(LET_ALL_IN, day.tickets)
    took = time.monotonic() - began
    assert outcomes == ["in"] * PARTIES
    assert took < SLOW_S
    expect(page.locator("[data-part=count]")).to_contain_text(f"{day.heads} trên {day.heads}")
    altered = day.tickets[0][:40] + ("A" if day.tickets[0][40] != "A" else "B") + day.tickets[0][41:]
    wrong: dict[str, Any] = {
        "forged": (day.forged, "Vé giả"),
        "wrong-day": (day.tomorrows, "Không phải vé hôm nay"),
        "revoked": (day.cancelled, "đã hủy hoặc đã đổi ngày"),
        "already": (day.tickets[7], "Máy này đã cho vào lúc"),
        "unknown": (with_check("ABCDEF"), "Danh sách không có mã này"),
        "misspelled": (day.codes[3][:-1] + day.codes[3][:1], "sai một chữ"),
    }
    for outcome, (ticket, words) in wrong.items():
        assert look_at(page, ticket) == outcome
        expect(page.locator("[data-said]")).to_contain_text(words)
        if outcome in {"forged", "already"}:
            eyes.look(page, outcome)
    assert look_at(page, altered) == "forged"
    assert look_at(page, day.codes[9]) == "already"
    page.reload()  # the book outlives the page
    page.wait_for_selector("html[data-gate-is=list]")
    assert look_at(page, day.codes[9]) == "already"

    other.goto("/producer/tours/gate")
    other.evaluate(CAMERA_IS_READY)
    open_gate(other)
    other.goto(f"/T/{day.tickets[0]}")  # by the phone's own camera
    expect(other.locator("[data-said]")).to_contain_text("Vé đúng, được vào")
    other.locator("[data-admit]").click()
    expect(other.locator("[data-said]")).to_contain_text("Mời vào")

    come_back(page)
    come_back(other)
    come_back(page)
    assert scans_of(demo, day) == (PARTIES + 1, PARTIES, day.heads)
    page.goto("/producer/tours/day")
    expect(page.locator("main")).to_contain_text(f"Một vé vào hai lần: Nguyễn Thị Khách 0, mã {day.codes[0]}")
    other.goto("/producer/tours/gate")
    other.wait_for_selector("html[data-gate-is=list]")
    expect(other.locator("[data-part=count]")).to_contain_text(f"{day.heads} trên {day.heads}")
    eyes.assert_no_barriers()
