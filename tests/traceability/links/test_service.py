"""Links that producers add: to whose codes, what is kept, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from producers.cooperatives.errors import PracticeOnlyError
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.instants import look_too_early
from traceability.labels.models import SerialState
from traceability.links import service
from traceability.links.errors import (
    AnchorInvalidError,
    AnchorNotOwnError,
    LinkExistsError,
    LinkNotFoundError,
    LinksFullError,
)
from traceability.links.keys import Anchor, check_digit, read_anchor
from traceability.links.models import ProducerLink
from traceability.links.schemas import LinkFields, NewLink
from traceability.links.vocabulary import LINK_TYPES, RESERVED

NOW = made.NOW
FIELDS = {"link_type": "recipeInfo", "title": "Cách pha", "href": "https://che.vn/pha"}


async def add(
    session: AsyncSession, shop: made.Workshop, link_id: UUID | None = None, **changes: object
) -> ProducerLink:
    """A link of the workshop, on its pack unless another code is named."""
    typed = FIELDS | ({} if "code" in changes else {"gtin": shop.variant.gtin}) | changes
    return await service.create_link(
        session,
        producer_id=shop.producer.id,
        link=NewLink.model_validate(typed),
        person_id=shop.person_id,
        now=NOW,
        link_id=link_id,
    )


async def test_a_link_hangs_on_a_pack_a_lot_or_a_label(session: AsyncSession) -> None:
    """The anchor is the plain address; a label brings its own lot."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    serial = await made.make_serial(session, lot)
    product = await add(session, shop)
    of_lot = await add(session, shop, lot=lot.code)
    of_label = await add(session, shop, serial=serial.serial)
    both = await add(session, shop, lot=lot.code, serial=serial.serial, href="https://che.vn/khac")
    base = f"/01/{lot.gtin}"
    assert [one.anchor for one in (product, of_lot, of_label, both)] == [
        base,
        f"{base}/10/{lot.code}",
        f"{base}/10/{lot.code}/21/{serial.serial}",
        f"{base}/10/{lot.code}/21/{serial.serial}",
    ]
    assert (product.hreflang, product.context, product.fwqs, product.is_public) == ([], [], True, True)
    assert await service.list_links(session, shop.producer.id) == [both, of_label, of_lot, product]
    found = await service.list_at(session, read_anchor(f"{base}/10/{lot.code}"))
    assert list(found.values()) == [[product], [of_lot]]


async def test_a_pasted_code_is_read(session: AsyncSession) -> None:
    """An address, a path, or key and number: each names the code, whatever host stood before it."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    gln = shop.producer.gs1_prefix + "001"
    gln += str(check_digit(gln))
    for number, (code, anchor) in enumerate(
        [
            (f"https://id.gs1.org/01/{lot.gtin}/10/{lot.code}", f"/01/{lot.gtin}/10/{lot.code}"),
            (f"/414/{gln}/", f"/414/{gln}"),
            (f"414/{gln}/254/KHO", f"/414/{gln}/254/KHO"),
        ]
    ):
        assert (await add(session, shop, code=code, href=f"https://che.vn/{number}")).anchor == anchor


async def test_only_own_codes_take_links(session: AsyncSession) -> None:
    """Another producer's pack, a pack that nobody has, a key under another prefix: refused."""
    shop = await made.make_workshop(session)
    other = await made.make_workshop(session)
    strange = other.producer.gs1_prefix + "001"
    for changes in (
        {"gtin": other.variant.gtin},
        {"gtin": made.new_gtin()},
        {"code": f"414/{strange}{check_digit(strange)}"},
        {"code": f"/01/{other.variant.gtin}"},
        {"code": "8004/8930000"},
    ):
        with pytest.raises(AnchorNotOwnError):
            await add(session, shop, **changes)


async def test_a_shared_prefix_is_nobodys(session: AsyncSession) -> None:
    """Of nested prefixes the longest wins; one that two producers bear gives no key to either."""
    first = await grown.make_producer(session, gs1_prefix="9529876")
    nested = await grown.make_producer(session, gs1_prefix="95298765")
    assert await cooperatives.find_by_prefix(session, "952987650") == nested
    assert await cooperatives.find_by_prefix(session, "952987640") == first
    assert await cooperatives.find_by_prefix(session, "893") is None
    await grown.make_producer(session, gs1_prefix="95298765")
    assert await cooperatives.find_by_prefix(session, "952987650") is None


async def test_codes_that_are_not_in_the_books_are_refused(session: AsyncSession) -> None:
    """Unknown lots, labels never printed or spoilt, labels of another lot, and no code at all: said beside the field."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    other = await made.make_lot(session, shop)
    serial = await made.make_serial(session, lot)
    void = await made.make_serial(session, lot, state=SerialState.VOID)
    for changes, field in (
        ({"lot": "NOPE"}, "lot"),
        ({"serial": "NOPE"}, "serial"),
        ({"serial": void.serial}, "serial"),
        ({"serial": serial.serial, "lot": other.code}, "serial"),
        ({"code": "bao chè"}, "code"),
        ({"code": f"01/{lot.gtin[:-1]}x"}, "code"),
        ({"code": ""}, "code"),
    ):
        with pytest.raises(AnchorInvalidError) as refusal:
            await add(session, shop, **changes)
        assert list(refusal.value.fields) == [field]


async def test_practice_farms_hang_nothing(session: AsyncSession) -> None:
    """Nothing leaves a practice farm, no link either."""
    shop = await made.make_workshop(session)
    shop.producer.is_practice = True
    with pytest.raises(PracticeOnlyError):
        await add(session, shop)


async def test_links_are_changed_and_ended_by_their_own(session: AsyncSession) -> None:
    """What was changed stands at once; one that ended is gone, and may be hung anew; another's does not exist."""
    shop = await made.make_workshop(session)
    other = await made.make_workshop(session)
    link = await add(session, shop)
    second = await add(session, shop, href="https://che.vn/2")
    fields = LinkFields.model_validate(
        FIELDS
        | {
            "href": "https://che.vn/3",
            "hreflang": "vi, en",
            "context": "VN",
            "media_type": "text/html",
            "drops_query": "1",
            "is_hidden": "1",
        }
    )
    changed = await service.update_link(
        session, link_id=link.id, producer_id=shop.producer.id, fields=fields, now=NOW
    )
    assert (changed.href, changed.hreflang, changed.context) == ("https://che.vn/3", ["vi", "en"], ["VN"])
    assert (changed.media_type, changed.fwqs, changed.is_public) == ("text/html", False, False)
    with pytest.raises(LinkExistsError):
        await service.update_link(
            session,
            link_id=link.id,
            producer_id=shop.producer.id,
            fields=LinkFields.model_validate(FIELDS | {"href": "https://che.vn/2"}),
            now=NOW,
        )
    with pytest.raises(LinkNotFoundError):
        await service.end_link(session, link_id=second.id, producer_id=other.producer.id, now=NOW)
    await service.end_link(session, link_id=second.id, producer_id=shop.producer.id, now=NOW)
    with pytest.raises(LinkNotFoundError):
        await service.end_link(session, link_id=second.id, producer_id=shop.producer.id, now=NOW)
    assert (await add(session, shop, href="https://che.vn/2")).id != second.id


async def test_a_code_holds_so_many_links(session: AsyncSession) -> None:
    """The same link stands once, and a code takes no endless number."""
    shop = await made.make_workshop(session)
    await add(session, shop)
    with pytest.raises(LinkExistsError):
        await add(session, shop)
    for number in range(service.MOST_AT_ONE_CODE - 1):
        await add(session, shop, href=f"https://che.vn/{number}")
    with pytest.raises(LinksFullError):
        await add(session, shop, href="https://che.vn/more")


async def test_the_last_link_of_a_code_does_not_stand_in_its_own_way(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat that looked for itself a moment too early is answered with its first sending."""
    shop = await made.make_workshop(session)
    for number in range(service.MOST_AT_ONE_CODE - 1):
        await add(session, shop, href=f"https://che.vn/{number}")
    last = await add(session, shop, uuid7())
    look_too_early(monkeypatch, service.repository, "find_link")
    assert await add(session, shop, last.id) == last


async def test_the_same_link_sent_by_many_at_once_stands_once(db: Database) -> None:
    """Three press at the same moment: one link, and the others hear that it is there (the index decides)."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)

    async def press() -> bool:
        try:
            async with db.transaction() as session:
                await add(session, shop)
        except LinkExistsError:
            return False
        return True

    assert sorted(await asyncio.gather(press(), press(), press())) == [False, False, True]


async def test_looking_first_would_not_be_enough(db: Database) -> None:
    """Negative control: three that look before they write all see a free place, so looking alone keeps none out."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
    everyone_looked = asyncio.Barrier(3)

    async def look() -> bool:
        async with db.transaction() as session:
            seen = await service.list_links(session, shop.producer.id)
            await everyone_looked.wait()
            with contextlib.suppress(LinkExistsError):
                await add(session, shop)
            return not seen

    assert await asyncio.gather(look(), look(), look()) == [True, True, True]
    async with db.transaction() as session:
        assert len(await service.list_links(session, shop.producer.id)) == 1


def test_what_is_the_houses_own_is_not_offered() -> None:
    """Nobody chooses a type whose answer is ours, and none that leads to a payment."""
    assert not RESERVED & LINK_TYPES.keys()
    assert {"defaultLink", "traceability", "recallStatus"} <= RESERVED
    assert "paymentLink" not in LINK_TYPES
    assert Anchor("01", "1").find("10") is None
