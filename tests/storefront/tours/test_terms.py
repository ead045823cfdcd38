"""On what terms a visit is cancelled (BOOKINGS.md, 80 to 83)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from app.core.i18n import Catalogue
from producers.cooperatives.models import ProducerKind, Role
from storefront.closing import service as closing
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.invoices.errors import NotSoldError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.payouts import holding
from storefront.tours import bookings, calling_off, cancelling, invoicing, moving, service, terms, words
from storefront.tours.errors import NotCancellableError, NotMovableError, PlanError
from storefront.tours.models import BookingState, CallOffReason, UnitType
from storefront.tours.schemas import AfterSteps, TermsFields
from storefront.tours.terms import Step
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_person
from tests.factories.visits import NOW, SITE, make_departure, make_visit
from tests.storefront.tours.test_bookings import book, left, paid_booking, pay

START = NOW + timedelta(days=10)
WEEK = {"cancellation_cutoff_hours": 168, "cancellation_steps": [[48, 50], [0, 0]]}
"""Until a week before all, until two days half, then nothing."""
DAY = Period.of_day(date(2026, 11, 12))
HALF, NOTHING = START - timedelta(days=3), START - timedelta(hours=5)


async def week(session, **more):
    """A tour of three steps, ten days from now."""
    return await make_visit(session, starts_at=START, **WEEK | more)


async def cancel(session, booking, now, **more):
    """The visitor cancels."""
    return await cancelling.cancel_booking(session, booking_id=booking.id, now=now, **more)


async def balance(session, account):
    """What an account holds."""
    return await ledger.balance(session, account)


@pytest.mark.parametrize(
    ("now", "back", "kept"),
    [
        (START - timedelta(days=7, seconds=1), 150_001, 0),
        (START - timedelta(days=7), 75_001, 75_000),
        (START - timedelta(days=2), 0, 150_001),
    ],
)
async def test_each_step_gives_back_its_share(session, now, back, kept):
    """All, half (half a đồng counts up), nothing: fee and tax go back pro rata, the rest stays the producer's sale (81)."""
    visit = await week(session)
    visit.producer.kind = ProducerKind.HOUSEHOLD
    visit.units[UnitType.ADULT].price_minor = 150_001
    await fees.set_fee(
        session,
        producer_id=visit.producer.id,
        kind=FeeKind.MARKET,
        terms=fees.Terms(basis_points=1_000),
        valid_from=date(2026, 11, 12),
        person_id=visit.host.id,
        now=NOW,
    )
    booking = await paid_booking(session, visit)
    gone = await cancel(session, booking, now)
    assert (gone.state, gone.kept_minor) == (BookingState.CANCELLED, kept)
    assert await balance(session, accounts.refund_payable("booking", booking.id)) == -back
    fee = -await balance(session, accounts.platform_fee())
    tax = -await balance(session, accounts.tax_withheld(visit.producer.id))
    # Ten per cent to the market, five and two to the state, of what was kept.
    assert (abs(fee - kept / 10) <= 1, abs(tax - kept * 7 / 100) <= 1) == (True, True)
    assert -await balance(session, accounts.seller_payable(visit.producer.id)) == kept - fee - tax
    assert await left(session, visit) == 20
    assert not [one for one in (await closing.look_through(session, DAY)).checks if one.findings]
    assert await holding.sum_held(session, now=now) == {}
    await cancel(session, booking, START)
    assert await balance(session, accounts.refund_payable("booking", booking.id)) == -back


async def test_the_terms_of_the_booking_hold(session):
    """What the host changes later counts for later bookings; those that stand keep what they were promised (80)."""
    visit = await week(session)
    booking = await paid_booking(session, visit)
    fields = TermsFields(cancellation_cutoff_hours=0)
    await service.save_terms(session, tour_id=visit.tour.id, fields=fields, now=NOW)
    assert terms.steps_kept(booking) == [Step(168, 100), Step(48, 50), Step(0, 0)]
    assert terms.steps_kept(await paid_booking(session, visit)) == [Step(0, 100)]
    assert (await cancel(session, booking, HALF)).kept_minor == 75_000


async def test_after_the_last_step_nobody_cancels(session):
    """A tour that takes nothing back after its steps says so, and names its last hour (80); one step is as ever (10)."""
    visit = await week(session, cancellation_steps=[[48, 50]])
    booking = await paid_booking(session, visit)
    with pytest.raises(NotCancellableError, match="trước giờ đi 48 giờ"):
        await cancel(session, booking, NOTHING)
    assert cancelling.back_minor(booking, visit.tour, visit.departure, now=NOTHING) is None
    assert cancelling.back_minor(await book(session, visit), visit.tour, visit.departure, now=NOW) is None


async def test_a_party_moves_only_while_all_comes_back(session):
    """Half of the money back is no free change of the day (14)."""
    visit = await week(session)
    other = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=9))
    booking = await paid_booking(session, visit)
    with pytest.raises(NotMovableError, match="168 giờ"):
        await moving.move(session, booking_id=booking.id, departure_id=other.id, now=HALF)


async def test_a_day_called_off_gives_all_back(session):
    """Whatever the hour, a day that the host calls off costs nobody anything; nor does one that is not sure (82)."""
    visit = await week(session)
    booking, sure = await paid_booking(session, visit), await paid_booking(session, visit)
    visit.tour.minimum_heads = 6
    await session.flush()
    assert (await cancel(session, booking, NOTHING)).kept_minor == 0
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOTHING
    )
    assert (await cancel(session, sure, NOTHING)).kept_minor == 0
    assert await balance(session, accounts.seller_payable(visit.producer.id)) == 0


async def test_less_than_was_promised_is_asked_again(session):
    """The page said "all"; a step ended before the tap: nothing is cancelled, and the new sum is said (81)."""
    visit = await week(session)
    booking = await paid_booking(session, visit, 2)
    with pytest.raises(NotCancellableError, match=r"lấy lại 150\.000"):
        await cancel(session, booking, HALF, promised_minor=300_000)
    assert (await cancel(session, booking, HALF, promised_minor=150_000)).kept_minor == 150_000


async def test_a_page_from_before_it_was_paid_cancels_at_no_price(db, client, house):
    """A tap on "give the seats back" of a page that was read before the money came asks again, when not all comes back (81)."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=NOW + timedelta(days=5), **WEEK)
        held = await book(session, visit, 2)
        held.token_hash = bookings.hash_token(bookings.token_of(held, house.secret))
    page = f"/bookings/{bookings.token_of(held, house.secret)}"
    [promised] = re.findall(r'name="back_minor" value="(\d+)"', (await client.get(page)).text)
    async with db.transaction() as session:
        await pay(session, await bookings.get_booking(session, held.id))
    refused = await client.post(f"{page}/cancel", data={"back_minor": promised})
    assert refused.status_code == 409 and "lấy lại 150.000" in refused.text
    async with db.transaction() as session:
        assert (await bookings.get_booking(session, held.id)).state is BookingState.CONFIRMED


async def test_what_was_kept_is_invoiced(session):
    """What is paid and kept is invoiced, also of a visit that was cancelled; given back whole there is nothing (I1)."""
    visit = await week(session)
    booking, whole = await paid_booking(session, visit, 2), await paid_booking(session, visit)
    await cancel(session, booking, HALF)
    await cancel(session, whole, NOW)
    draft = await invoicing.draft_invoice(session, booking_id=booking.id, producer=visit.producer)
    assert [(line.title, line.amount_minor) for line in draft.lines] == [
        ("Tiền nhà vườn giữ lại: Một buổi hái chè", 150_000)
    ]
    assert draft.total_minor == 150_000
    with pytest.raises(NotSoldError):
        await invoicing.draft_invoice(session, booking_id=whole.id, producer=visit.producer)


def test_steps_that_say_nothing():
    """A step that ends no later than the one before, or gives no less, is passed over (80)."""
    kept = [[48, 100], [72, 50], [24, 100], [24, 30], [0, 0]]
    booking = bookings.Booking(cancellation_steps=kept)
    assert terms.steps_kept(booking) == [Step(48, 100), Step(24, 30), Step(0, 0)]


@pytest.mark.parametrize(
    ("steps", "vietnamese", "english"),
    [
        (
            [(48, 100)],
            "Hủy trước giờ đi ít nhất 2 ngày thì không mất tiền.",
            "Free cancellation up to 2 day(s) before the start.",
        ),
        (
            [(168, 100), (48, 50), (0, 0)],
            (
                "Hủy trước giờ đi ít nhất 7 ngày thì không mất tiền. Sau đó, đến trước giờ đi 2 ngày: lấy lại 50%. "
                "Sau đó hủy thì không lấy lại được tiền."
            ),
            (
                "Free cancellation up to 7 day(s) before the start. After that, until 2 day(s) before the start: 50% back. "
                "After that you may cancel, but nothing comes back."
            ),
        ),
        (
            [(48, 100), (0, 30)],
            (
                "Hủy trước giờ đi ít nhất 2 ngày thì không mất tiền. Sau đó, đến giờ đi: lấy lại 30%. "
                "Sau đó không hủy được nữa."
            ),
            (
                "Free cancellation up to 2 day(s) before the start. After that, until the start: 30% back. "
                "After that cancelling is not possible."
            ),
        ),
        (
            [(48, 100), (6, 0)],
            (
                "Hủy trước giờ đi ít nhất 2 ngày thì không mất tiền. "
                "Sau đó, đến trước giờ đi 6 giờ, hủy thì không lấy lại được tiền."
            ),
            (
                "Free cancellation up to 2 day(s) before the start. "
                "After that, until 6 hour(s) before the start, you may cancel, but nothing comes back."
            ),
        ),
    ],
)
def test_steps_are_said_in_plain_words(steps, vietnamese, english):
    """Each step is one short sentence, in either language (80)."""
    said = words.say_steps([Step(*one) for one in steps])
    assert str(said) == vietnamese
    assert Catalogue.load().translate(said, "en") == english


async def test_the_host_says_the_terms(db, client):
    """One page: all, a part, nothing. What it keeps stands on the tour's page before anybody pays, and on the ticket (80)."""
    async with db.transaction() as session:
        visit = await week(session, cancellation_steps=[])
        booking = await paid_booking(session, visit, 2)
        guide = await make_person(session, phone="+84987000111")
        await make_membership(
            session, producer_id=visit.producer.id, person_id=guide.id, role=Role.ACCOUNTANT
        )
    path = f"/producer/tours/{visit.tour.id}/terms"
    values = {
        "cancellation_cutoff_hours": "168",
        "part_percent": "50",
        "part_hours": "48",
        "after": AfterSteps.NOTHING.value,
    }
    async with db.transaction() as session:
        await log_in(session, client, guide.id)
    assert (await client.post(path, data=values)).status_code == 403
    async with db.transaction() as session:
        await log_in(session, client, visit.host.id)
    assert (await client.get(path)).text.count(" selected") == 7
    wrong = await client.post(path, data=values | {"part_hours": "168"})
    assert wrong.status_code == 422 and "muộn hơn hạn hủy không mất tiền" in wrong.text
    assert (await client.post(path, data=values | {"part_percent": "100"})).status_code == 422
    assert (await client.post(path, data=values)).status_code == 303
    saved = await client.get(path)
    assert '<option value="50" selected>' in saved.text and '<option value="nothing" selected>' in saved.text
    said = "Sau đó, đến trước giờ đi 2 ngày: lấy lại 50%. Sau đó hủy thì không lấy lại được tiền."
    for page in (f"/tours/{visit.tour.slug}", f"/tours/{visit.tour.slug}/book"):
        assert said in (await client.get(page)).text
    feed = (await client.get("/feeds/things-to-do.json")).json()
    conditions = feed["products"][0]["options"][0]["cancellation_policy"]["refund_conditions"]
    assert [one["refund_percent"] for one in conditions] == [100, 50, 0]
    async with db.transaction() as session:
        known = await bookings.get_booking(session, booking.id)
        assert terms.steps_kept(known) == [Step(168, 100)]


@pytest.mark.parametrize(("percent", "after"), [("0", "nothing"), ("50", "closed"), ("0", "closed")])
async def test_fewer_steps(session, percent, after):
    """Without a part, or without "nothing", there are fewer steps; until the start nothing comes after all (80)."""
    visit = await make_visit(session)
    fields = TermsFields(
        cancellation_cutoff_hours=48, part_percent=percent, part_hours=24, after=AfterSteps(after)
    )
    await service.save_terms(session, tour_id=visit.tour.id, fields=fields, now=NOW)
    found = [step.percent for step in terms.steps_of(visit.tour)]
    assert found == [100, *([50] if percent == "50" else []), *([0] if after == "nothing" else [])]
    whole = TermsFields(cancellation_cutoff_hours=0, after=AfterSteps.NOTHING)
    assert whole.later == []
    with pytest.raises(PlanError):
        await service.save_terms(
            session,
            tour_id=visit.tour.id,
            fields=fields.model_copy(update={"part_percent": 30, "part_hours": 48}),
            now=NOW,
        )
