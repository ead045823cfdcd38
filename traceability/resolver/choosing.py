"""Choosing: which of several links of one type answers a caller (GS1-Conformant Resolver Standard 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from traceability.resolver.negotiation import read_accept
from traceability.resolver.targets import Levels, Target

UNSAID = 0.0005
"""What a link weighs that names no language or media type, where the caller asks for some: less than any that fits."""


@dataclass(frozen=True)
class Wishes:
    """What a caller would like: languages and media types by weight (RFC 9110, 12.5), and a context."""

    languages: Mapping[str, float]
    media_types: Mapping[str, float]
    context: str | None = None


def read_wishes(*, accept_language: str, accept: str, context: str | None) -> Wishes:
    """Read the request's headers and its `context` into wishes."""
    return Wishes(read_accept(accept_language), read_accept(accept), context)


def choose(levels: Levels, link_type: str, wishes: Wishes) -> list[Target]:
    """Choose the links of a type that fit best: the closest level that has any, then language, media type, context.

    Several come back when they are equally good, none when no level has the type.
    """
    for targets in reversed(levels.values()):
        found = [target for target in targets if target.link_type == link_type]
        if found:
            marks = [_mark(target, wishes) for target in found]
            best = max(marks)
            return [target for target, mark in zip(found, marks, strict=True) if mark == best]
    return []


def _mark(target: Target, wishes: Wishes) -> tuple[float, float, float]:
    return (
        _fit_language(target, wishes.languages),
        _fit_media(target, wishes.media_types),
        _fit_context(target, wishes.context),
    )


def _fit_language(target: Target, languages: Mapping[str, float]) -> float:
    """The weight of the best of the link's languages; basic filtering in both directions (RFC 4647, 3.3.1)."""
    if not languages:
        return 1.0
    if not target.hreflang:
        return UNSAID
    return max(_weigh(languages, tag.lower(), tag.lower().partition("-")[0]) for tag in target.hreflang)


def _weigh(languages: Mapping[str, float], tag: str, primary: str) -> float:
    for range_ in (tag, primary):
        if range_ in languages:
            return languages[range_]
    narrower = [weight for range_, weight in languages.items() if range_.startswith(f"{tag}-")]
    return max(narrower, default=languages.get("*", 0.0))


def _fit_media(target: Target, media_types: Mapping[str, float]) -> float:
    if not media_types:
        return 1.0
    if target.media_type is None:
        return media_types.get("*/*", UNSAID)
    for range_ in (target.media_type, target.media_type.partition("/")[0] + "/*", "*/*"):
        if range_ in media_types:
            return media_types[range_]
    return 0.0


def _fit_context(target: Target, context: str | None) -> float:
    """A link for the caller's context, then one for everybody, then one for others."""
    if context is not None and context in target.context:
        return 2.0
    return 0.0 if target.context else 1.0
