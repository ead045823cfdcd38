"""The linkset: every link behind a code, as machines read it (RFC 9264; GS1-Conformant Resolver Standard 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.i18n import Text
from traceability.resolver.digital_link import Link
from traceability.resolver.service import Target

VOCABULARY = "https://ref.gs1.org/voc/"
CONTEXT_LINK = (
    '<https://ref.gs1.org/standards/resolver/linkset-context>; rel="http://www.w3.org/ns/json-ld#context"; '
    'type="application/ld+json"'
)
ALL_TYPES = frozenset({"linkset", "all"})


def read_link_type(value: str) -> str:
    """Read `gs1:pip`, a whole vocabulary address, or the bare word into the bare word."""
    return value.removeprefix(VOCABULARY).removeprefix("gs1:")


def find_target(targets: Mapping[Link, Sequence[Target]], link_type: str) -> Target | None:
    """Find the link of this type that is closest to what was scanned; None when there is none."""
    for found in reversed(list(targets.values())):
        for target in found:
            if target.link_type == link_type:
                return target
    return None


def make_linkset(
    targets: Mapping[Link, Sequence[Target]],
    *,
    public_url: str,
    title: str,
    default: Link,
    say: Callable[[Text], str],
) -> dict[str, Any]:
    """Build the document: one context per level, each link with address and title, the default link without more.

    The default link is the story: it stands once more under `traceability`.
    """
    contexts = []
    for level, found in targets.items():
        context: dict[str, Any] = {"anchor": public_url + level.path, "itemDescription": title}
        if level == default:
            story = next(target for target in found if target.link_type == "traceability")
            context[VOCABULARY + "defaultLink"] = [
                {"href": public_url + story.path, "title": say(story.title)}
            ]
        for target in found:
            context.setdefault(VOCABULARY + target.link_type, []).append(
                {
                    "href": public_url + target.path,
                    "title": say(target.title),
                    "type": "text/html",
                    "hreflang": ["vi", "en"],
                }
            )
        contexts.append(context)
    return {"linkset": contexts}
