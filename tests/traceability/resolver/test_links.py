"""The resolver with links of producers: who answers, how several are told, what the linkset holds."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx

from app.core.db import Database
from app.web.house import House
from tests.factories import links as hung
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.visits import make_tour
from traceability.links import service as links
from traceability.links.keys import check_digit
from traceability.lots.models import LotState

VOC = "https://ref.gs1.org/voc/"
MACHINE = {"Accept": "*/*", "Accept-Language": ""}
ROOT = "http://127.0.0.1:8000"


def check_linkset(document: dict[str, Any]) -> None:
    """The rules of RFC 9264 and of the resolver standard that a linkset of ours must keep."""
    assert set(document) == {"linkset"}
    defaults = 0
    for context in document["linkset"]:
        assert re.match(r"https?://[A-Za-z0-9./]+", context.pop("anchor"))
        assert isinstance(context.pop("itemDescription"), str)
        described = []
        for relation, found in context.items():
            assert re.fullmatch(r"https://ref\.gs1\.org/voc/[A-Za-z]+", relation), relation
            for link in found:
                assert {"href", "title"} <= link.keys()
                assert link.keys() <= {"href", "title", "type", "hreflang", "context", "fwqs", "public"}
                assert re.match(r"https?://[A-Za-z0-9./]+", link["href"])
                assert all(re.fullmatch(r"\w{2}(-\w{2})?", tag) for tag in link.get("hreflang", []))
                assert re.fullmatch(r"\w+/[-+.\w]+", link.get("type", "a/b"))
                assert isinstance(link.get("context", []), list)
            if relation != VOC + "defaultLink":
                described += [(link["href"], link["title"]) for link in found]
        for link in context.get(VOC + "defaultLink", []):
            assert set(link) == {"href", "title"}
            assert (link["href"], link["title"]) in described
            defaults += 1
    assert defaults == 1


async def test_linkset_keeps_the_rules(client: httpx.AsyncClient, db: Database) -> None:
    """Ours and the producer's together: known keys only, one plain default that is described once more, every level."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop, state=LotState.RECALLED)
        serial = await made.make_serial(session, lot)
        await grown.make_certificate(session, producer_id=shop.producer.id)
        await make_tour(session, producer_id=shop.producer.id)
        await hung.make_link(
            session,
            shop,
            href="https://che.vn/pha/{lot}?s={serial}",
            hreflang=["vi", "en-GB"],
            media_type="application/pdf",
            context=["VN"],
            fwqs=False,
        )
        await hung.make_link(session, shop, link_type="review", is_public=False)
        await hung.make_link(session, shop, link_type="faqs", ended_at=made.NOW)
        await hung.make_link(session, shop, anchor=f"/01/{lot.gtin}/10/{lot.code}", title="Riêng %(lô)s này")
    path = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    for address in (path, f"/01/{lot.gtin}/10/{lot.code}", f"/01/{lot.gtin}", f"/01/{lot.gtin}/10/NOPE"):
        document = (await client.get(address, params={"linkType": "linkset"})).json()
        check_linkset(document)
    found = (await client.get(path, params={"linkType": "linkset"})).json()["linkset"]
    product, of_lot, of_label = found
    assert product[VOC + "recipeInfo"] == [
        {
            "href": f"https://che.vn/pha/{lot.code}?s={serial.serial}",
            "title": "Cách pha chè",
            "type": "application/pdf",
            "hreflang": ["vi", "en-GB"],
            "context": ["VN"],
            "fwqs": False,
        }
    ]
    assert of_lot[VOC + "recipeInfo"][0]["title"] == "Riêng %(lô)s này"
    assert {VOC + "verificationService", VOC + "eventsInfo", VOC + "productPassport"} <= product.keys()
    assert VOC + "recallStatus" not in product
    assert VOC + "recallStatus" in of_lot and VOC + "recallStatus" in of_label
    assert not {VOC + "review", VOC + "faqs"} & product.keys()
    assert of_label[VOC + "defaultLink"][0]["href"].endswith(f"/trace/{lot.gtin}/{lot.code}/{serial.serial}")


async def test_linkset_of_a_product_alone_keeps_the_rules(client: httpx.AsyncClient, db: Database) -> None:
    """Without tours, papers or links nothing is claimed, and a link that needs a lot is not there without one."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        await hung.make_link(session, shop, href="https://che.vn/{lot}")
    document = (await client.get(f"/01/{shop.variant.gtin}?linkType=linkset")).json()
    check_linkset(document)
    asked = await client.get(f"/01/{shop.variant.gtin}?linkType=gs1:recipeInfo")
    assert asked.status_code == 404
    for word in ("eventsInfo", "recallStatus", "certificationInfo", "epcis", "masterData", "leaveReview"):
        answer = await client.get(f"/01/{shop.variant.gtin}?linkType=gs1:{word}")
        assert answer.status_code == 404, word


async def test_a_type_leads_to_the_producers_page(client: httpx.AsyncClient, db: Database) -> None:
    """307 to what fits best, places filled, the query passed on unless the link keeps it back; hidden ones answer too."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        await hung.make_link(session, shop, hreflang=["vi"], href="https://che.vn/{gtin}?x=1#p")
        await hung.make_link(session, shop, hreflang=["en"], href="https://tea.vn/{lot}", fwqs=False)
        await hung.make_link(session, shop, link_type="review", is_public=False)
    base = f"/01/{lot.gtin}/10/{lot.code}"
    vi = await client.get(f"{base}?linkType=gs1:recipeInfo&a=b", headers={"Accept-Language": "vi, en;q=0.4"})
    assert (vi.status_code, vi.headers["Location"]) == (307, f"https://che.vn/{lot.gtin}?x=1&a=b#p")
    en = await client.get(f"{base}?linkType=gs1:recipeInfo&a=b", headers={"Accept-Language": "en"})
    assert en.headers["Location"] == f"https://tea.vn/{lot.code}"
    hidden = await client.get(f"{base}?linkType=review")
    assert hidden.headers["Location"] == "https://che.vn/pha"
    assert (await client.get(f"{base}?linkType=gs1:faqs")).status_code == 404
    walked = await client.get(f"/01/{lot.gtin}/10/NOPE?linkType=gs1:recipeInfo")
    assert walked.headers["Location"].startswith(f"https://che.vn/{lot.gtin}")


async def test_equally_good_links_are_told(client: httpx.AsyncClient, db: Database) -> None:
    """300 with the list: a page that says whose site each is, or a linkset of just those for machines."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        await hung.make_link(session, shop, title="Pha ấm", href="https://che.vn/am", hreflang=["vi"])
        await hung.make_link(session, shop, title="Pha lạnh", href="https://che.vn/lanh", hreflang=["vi"])
        await hung.make_link(session, shop, title="Trang riêng", link_type="pip", hreflang=["vi", "en"])
    address = f"/01/{shop.variant.gtin}?linkType=gs1:recipeInfo"
    page = await client.get(address)
    assert page.status_code == 300
    for said in ("Pha ấm", "Pha lạnh", "https://che.vn/lanh", "ở che.vn"):
        assert said in page.text, said
    told = await client.get(address, headers=MACHINE)
    assert (told.status_code, told.headers["Content-Type"]) == (300, "application/linkset+json")
    context = told.json()["linkset"][0]
    assert [link["title"] for link in context[VOC + "recipeInfo"]] == ["Pha ấm", "Pha lạnh"]
    assert VOC + "defaultLink" not in context
    pip = f"/01/{shop.variant.gtin}?linkType=gs1:pip"
    both = (await client.get(pip, headers=MACHINE)).json()["linkset"][0]
    assert [link["title"] for link in both[VOC + "pip"]] == ["Trang sản phẩm", "Trang riêng"]
    ours = await client.get(pip, headers={"Accept": "text/html"})
    assert ours.headers["Location"] == f"{ROOT}/p/{shop.listing.slug}"


async def test_producers_never_replace_the_story(client: httpx.AsyncClient, db: Database) -> None:
    """Whatever stands in the table, the default link and the origin lead to the house's own page."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        await hung.make_link(session, shop, link_type="pip", href="https://che.vn/")
    base = f"/01/{shop.variant.gtin}"
    for query in ("", "?linkType=gs1:defaultLink", "?linkType=gs1:traceability"):
        answer = await client.get(base + query, headers=MACHINE)
        assert answer.headers["Location"] == f"{ROOT}/trace/{shop.variant.gtin}"
    assert (await client.get(base)).status_code == 200


async def test_story_names_what_the_producer_wrote(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """The story lists public links by type, led by the resolver; a changed link changes it."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        recipe = await hung.make_link(session, shop, title="Cách pha của bà Mận")
        for number in range(2):
            await hung.make_link(session, shop, link_type="relatedVideo", href=f"https://che.vn/{number}")
        await hung.make_link(session, shop, link_type="faqs", href="https://che.vn/{serial}")
        await hung.make_link(session, shop, link_type="review", is_public=False)
        await hung.make_link(
            session,
            shop,
            anchor=f"/01/{lot.gtin}/10/{lot.code}",
            title="Riêng lô này",
            link_type="recipeInfo",
        )
    page = (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    assert f'href="/01/{lot.gtin}/10/{lot.code}?linkType=gs1:recipeInfo"' in page
    assert "Riêng lô này" in page and "Cách pha của bà Mận" not in page
    assert ">Video</a>" in page
    assert "gs1:faqs" not in page and "gs1:review" not in page
    product = f"/01/{lot.gtin}"
    assert "Cách pha của bà Mận" in (await client.get(product)).text
    async with db.transaction() as session:
        await links.end_link(session, link_id=recipe.id, producer_id=shop.producer.id, now=made.NOW)
    async with asyncio.timeout(5):
        while "Cách pha của bà Mận" in (page := (await client.get(product)).text):
            await asyncio.sleep(0.01)
    assert ">Video</a>" in page


async def test_other_keys_answer_with_their_producers_links(client: httpx.AsyncClient, db: Database) -> None:
    """A place's code: people see whose it is and choose, machines go to the first link, longer forms walk up."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        body = shop.producer.gs1_prefix + "001"
        gln = f"{body}{check_digit(body)}"
        await hung.make_link(
            session, shop, anchor=f"/414/{gln}", link_type="locationInfo", href="https://che.vn/{key}"
        )
        await hung.make_link(
            session, shop, anchor=f"/414/{gln}", link_type="openingHoursInfo", href="https://che.vn/gio"
        )
        await hung.make_link(
            session,
            shop,
            anchor=f"/414/{gln}",
            link_type="masterData",
            href="https://che.vn/m",
            is_public=False,
        )
        await hung.make_link(session, shop, anchor="/8004/9521X", link_type="pip", is_public=False)
        await hung.make_link(session, shop, anchor="/8004/9521Y", href="https://che.vn/{lot}")
    page = await client.get(f"/414/{gln}/254/KHO")
    assert page.status_code == 200
    for said in ("GLN · HTX Chè Tân Cương", f"https://che.vn/{gln}", "https://che.vn/gio", "ở che.vn"):
        assert said in page.text, said
    assert "https://che.vn/m" not in page.text
    led = await client.get(f"/414/{gln}/254/KHO?a=b", headers=MACHINE)
    assert (led.status_code, led.headers["Location"]) == (307, f"https://che.vn/{gln}?a=b")
    typed = await client.get(f"/414/{gln}?linkType=gs1:openingHoursInfo")
    assert typed.headers["Location"] == "https://che.vn/gio"
    assert (await client.get(f"/414/{gln}?linkType=masterData")).headers["Location"] == "https://che.vn/m"
    assert (await client.get(f"/414/{gln}?linkType=gs1:pip")).status_code == 404
    document = (await client.get(f"/414/{gln}", headers={"Accept": "application/linkset+json"})).json()
    assert document["linkset"][0]["anchor"] == f"{ROOT}/414/{gln}"
    check_linkset(document)
    for code in (
        "/8004/9521X",
        "/8004/9521X?linkType=linkset",
        "/8004/9521Y",
        "/8004/9521Y?linkType=linkset",
    ):
        assert (await client.get(code)).status_code == 404, code


async def test_visits_and_checks_are_led_to(client: httpx.AsyncClient, db: Database) -> None:
    """`eventsInfo` leads to the producer's published tour, `verificationService` to the checking of labels."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        tour = await make_tour(session, producer_id=shop.producer.id)
        await make_tour(session, producer_id=shop.producer.id, is_published=False)
    base = f"/01/{shop.variant.gtin}"
    visits = await client.get(f"{base}?linkType=gs1:eventsInfo")
    assert visits.headers["Location"] == f"{ROOT}/tours/{tour.slug}"
    checks = await client.get(f"{base}?linkType=gs1:verificationService")
    assert checks.headers["Location"] == f"{ROOT}/verify"
