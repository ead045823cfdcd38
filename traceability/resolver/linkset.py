"""The linkset: every link behind a code, as machines read it (RFC 9264; GS1-Conformant Resolver Standard 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.i18n import Text
from traceability.links.keys import Anchor
from traceability.resolver.targets import Target

VOCABULARY = "https://ref.gs1.org/voc/"
CONTEXT_LINK = (
    '<https://ref.gs1.org/standards/resolver/linkset-context>; rel="http://www.w3.org/ns/json-ld#context"; '
    'type="application/ld+json"'
)
ALL_TYPES = frozenset({"linkset", "all"})
DEFAULT_LINK = "defaultLink"


def read_link_type(value: str) -> str:
    """Read `gs1:pip`, a whole vocabulary address, or the bare word into the bare word."""
    return value.removeprefix(VOCABULARY).removeprefix("gs1:")


def make_linkset(
    levels: Mapping[Anchor, Sequence[Target]],
    *,
    public_url: str,
    title: str,
    default: tuple[Anchor, Target] | None,
    say: Callable[[Text], str],
) -> dict[str, Any]:
    """Build the document: one context per level, each public link with address and title.

    The default link has nothing more than these two, and stands once more under its descriptive type.
    """
    contexts = []
    for level, targets in levels.items():
        context: dict[str, Any] = {"anchor": public_url + level.path, "itemDescription": title}
        if default is not None and default[0] == level:
            plain = _link(default[1], public_url, say)
            context[VOCABULARY + DEFAULT_LINK] = [{"href": plain["href"], "title": plain["title"]}]
        for target in targets:
            if target.is_public:
                found = context.setdefault(VOCABULARY + target.link_type, [])
                found.append(_link(target, public_url, say))
        contexts.append(context)
    return {"linkset": contexts}


def href_of(target: Target, public_url: str) -> str:
    """The whole address of a target."""
    return public_url + target.href if target.href.startswith("/") else target.href


def say_title(target: Target, say: Callable[[Text], str]) -> str:
    """The title in the caller's language; what a producer wrote stays as it was written."""
    return target.title if isinstance(target.title, str) else say(target.title)


def _link(target: Target, public_url: str, say: Callable[[Text], str]) -> dict[str, Any]:
    link: dict[str, Any] = {"href": href_of(target, public_url), "title": say_title(target, say)}
    if target.media_type is not None:
        link["type"] = target.media_type
    if target.hreflang:
        link["hreflang"] = list(target.hreflang)
    if target.context:
        link["context"] = list(target.context)
    if not target.fwqs:
        link["fwqs"] = False
    return link
