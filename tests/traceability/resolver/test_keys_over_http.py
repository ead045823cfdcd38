"""Keys that are no product's, over HTTP."""

from __future__ import annotations

import httpx

from app.core.db import Database
from traceability.links.keys import KEYS, check_digit

GLN = "952123400001" + str(check_digit("952123400001"))


async def test_unknown_keys_are_told_in_words(client: httpx.AsyncClient, db: Database) -> None:
    """A well-made key that nobody uses here is 404, a badly made one 400; a page for people, a problem for machines."""
    del db
    page = await client.get(f"/414/{GLN}")
    assert (page.status_code, page.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert "chưa có gì đứng sau" in page.text
    assert f'/414/{GLN}?linkType=linkset>; rel="linkset"' in page.headers["Link"]
    problem = await client.get(f"/414/{GLN}/254/X", headers={"Accept": "*/*"})
    assert (problem.status_code, problem.headers["Content-Type"]) == (404, "application/problem+json")
    wrong = await client.get(f"/414/{GLN[:-1]}x", headers={"Accept": "*/*"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_digital_link")


async def test_every_key_has_a_door(client: httpx.AsyncClient, db: Database) -> None:
    """Each of the standard's keys is answered at the root, with its options; other addresses are not swallowed."""
    del db
    for ai in KEYS:
        assert (await client.get(f"/{ai}/1/2/3")).status_code == 400
        assert (await client.options(f"/{ai}/1")).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert (await client.get("/415/9521234000013")).status_code == 404
    assert (await client.get("/")).status_code == 200


async def test_resolver_names_its_keys(client: httpx.AsyncClient) -> None:
    """The description file lists every key, the vocabulary and whom to ask."""
    told = (await client.get("/.well-known/gs1resolver")).json()
    assert set(told["supportedPrimaryKeys"]) == set(KEYS)
    assert told["supportedLinkType"] == [{"namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:"}]
    assert told["contact"]["fn"] == "Chợ Phiên"
