"""Facts that a room announces, and how they reach the rooms above that `app.wiring` names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense; subclasses carry ids and plain values, never rows."""


E = TypeVar("E", bound=Event)
Handler = Callable[["AsyncSession", E], Awaitable[None]]


class Handlers:
    """Who reacts to what. Handlers run in the announcer's transaction, in the order in which they were named."""

    def __init__(self) -> None:
        self._by_type: dict[type[Event], list[Handler[Event]]] = defaultdict(list)

    def on(self, event_type: type[E], handler: Handler[E]) -> None:
        """Name `handler` for facts of exactly `event_type`; ValueError when it is named already."""
        if handler in self._by_type[event_type]:
            raise ValueError(f"{handler} is named twice for {event_type}")
        self._by_type[event_type].append(handler)  # type: ignore[arg-type]  # the key guarantees the event's type

    async def run(self, session: AsyncSession, event: Event) -> None:
        """Let every handler of this fact act."""
        for handler in self._by_type.get(type(event), ()):
            await handler(session, event)


async def emit(session: AsyncSession, event: Event) -> None:
    """Announce `event` inside the running transaction; if a handler fails, the fact fails with it."""
    handlers: Handlers | None = session.info.get("handlers")
    if handlers is not None:
        await session.flush()
        await handlers.run(session, event)
