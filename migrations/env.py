"""Runs the migrations: one at a time across processes, never waiting long for a lock."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, text

from app.core.db import async_url
from app.tables import metadata

ADVISORY_LOCK = 0x43480001


def include_object(_object: Any, name: str | None, type_: str, _reflected: Any, _compare_to: Any) -> bool:
    """Leave what is not ours out of the drift check (procrastinate lives in its own schema)."""
    return not (type_ == "table" and name is not None and name.startswith("procrastinate_"))


def run(connection: Connection) -> None:
    """Migrate on `connection` under the house's advisory lock."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=include_object,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


shared: Connection | None = context.config.attributes.get("connection")
if shared is not None:
    run(shared)
else:
    engine = create_engine(async_url(context.config.attributes["url"]))
    try:
        with engine.connect() as fresh:
            run(fresh)
    finally:
        engine.dispose()
