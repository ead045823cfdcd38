"""The page that checks without signal: what it and its worker are made of."""

from __future__ import annotations

import json
import re

import httpx


async def test_the_worker_keeps_all_that_the_page_names(client: httpx.AsyncClient) -> None:
    """Each file that the page names is on the worker's list, and each on the list is there; the keys are current."""
    worker = await client.get("/verify/sw.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")
    assets = json.loads(re.search(r"const ASSETS = (\[.*?\]);", worker.text)[1])
    for address in assets:
        assert (await client.get(address)).status_code == 200, address
    page = (await client.get("/verify/offline")).text
    named = re.findall(r'(?:<script[^>]* src|<link[^>]* href|<use href|<img[^>]* src)="(/static[^"#]+)', page)
    assert named and set(named) <= set(assets)
    check_js = next(address for address in assets if address.endswith("check.js"))
    imported = re.findall(r'from\s*"\./([^"]+)"', (await client.get(check_js.replace("check", "page"))).text)
    assert imported == ["check.js"]
    assert (await client.get("/.well-known/jwks.json")).json()["keys"]


async def test_the_page_has_an_answer_for_every_outcome(client: httpx.AsyncClient) -> None:
    """Every word that the phone may find has its sentence, in both languages; the way there is on the page of all labels."""
    outcomes = {"right", "wrong", "elsewhere", "unsigned", "unreadable", "unknown", "nokeys", "unable"}
    for query in ("", "?lang=en"):
        page = (await client.get(f"/verify/offline{query}")).text
        assert set(re.findall(r'<template data-answer="([a-z]+)"', page)) == outcomes
        assert 'data-host="127.0.0.1:8000"' in page
    assert "/verify/offline" in (await client.get("/verify")).text
