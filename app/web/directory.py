"""Which rooms an address may lead to, by its first two words.

The framework asks one room after the other, and each asks all of its routes: for an address of the last room that is
half a thousand patterns. A room says beforehand with which words its addresses begin, and is not asked for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from starlette.routing import BaseRoute, Match
from starlette.types import Scope


@lru_cache(maxsize=4096)
def words_of(path: str) -> tuple[str, str]:
    """The first word of a path, and the first two with the stroke between them: `orders`, `orders/new`."""
    first, _stroke, rest = path.removeprefix("/").partition("/")
    return first, f"{first}/{rest.partition('/')[0]}"


def heads_of(routes: Iterable[BaseRoute]) -> frozenset[str] | None:
    """How the addresses of some routes begin: by a word, or by two where the second is fixed; None when by anything."""
    heads = set()
    for route in routes:
        path = getattr(route, "path", "{")
        first, both = words_of(path)
        if "{" in first:
            return None
        heads.add(first if "{" in both or path.count("/") == 1 else both)
    return frozenset(heads)


def ask_for_own(room: BaseRoute, heads: frozenset[str]) -> None:
    """Ask a room for no address that begins otherwise than its own do."""
    ask = room.matches

    def matches(scope: Scope) -> tuple[Match, Scope]:
        first, both = words_of(scope["path"])
        if first in heads or both in heads or scope.get("root_path"):
            return ask(scope)
        return Match.NONE, {}

    room.matches = matches  # type: ignore[method-assign]  # the framework has no other place to stand at
