"""Migrations: bring a database to the newest shape, or say how far it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.core.db import async_url

ROOT = Path(__file__).resolve().parents[2]


def make_config(url: str) -> Config:
    """Alembic's settings for the database at `url` (they live in pyproject.toml; the address never does)."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def is_current(url: str) -> bool:
    """Whether the database at `url` already has the newest shape."""
    engine = create_engine(async_url(url))
    try:
        with engine.connect() as connection:
            heads = set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()
    return heads == set(ScriptDirectory.from_config(make_config(url)).get_heads())


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`; processes that start together wait for each other."""
    command.upgrade(make_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate down to `revision`."""
    command.downgrade(make_config(url), revision)
