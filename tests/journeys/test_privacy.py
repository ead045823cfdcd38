"""Money inside a cooperative, over HTTP: the office reads all of it, a household its own, who weighs what they weighed."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import httpx
import pytest

from app.core.ids import uuid7
from app.core.money import format_dong
from producers.cooperatives.models import ProducerKind, Role
from producers.farms.models import Farm
from producers.intake.models import IntakeSlip
from storefront.settlements.models import Settlement
from tests.factories import producers, settlements, traceability
from tests.factories.people import log_in
from tests.factories.settlements import House
from tests.factories.visits import make_visit
from tests.storefront.tours.test_bookings import book, pay
from traceability.lots import service as lots
from traceability.lots.models import Lot
from traceability.lots.schemas import SourceKind, SourcePart

MONEY = ("/producer/money", "/producer/money/statement.pdf", "/producer/money/statement.xlsx")
OTHERS = "77,7"
"""Kilos that the neighbour weighed in, as pages write them: on no page of somebody who may not read it."""
AMOUNT = "2.719.500"
"""And what that came to."""
BUNDLE = {"Accept": "application/json"}


@dataclass(frozen=True)
class Village:
    """A cooperative with two households; slips of both, and a settlement and a lot of the neighbour's."""

    shop: traceability.Workshop
    own: House
    neighbour: House
    mine: IntakeSlip
    theirs: IntakeSlip
    settlement: Settlement
    lot: Lot
    packer_id: UUID

    @property
    def slip(self) -> str:
        """Where the neighbour's slip stands."""
        return f"/producer/intake/{self.theirs.id}"


async def make_village(session, *, kind=ProducerKind.COOPERATIVE) -> Village:
    """Leaf of two households, weighed in by a packer; of the neighbour's ten kilos went into a lot."""
    shop = await traceability.make_workshop(session)
    shop.producer.kind = kind
    named = {"producer_id": shop.producer.id}
    own = await settlements.make_house(session, **named)
    neighbour = await settlements.make_house(session, **named, name="Lò Thị Hoa")
    (
        await session.get_one(Farm, (await settlements.weigh(session, neighbour, 1_000)).farm_id)
    ).name = "Vườn Hoa"
    packer = await producers.make_membership(session, **named, role=Role.PACKER)
    written = {"recorded_by_id": packer.person_id}
    mine = await settlements.weigh(session, own, 12_300, **written)
    await settlements.make_settlement(session, neighbour)
    theirs = await settlements.weigh(session, neighbour, 77_700, **written)
    settlement = await settlements.make_settlement(session, neighbour)
    lot = await lots.create_lot(
        session,
        producer_id=shop.producer.id,
        variant_id=shop.variant.id,
        sources=[SourcePart(SourceKind.INTAKE, theirs.id, 10_000)],
        quantity_g=1_000,
        produced_on=settlements.DAY,
        person_id=own.manager_id,
        now=settlements.NOW,
    )
    return Village(shop, own, neighbour, mine, theirs, settlement, lot, packer.person_id)


@pytest.fixture
async def village(db) -> Village:
    """A cooperative."""
    async with db.transaction() as session:
        return await make_village(session)


async def enter(db, client, village, role) -> UUID:
    """Somebody of the cooperative at the browser: a member with a household, or somebody new in a role."""
    async with db.transaction() as session:
        if role is Role.MEMBER:
            person_id = village.own.person_id
        else:
            made = await producers.make_membership(session, producer_id=village.shop.producer.id, role=role)
            person_id = made.person_id
        await log_in(session, client, person_id)
    return person_id


async def bundle(client: httpx.AsyncClient) -> dict[str, str]:
    """What the phone keeps: each page by its path."""
    answer = await client.get("/offline/bundle", headers=BUNDLE)
    assert answer.status_code == 200
    return {page["path"]: page["html"] for page in answer.json()["pages"]}


def sheet(content: bytes) -> str:
    """All that is written in a workbook."""
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


async def test_a_member_reads_what_is_their_own(db, client, village):
    """N1, N2, N6: the own slip, household and margins open; the cooperative's money and a neighbour's slip do not."""
    await enter(db, client, village, Role.MEMBER)
    for path in (*MONEY, "/producer/cash"):
        assert (await client.get(path)).status_code == 403, path
    assert "12,3" in (await client.get(f"/producer/intake/{village.mine.id}")).text
    day = (await client.get("/producer/intake")).text
    assert str(village.mine.id) in day and str(village.theirs.id) not in day and OTHERS not in day
    assert (await client.get(village.slip)).status_code == 404
    own = (await client.get("/producer/settlements")).text
    assert str(village.mine.id) in own and str(village.settlement.id) not in own
    for path in ("", "/statement.pdf"):
        gone = await client.get(f"/producer/settlements/{village.settlement.id}{path}")
        assert gone.status_code == 404
    assert "Hợp tác xã cân vào" in (await client.get("/producer/margins")).text
    home = (await client.get("/producer/")).text
    assert "/producer/money" not in home and "/producer/cash" not in home
    assert "/producer/settlements" in home and "/producer/margins" in home and "/producer/intake" in home
    assert "/producer/cash" not in (await client.get("/producer/listings")).text


@pytest.mark.parametrize("role", [Role.PACKER, Role.GUIDE])
async def test_packers_and_guides_read_no_money(db, client, village, role):
    """N1, N3, N6: no money page, no household, no margins, no slip that another wrote; and no way there is shown."""
    await enter(db, client, village, role)
    for path in (*MONEY, "/producer/cash", f"/producer/settlements/households/{village.neighbour.person_id}"):
        assert (await client.get(path)).status_code == 403, path
    refused = 404 if role is Role.PACKER else 403
    for path in (village.slip, f"{village.slip}/correct", f"/producer/settlements/{village.settlement.id}"):
        assert (await client.get(path)).status_code in {refused, 403}, path
    for path in ("/producer/settlements", "/producer/margins", "/producer/intake"):
        page = (await client.get(path)).text
        assert "Lò Thị Hoa" not in page and AMOUNT not in page and OTHERS not in page, path
    home = (await client.get("/producer/")).text
    for path in ("/producer/money", "/producer/settlements", "/producer/margins", "/producer/cash"):
        assert f'"{path}"' not in home, path
    assert '"/producer/cash"' not in (await client.get("/producer/listings")).text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ACCOUNTANT])
async def test_the_office_reads_all_of_it(db, client, village, role):
    """N1: manager and accountant open every page of money, with the ways to them on the page of the day."""
    await enter(db, client, village, role)
    for path in (*MONEY, "/producer/cash", "/producer/settlements", "/producer/margins", village.slip):
        assert (await client.get(path)).status_code == 200, path
    home = (await client.get("/producer/")).text
    for path in ("/producer/money", "/producer/settlements", "/producer/margins"):
        assert f'"{path}"' in home, path
    assert '"/producer/cash"' in (await client.get("/producer/listings")).text
    assert OTHERS in (await client.get("/producer/intake")).text


async def test_who_weighs_keeps_what_they_wrote(db, client, new_client, village):
    """N3: the packer at the scale lists, reads and corrects the own slips, also after a manager corrected one."""
    async with db.transaction() as session:
        await log_in(session, client, village.packer_id)
        other = await settlements.weigh(session, village.own, 55_500)
    assert OTHERS in (await client.get("/producer/intake")).text
    assert "55,5" not in (await client.get("/producer/intake")).text
    assert (await client.get(f"/producer/intake/{other.id}")).status_code == 404
    typed = {
        "id": str(uuid7()),
        "site_id": str(village.neighbour.site_id),
        "weight_g": "66,6 kg",
        "grade": "one_leaf",
        "price_per_kg_minor": "35k",
        "weighed_on": settlements.DAY.isoformat(),
        "place": "",
    }
    assert (await client.post(f"/producer/intake/{other.id}/correct", data=typed)).status_code == 404
    async with new_client() as boss:
        async with db.transaction() as session:
            await log_in(session, boss, village.own.manager_id)
        made = await boss.post(f"{village.slip}/correct", data=typed)
    assert made.status_code == 303
    newer = made.headers["location"].partition("?")[0]
    assert newer in (await client.get(village.slip)).text
    assert "66,6" in (await client.get(newer)).text
    day = (await client.get("/producer/intake")).text
    assert newer in day and village.slip not in day
    again = await client.post(f"{newer}/correct", data=typed | {"id": str(uuid7()), "weight_g": "66 kg"})
    assert again.status_code == 303


async def test_a_lot_names_the_household_not_its_kilos(db, client, village):
    """N4: a member sees from whom a lot came, no grams of a neighbour's slip, and makes no lot of it."""
    await enter(db, client, village, Role.MEMBER)
    form = (await client.get("/producer/lots/new")).text
    assert str(village.mine.id) in form and str(village.theirs.id) not in form and OTHERS not in form
    stolen = {
        "id": str(uuid7()),
        "variant_id": str(village.shop.variant.id),
        "source": f"intake:{village.theirs.id}",
        f"take-{village.theirs.id}": "5 kg",
        "quantity_g": "1 kg",
        "produced_on": settlements.DAY.isoformat(),
    }
    refused = await client.post("/producer/lots", data=stolen)
    assert refused.status_code == 422 and OTHERS not in refused.text
    for path in (f"/producer/lots/{village.lot.id}", f"/producer/audit/{village.lot.id}"):
        page = (await client.get(path)).text
        assert "Vườn Hoa" in page and OTHERS not in page, path
    assert "lấy 10" not in (await client.get(f"/producer/lots/{village.lot.id}")).text
    for path in ("/producer/audit/record.xlsx", f"/producer/audit/{village.lot.id}/record.xlsx"):
        book = sheet((await client.get(path)).content)
        assert "Vườn Hoa" in book and "77.7" not in book, path


@pytest.mark.parametrize("role", [Role.PACKER, Role.MANAGER])
async def test_who_packs_sees_what_lots_are_made_of(db, client, village, role):
    """N4: packers and managers see every slip's weight where lots are made."""
    await enter(db, client, village, role)
    assert str(village.theirs.id) in (await client.get("/producer/lots/new")).text
    assert OTHERS in (await client.get(f"/producer/lots/{village.lot.id}")).text
    book = sheet((await client.get(f"/producer/audit/{village.lot.id}/record.xlsx")).content)
    assert "77.7" in book


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER, Role.GUIDE])
async def test_a_phone_keeps_nothing_of_the_neighbours(db, client, village, role):
    """N2, N4, N6: no page that a phone keeps for these roles tells what a neighbour weighed in or was paid."""
    await enter(db, client, village, role)
    kept = await bundle(client)
    money = ("/producer/money", "/producer/settlements", "/producer/margins", "/producer/cash")
    for path, html in kept.items():
        assert not path.startswith(money), path
        assert AMOUNT not in html, path
        assert role is Role.PACKER or OTHERS not in html, path
        assert f'"{money[0]}"' not in html, path
    assert ("/producer/intake" in kept) == (role is not Role.GUIDE)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER])
async def test_one_household_hides_nothing(db, client, role):
    """N5: whoever works for a household business reads its money as before; a packer its slips and money on delivery."""
    async with db.transaction() as session:
        village = await make_village(session, kind=ProducerKind.HOUSEHOLD)
    await enter(db, client, village, role)
    for path in MONEY:
        assert (await client.get(path)).status_code == 200, path
    is_packer = role is Role.PACKER
    assert (await client.get("/producer/cash")).status_code == (200 if is_packer else 403)
    assert (await client.get(village.slip)).status_code == (200 if is_packer else 404)
    home = (await client.get("/producer/")).text
    assert all(f'"{path}"' in home for path in (MONEY[0], "/producer/settlements", "/producer/margins"))
    assert ('"/producer/cash"' in (await client.get("/producer/listings")).text) == is_packer
    assert str(village.theirs.id) in (await client.get("/producer/lots/new")).text
    assert OTHERS in (await client.get(f"/producer/lots/{village.lot.id}")).text


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PACKER, Role.GUIDE, Role.ACCOUNTANT])
async def test_what_visitors_paid_is_for_who_receives_them(db, client, role):
    """N3: guides see it at the gate, the accountant too; a member and a packer see who comes, not what was paid."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
        made = await producers.make_membership(session, producer_id=visit.producer.id, role=role)
        await log_in(session, client, made.person_id)
    paid = format_dong(booking.total_minor)
    day = await client.get("/producer/tours/day", params={"on": str(visit.departure.local_on)})
    gate = await client.get("/producer/tours/gate", params={"code": booking.code})
    for page in (day.text, gate.text):
        assert booking.code in page
        assert (paid in page) == (role in {Role.GUIDE, Role.ACCOUNTANT})
