"""The test house: a real PostgreSQL, a database per worker built by the migrations, a client, a clock."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import hypothesis
import pytest
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logging
from app.core.db import Database
from app.core.jobs import Jobs
from app.core.postgres import EmbeddedPostgres
from app.core.settings import Settings
from app.main import create_app
from app.setup import prepare
from app.web.house import House
from app.wiring import make_house, wire_jobs
from tests.fakes.clock import FrozenClock
from tests.fakes.sms import FakeSms

logging.configure(level=50)  # tests read answers, not logs
hypothesis.settings.register_profile(
    "house", deadline=None, print_blob=True
)  # the machine is shared and noisy
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)  # Thursday, 09:00 in Viet Nam
KEPT = (
    "alembic_version", "admin_units", "admin_unit_aliases", "yield_bands", "tax_rates", "tax_thresholds",
)  # fmt: skip
EMPTY_ALL = """
DO $make$
DECLARE every text;
BEGIN
    SELECT string_agg(format('IF EXISTS (SELECT FROM %1$I.%2$I) THEN DELETE FROM %1$I.%2$I; END IF;', schemaname, tablename), ' ')
        INTO every FROM pg_tables WHERE schemaname IN ('public', 'jobs') AND tablename <> ALL(ARRAY{kept});
    EXECUTE format('CREATE OR REPLACE FUNCTION empty_all() RETURNS void LANGUAGE plpgsql AS %L',
        'BEGIN IF current_setting(''session_replication_role'') <> ''replica'' THEN '
        'SET LOCAL session_replication_role = replica; END IF; ' || every || ' END');
END $make$
"""
"""Makes a function that names each table: whoever calls it again has its plans, if that setting never changes, for a
change forgets them all (see `sweeper`). Plans for two hundred tables cost more than what they do."""


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """One server for all workers; the last one out stops it."""
    embedded = EmbeddedPostgres(
        Path(os.environ.get("CHOPHIEN_TEST_POSTGRES") or ROOT / "var" / "test-postgres"),
        fsync=False,
        settings={"max_connections": "300", "synchronous_commit": "off"},
    )
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> str:
    """A database that the migrations built, once for each content of the files that shape it."""
    digest = hashlib.sha256()
    shaping = [*ROOT.glob("migrations/**/*.*"), ROOT / "app/setup.py", *ROOT.glob("app/places/**/*.*")]
    for path in sorted(path for path in shaping if "__pycache__" not in path.parts):
        digest.update(path.read_bytes())
    name = f"template_{digest.hexdigest()[:12]}"
    with (ROOT / "var" / "test-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not server.has_database(name):
            draft = f"{name}_draft"
            server.drop_database(draft)
            server.create_database(draft)
            prepare(server.url(draft))
            server.create_database(name, template=draft)
            server.drop_database(draft)
    return name


@pytest.fixture(scope="session")
def database_url(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """This worker's own database."""
    name = f"test_{os.getpid()}"
    server.create_database(name, template=template)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as in development, with every provider's secret set, and patience for races on a busy machine."""
    return Settings(
        lock_seconds=8,
        data_dir=tmp_path_factory.mktemp("data"),
        public_url="http://127.0.0.1:8000",
        bank_bin="970436",
        bank_account="0123456789",
        bank_account_name="HTX CHE TAN CUONG",
        sepay_secret="sepay-test-secret",
        casso_secret="casso-test-secret",
        payos_checksum_key="payos-test-key",
        stripe_secret_key="sk_test_fake",
        stripe_webhook_secret="whsec_test",
    )


@pytest.fixture(scope="session")
async def the_house(settings: Settings, database_url: str) -> House:
    """The house, put together once; clock and messages are fresh for each test (see `house`)."""
    return make_house(settings, database_url, clock=FrozenClock(NOW), sms=FakeSms(), pool_size=60)


@pytest.fixture(scope="session")
async def app(the_house: House) -> AsyncIterator[object]:
    """The running application."""
    application = create_app(the_house)
    async with the_house.database.engine.begin() as connection:
        await connection.execute(text(EMPTY_ALL.replace("{kept}", repr(list(KEPT)))))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture(scope="session")
async def sweeper(app: object, database_url: str) -> AsyncIterator[AsyncConnection]:
    """The connection that empties all tables: no key and no trigger of theirs is asked."""
    address = database_url.replace("postgresql+psycopg://", "postgresql://")
    options = "-c session_replication_role=replica"
    async with await AsyncConnection.connect(address, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def house(the_house: House, sweeper: AsyncConnection) -> AsyncIterator[House]:
    """The house with a fresh clock and no messages; whatever the test wrote is gone afterwards."""
    the_house.clock = FrozenClock(NOW)
    the_house.sms = FakeSms()
    the_house.cache.drop("*")
    yield the_house
    await sweeper.execute("SELECT empty_all()")


@pytest.fixture
def db(house: House) -> Database:
    """The database: `async with db.transaction() as session` commits."""
    return house.database


@pytest.fixture
async def session(house: House) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that is rolled back at the end."""
    async with house.database.sessions(info={"handlers": house.database.handlers}) as opened:
        yield opened
        await opened.rollback()


@pytest.fixture
def new_client(app: object, house: House) -> Callable[[], httpx.AsyncClient]:
    """Makes visitors: each with a cookie jar of its own, sending what a browser sends."""

    def make() -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),  # type: ignore[arg-type]
            base_url="http://127.0.0.1:8000",
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "vi"},
        )

    return make


@pytest.fixture
async def client(new_client: Callable[[], httpx.AsyncClient]) -> AsyncIterator[httpx.AsyncClient]:
    """One visitor."""
    async with new_client() as visitor:
        yield visitor


@pytest.fixture
def run_jobs(house: House) -> Callable[[], Awaitable[None]]:
    """Runs the queue until it is empty."""

    async def run() -> None:
        jobs = Jobs(house.database, house.clock)
        wire_jobs(jobs, house)
        await jobs.work(forever=False)

    return run
