"""The one history of the database: up, down, and no drift from the tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, text

from app.core import migrations
from app.core.db import async_url
from app.core.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_go_up_down_and_up_again(server: EmbeddedPostgres) -> None:
    """Every migration can be taken back to nothing and made again, and leaves nothing behind."""
    server.create_database("updown")
    try:
        url = server.url("updown")
        migrations.upgrade(url)
        assert migrations.is_current(url)
        migrations.downgrade(url, "base")
        engine = create_engine(async_url(url))
        with engine.connect() as connection:
            left = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs')")
            ).scalars()
            assert set(left) <= {"alembic_version"}
            functions = connection.execute(
                text(
                    "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"
                )
            ).scalars()
            assert list(functions) == []
        engine.dispose()
        migrations.upgrade(url)
        assert migrations.is_current(url)
    finally:
        server.drop_database("updown")


def test_tables_do_not_drift_from_migrations(server: EmbeddedPostgres, template: str) -> None:
    """What the models say and what the migrations build is the same schema."""
    server.create_database("drift", template=template)
    try:
        command.check(migrations.make_config(server.url("drift")))
    finally:
        server.drop_database("drift")


def test_frozen_queue_schema_equals_the_librarys() -> None:
    """The job queue's SQL in the migration is that of the installed library."""
    frozen = (ROOT / "migrations/sql/procrastinate_3_10_0.sql").read_text(encoding="utf-8")
    assert frozen == SchemaManager.get_schema()
