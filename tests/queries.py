"""The statements that a test's own acts run: list pages assert their number."""

from __future__ import annotations

from contextvars import ContextVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)


def count_queries(engine: AsyncEngine) -> list[str]:
    """Record the statements that the caller runs on `engine` from now on.

    What the house does beside it (looks that are written, messages that leave) runs in a context of its own, and does
    not count.
    """
    statements: list[str] = []
    _counted.set(statements)

    def remember(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if _counted.get() is statements:
            statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", remember)
    return statements
