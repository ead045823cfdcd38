"""The daily reading of a provider's list over a real line: nothing twice, and no silence loses money (FLOWS.md, P27)."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from app.core.errors import UpstreamError
from app.core.jobs import Jobs
from app.wiring import make_house, wire_jobs
from storefront.ledger import service as ledger
from storefront.payments import jobs, pulls
from storefront.payments import service as payments
from storefront.payments.lists import Bounds, CassoList, SepayList
from storefront.payments.models import BankPull, PaymentState, Receipt
from storefront.payments.ports import BankLists
from storefront.payments.service import CollectingAccount
from tests.factories import people
from tests.fakes import messengers
from tests.fakes.bank_lists import Answer, casso_record, open_list, sepay_record

BANK = "bank:970436:0123456789"


@pytest.fixture
async def provider():
    """A provider's list that answers."""
    async with open_list() as opened:
        yield opened


@pytest.fixture
async def line():
    """The house's HTTP client, less patient than in life."""
    async with httpx.AsyncClient(timeout=httpx.Timeout(0.5)) as client:
        yield client


@pytest.fixture
def read(house, db, provider, line):
    """Reads the list of SePay (or of Casso), as the job does."""

    async def run(name="sepay", **bounds):
        within = Bounds(**{"page": 5_000 if name == "sepay" else 100} | bounds)
        found = (
            SepayList(line, token="muc", api_url=provider.url, bounds=within)
            if name == "sepay"
            else CassoList(line, api_key="khoa", api_url=provider.url, bounds=within)
        )
        await pulls.pull(db, found, collecting=house.port(CollectingAccount), now=house.clock.now())

    return run


@pytest.fixture
async def payment(db, open_payment):
    """A payment of 350.000 đồng that waits."""
    async with db.transaction() as session:
        return await open_payment(session)


async def state_of(db, payment):
    async with db.transaction() as session:
        return (await payments.get_by_token(session, payment.token)).state


async def held(db):
    """How many receipts there are, what the bank holds, and how far each list was read."""
    async with db.transaction() as session:
        count = (await session.execute(select(func.count()).select_from(Receipt))).scalar_one()
        marks = {
            found.provider: (found.read_until, found.problem) for found in await pulls.list_pulls(session)
        }
        return count, await ledger.balance(session, BANK), marks


def sepay_page(*records):
    return Answer(
        {"status": 200, "error": None, "messages": {"success": True}, "transactions": list(records)}
    )


def casso_page(*records, next_page=None):
    return Answer(
        {
            "error": 0,
            "message": "success",
            "data": {"page": 1, "nextPage": next_page, "records": list(records)},
        }
    )


async def test_what_no_webhook_told_is_found_at_sepay(db, payment, provider, read, house):
    """The list pays the payment, its question names account, time and token, and the mark moves to now."""
    provider.answer = lambda _asked: sepay_page(sepay_record(7, f"{payment.code} ck"))
    await read()
    assert await state_of(db, payment) is PaymentState.PAID
    assert await held(db) == (1, 350_000, {"sepay": (house.clock.now(), "")})
    assert provider.proofs == ["Bearer muc"]
    assert provider.questions == [
        {"account_number": "0123456789", "transaction_date_min": "2026-10-13 09:00:00", "limit": "5000"}
    ]


async def test_what_no_webhook_told_is_found_at_casso(db, payment, provider, read):
    """Page after page, oldest first; money that went out is known and not booked."""
    pages = {
        "1": casso_page(casso_record(7, "x", amount=-9_000), next_page=2),
        "2": casso_page(casso_record(8, f"{payment.code} ck")),
    }
    provider.answer = lambda asked: pages[asked["page"]]
    await read("casso")
    assert await state_of(db, payment) is PaymentState.PAID
    assert (await held(db))[:2] == (1, 350_000)
    assert provider.proofs == ["Apikey khoa"] * 2 and provider.questions[0]["fromDate"] == "2026-10-13"


@pytest.mark.parametrize("name", ["sepay", "casso"])
@pytest.mark.parametrize("is_webhook_first", [True, False])
async def test_webhook_and_list_are_one_receipt(
    db, payment, provider, read, *, client, house, name, is_webhook_first
):
    """P7: the list bears the webhook's own number, so the same transfer counts once, whichever came first."""
    messenger = next(found for found in messengers.ALL if found.name == name)
    body = messenger.make(f"{payment.code} ck")
    number = body.get("id") or body["data"]["id"]
    page = (
        sepay_page(sepay_record(number, payment.code))
        if name == "sepay"
        else casso_page(casso_record(number, "x"))
    )
    provider.answer = lambda _asked: page
    for is_webhook in (is_webhook_first, not is_webhook_first, True):
        if is_webhook:
            await messengers.send(client, messenger, body, now=house.clock.now())
        else:
            await read(name)
    assert (await held(db))[:2] == (1, 350_000)


async def test_the_next_reading_begins_three_days_earlier(db, provider, read, house):
    """What providers list late is seen again, and nothing is booked twice."""
    provider.answer = lambda _asked: sepay_page(sepay_record(7, "x"))
    await read()
    house.clock.advance(days=1)
    await read()
    assert provider.questions[1]["transaction_date_min"] == "2026-11-09 09:00:00"
    assert (await held(db))[:2] == (1, 350_000)


@pytest.mark.parametrize("name", ["sepay", "casso"])
@pytest.mark.parametrize(
    "silence",
    [
        Answer(status=500),
        Answer(status=401),
        Answer({"transactions": [], "data": {"records": []}}, wait_s=1.0),
        Answer({"transactions": [{}] * 50, "data": {"records": [{}] * 50}}, is_cut=True),
        Answer(b"<html>"),
        Answer(b"[]"),
        Answer({"data": []}),
        Answer({"transactions": 7, "data": {"records": "x"}}),
        Answer({"transactions": [7], "data": {"records": [None]}}),
        Answer(b'{"transactions": NaN}'),
        Answer(b"[" * 100_000),
        Answer(b"x" * 5_000),
    ],
    ids=[
        "500",
        "401",
        "slow",
        "cut",
        "html",
        "list",
        "no data",
        "no list",
        "no record",
        "nan",
        "deep",
        "large",
    ],
)
async def test_a_silent_provider_loses_nothing(db, payment, provider, read, *, name, silence):
    """P27: dead, slow, cut off, too large or nonsense: noted, the mark stays, and the next reading finds the money."""
    provider.answer = lambda _asked: silence
    with pytest.raises(UpstreamError):
        await read(name, answer=4_000)
    assert await held(db) == (0, 0, {name: (None, pulls.NO_ANSWER)})
    right = sepay_page(sepay_record(7, payment.code)), casso_page(casso_record(7, payment.code))
    provider.answer = lambda _asked: right[name == "casso"]
    await read(name)
    assert await state_of(db, payment) is PaymentState.PAID


async def test_a_dead_provider_loses_nothing(db, house, line):
    """P27: nobody listens there: noted, and tried again."""
    dead = SepayList(line, token="muc", api_url="http://127.0.0.1:9")
    with pytest.raises(UpstreamError):
        await pulls.pull(db, dead, collecting=house.port(CollectingAccount), now=house.clock.now())
    assert (await held(db))[2] == {"sepay": (None, pulls.NO_ANSWER)}


async def test_what_was_read_before_the_silence_is_kept(db, payment, provider, read, house):
    """P27: the first page is booked though the second never comes; the mark of the last whole reading stays."""
    provider.answer = lambda _asked: casso_page()
    await read("casso")
    mark = house.clock.now()
    house.clock.advance(minutes=1)
    first = casso_page(casso_record(7, payment.code), next_page=2)
    provider.answer = lambda asked: first if asked["page"] == "1" else Answer(status=502)
    with pytest.raises(UpstreamError):
        await read("casso")
    assert await state_of(db, payment) is PaymentState.PAID
    assert (await held(db))[2] == {"casso": (mark, pulls.NO_ANSWER)}


@pytest.mark.parametrize(
    "lie",
    [
        {"amount_in": "-350000.00"},
        {"amount_in": "350000.50"},
        {"amount_in": "NaN"},
        {"amount_in": "1e999999999"},
        {"amount_in": "nhieu"},
        {"amount_in": True},
        {"amount_in": "0.00"},
        {"amount_out": "350000.00"},
        {"id": "0"},
        {"id": None},
        {"transaction_date": "hom qua"},
        {"transaction_content": ["x"]},
    ],
)
async def test_a_lie_hides_no_truth(db, payment, provider, read, lie):
    """P27: a record that cannot be is left out and noted; the records around it are booked."""
    provider.answer = lambda _asked: sepay_page(sepay_record(7, "x", **lie), sepay_record(8, payment.code))
    await read()
    assert await state_of(db, payment) is PaymentState.PAID
    assert await held(db) == (1, 350_000, {"sepay": (None, pulls.UNREAD)})


async def test_casso_lies_too(db, payment, provider, read):
    """P27: a transaction that moves nothing cannot be."""
    provider.answer = lambda _asked: casso_page(casso_record(7, "x", amount=0), casso_record(8, payment.code))
    await read("casso")
    assert (await held(db))[1:] == (350_000, {"casso": (None, pulls.UNREAD)})


async def test_a_second_story_of_one_transfer_changes_nothing(db, payment, provider, read):
    """P7: the same number with another amount is the transfer that we know."""
    provider.answer = lambda _asked: sepay_page(sepay_record(7, payment.code))
    await read()
    provider.answer = lambda _asked: sepay_page(sepay_record(7, payment.code, amount_in="999999.00"))
    await read()
    assert (await held(db))[:2] == (1, 350_000)


async def test_an_endless_list_ends(db, provider, read):
    """P27: a list that never ends, or repeats its full page, is given up and noted."""
    provider.answer = lambda asked: casso_page(casso_record(int(asked["page"]), "x"), next_page=9)
    with pytest.raises(UpstreamError):
        await read("casso", pages=3)
    provider.answer = lambda _asked: sepay_page(sepay_record(11, "x"), sepay_record(12, "x"))
    with pytest.raises(UpstreamError):
        await read(page=2, pages=3)
    stamps = iter(range(10, 60))
    provider.answer = lambda _asked: sepay_page(
        *[sepay_record(20, "x", transaction_date=f"2026-11-11 08:{59 - next(stamps)}:00")] * 2
    )
    with pytest.raises(UpstreamError):
        await read(page=2, pages=3)


async def test_a_full_page_asks_for_what_is_before_it(db, provider, read):
    """SePay gives the newest first: the next question ends where the page began."""
    older = sepay_record(1, "x", transaction_date="2026-11-10 08:00:00")
    first = sepay_page(sepay_record(3, "x"), sepay_record(2, "x", transaction_date="2026-11-11 08:00:00"))
    provider.answer = lambda asked: sepay_page(older) if "transaction_date_max" in asked else first
    await read(page=2)
    assert provider.questions[1]["transaction_date_max"] == "2026-11-11 08:00:00"
    assert (await held(db))[0] == 3


async def test_one_silent_provider_keeps_no_other_waiting(db, house, provider, line, payment):
    """P27: the job reads every list, and only then says that one was silent."""
    provider.answer = lambda _asked: casso_page(casso_record(7, payment.code))
    both = BankLists(
        (
            SepayList(line, token="muc", api_url="http://127.0.0.1:9"),
            CassoList(line, api_key="khoa", api_url=provider.url),
        )
    )
    collecting = house.port(CollectingAccount)
    with pytest.raises(UpstreamError):
        await jobs.pull_lists(db, now=house.clock.now(), lists=both, collecting=collecting)
    assert await state_of(db, payment) is PaymentState.PAID
    await jobs.pull_lists(db, now=house.clock.now(), lists=BankLists(both[1:]), collecting=collecting)


@pytest.mark.parametrize("keys", [{}, {"sepay_api_token": "muc", "casso_api_key": "khoa"}])
async def test_the_job_is_there_with_a_key(settings, database_url, house, keys):
    """Without a token nothing is read; with one the job is there, once a day."""
    other = make_house(settings.model_copy(update=keys), database_url, clock=house.clock, pool_size=2)
    named = Jobs(other.database, other.clock)
    wire_jobs(named, other)
    assert ("payments.pull_lists" in named.app.tasks) is bool(keys)
    assert len(other.port(BankLists)) == len(keys)
    await other.database.close()


async def test_the_page_says_how_far_the_lists_were_read(db, client, house):
    """The accountant sees the mark, and whether the last reading finished."""
    async with db.transaction() as session:
        await people.log_in(session, client, (await people.make_staff(session)).person_id)
        now = house.clock.now()
        session.add(BankPull(provider="sepay", read_until=now - timedelta(days=1), tried_at=now, problem=""))
        session.add(BankPull(provider="casso", read_until=None, tried_at=now, problem=pulls.NO_ANSWER))
    page = (await client.get("/admin/statements")).text
    for words in ("SePay", "Đã xem đến", "Ổn", "Casso", "Chưa xem được lần nào", "Lần gần nhất chưa xong"):
        assert words in page
