"""A shop of a thousand products with two web processes: orders, lists and the memory; then a search among fifty thousand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from tests.benchmarks import buying, load
from tests.benchmarks.load import Figures, UnexpectedAnswerError, Visitor, expect
from tests.serving import Instance, named, own_mb

PRODUCTS, MANY = 1_000, 50_000
WEB_PROCESSES, CLIENTS = 2, 16
ENOUGH = 1_000_000
LIST = "/search?kind=listing"
_WORDS = [
    first + last for first in "bcdghklmnpqstvx" for last in ("ang", "inh", "oan", "uong", "ien", "ay", "eo")
]
_SEED = 2026
# Copies of one product, each with a name, a pack, a shelf and a place in the window of its own.
_FILL = (
    """
    CREATE TEMP TABLE made AS
    SELECT n, uuidv7() AS listing_id, uuidv7() AS variant_id, 'do-hang-' || n AS slug,
           'Chè ' || (%(words)s::text[])[1 + n %% %(count)s::int] || ' ' || (%(words)s::text[])[1 + n / %(count)s::int %% %(count)s::int]
           || ' ' || n AS title
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
    """,
    """
    INSERT INTO listings (id, producer_id, slug, title, description, crop, state, storage, shelf_life_days, updated_at, created_at)
    SELECT m.listing_id, l.producer_id, m.slug, m.title, l.description, l.crop, l.state, l.storage, l.shelf_life_days, now(), now()
    FROM made m, listings l JOIN variants v ON v.listing_id = l.id WHERE v.id = %(variant)s
    """,
    """
    INSERT INTO variants (id, listing_id, name, gtin, sold_by, step, net_weight_g, price_minor, priced_by, position, created_at)
    SELECT m.variant_id, m.listing_id, v.name, '9' || lpad(m.n::text, 13, '0'), v.sold_by, v.step, v.net_weight_g, v.price_minor,
           v.priced_by, v.position, now()
    FROM made m, variants v WHERE v.id = %(variant)s
    """,
    """
    INSERT INTO stock_items (id, lot_id, variant_id, expires_on, on_hand, created_at)
    SELECT uuidv7(), s.lot_id, m.variant_id, s.expires_on, %(enough)s::bigint, now()
    FROM made m, (SELECT * FROM stock_items WHERE variant_id = %(variant)s ORDER BY expires_on DESC LIMIT 1) AS s
    """,
    """
    INSERT INTO catalog_entries (ref_id, kind, slug, producer_id, title, subtitle, price_minor, price_unit, photo_id, is_visible,
                                 ranked_at, exact_text, folded_text)
    SELECT m.listing_id, c.kind, m.slug, c.producer_id, m.title, c.subtitle, c.price_minor, c.price_unit, c.photo_id, true,
           now() - m.n * interval '1 second', lower(m.title), replace(lower(m.title), 'è', 'e') || ' tra'
    FROM made m, catalog_entries c JOIN variants v ON v.listing_id = c.ref_id WHERE v.id = %(variant)s
    """,
    "DROP TABLE made",
    "ANALYZE listings, variants, stock_items, catalog_entries",
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shop:
    """A served instance, its database, and one of its packs."""

    instance: Instance
    conninfo: str
    variant_id: str

    def fill(self, first: int, last: int) -> list[str]:
        """Put products into the shop; answers their packs."""
        values = {
            "words": _WORDS, "count": len(_WORDS), "first": first, "last": last, "variant": self.variant_id,
            "enough": ENOUGH,
        }  # fmt: skip
        with psycopg.connect(self.conninfo) as connection:
            for statement in _FILL:
                connection.execute(statement, values)
            connection.execute("SELECT pg_notify('pages', '*')")
            rows = connection.execute(
                "SELECT id FROM variants WHERE gtin LIKE '9%%' AND step > 0 ORDER BY id"
            )
            return [str(row[0]) for row in rows.fetchall()]


def web_memory_mb(instance: Instance) -> float:
    """The web processes' own share of the memory (PSS), in MB."""
    assert instance.process is not None
    return own_mb(named(instance.process.pid, "chophien-web"))


def questions() -> Iterator[str]:
    """What people look for, hardly ever the same: a word, and how a number begins."""
    chance = random.Random(_SEED)
    while True:
        yield f"/search?q=che+{chance.choice(_WORDS)}+{chance.randrange(100)}"


async def look_at_list(visitor: Visitor) -> None:
    """The same list as everybody."""
    expect(await visitor.get(LIST), 200, "list")


async def hello(visitor: Visitor) -> None:
    """The bare server's one page."""
    expect(await visitor.get("/"), 200, "hello-world")


async def _measure(shop: Shop, bare_port: int, say: Say, *, seconds: float) -> None:
    port = shop.instance.port
    bare = await load.measure(bare_port, hello, clients=CLIENTS, seconds=seconds)
    say(row("hello-world, one process of the same server", bare, bare))
    say(
        row(
            "list of 20, from the cache",
            await load.measure(port, look_at_list, clients=CLIENTS, seconds=seconds),
            bare,
        )
    )


async def _measure_uncached(shop: Shop, bare_port: int, say: Say, *, seconds: float) -> None:
    bare = await load.measure(bare_port, hello, clients=CLIENTS, seconds=seconds)
    built = await load.measure(shop.instance.port, look_at_list, clients=CLIENTS, seconds=seconds)
    say(row("list of 20, built each time", built, bare))


async def _measure_orders(
    shop: Shop, variants: list[str], bare_port: int, say: Say, *, seconds: float
) -> int:
    bare = await load.measure(bare_port, hello, clients=CLIENTS, seconds=seconds)
    buyers = buying.Buying(variants, first_report=1_000_000)
    orders = await load.measure(
        shop.instance.port, buyers.order, clients=CLIENTS, seconds=seconds, warm_up=load.UNTIL_WARM_S
    )
    say(row("whole order, paid by webhook", orders, bare))
    return buyers.paid


async def _measure_search(shop: Shop, bare_port: int, say: Say, *, seconds: float) -> None:
    bare = await load.measure(bare_port, hello, clients=CLIENTS, seconds=seconds)
    asked = questions()

    async def search(visitor: Visitor) -> None:
        expect(await visitor.get(next(asked)), 200, "search")

    found = await load.measure(shop.instance.port, search, clients=CLIENTS, seconds=seconds)
    say(row(f"search among {MANY:,} products, never the same", found, bare))


def row(name: str, figures: Figures, bare: Figures) -> str:
    """One line of the table."""
    ratio = figures.per_second / bare.per_second
    return (
        f"| {name} | {figures.per_second:,.1f} | {figures.p50_ms:.1f} | {figures.p99_ms:.1f} | {ratio:.3f} |"
    )


def _restart(instance: Instance, **environment: str) -> None:
    instance.stop()
    instance.environment |= environment
    instance.start()


def report(
    instance: Instance,
    conninfo: str,
    bare_port: int,
    count_paid: Callable[[str], int],
    say: Say,
    *,
    seconds: float,
) -> None:
    """Measure the shop; UnexpectedAnswerError when it took another number of payments than were sent."""

    async def find() -> str:
        async with Visitor(instance.port) as visitor:
            return buying.find_variant(
                expect(await visitor.get(instance.links()["product"]), 200, "product").text
            )

    _restart(instance, CHOPHIEN_WORKERS=str(WEB_PROCESSES))
    shop = Shop(instance, conninfo, asyncio.run(find()))
    variants = shop.fill(1, PRODUCTS)
    say(f"\n{CLIENTS} clients, {WEB_PROCESSES} web processes and one worker, {PRODUCTS:,} products.\n")
    say(
        "| of the shop | per second | p50 ms | p99 ms | to hello-world |\n| --- | ---: | ---: | ---: | ---: |"
    )
    asyncio.run(_measure(shop, bare_port, say, seconds=seconds))
    _restart(instance, CHOPHIEN_CACHED_PAGES="0")
    asyncio.run(_measure_uncached(shop, bare_port, say, seconds=seconds))
    _restart(instance, CHOPHIEN_CACHED_PAGES="2000")
    before = count_paid(conninfo)
    sent = asyncio.run(_measure_orders(shop, variants, bare_port, say, seconds=seconds))
    if (booked := count_paid(conninfo) - before) != sent:
        raise UnexpectedAnswerError(f"{sent} orders were paid, {booked} are in the books")
    shop.fill(PRODUCTS + 1, MANY)
    asyncio.run(_measure_search(shop, bare_port, say, seconds=seconds))
    say(f"| memory of the {WEB_PROCESSES} web processes (PSS) | {web_memory_mb(instance):,.0f} MB | | | |")
