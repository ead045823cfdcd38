"""Negotiation: which answer an `Accept` header asks of the resolver (RFC 9110, 12.5.1)."""

from __future__ import annotations

from enum import StrEnum

LINKSET_TYPE = "application/linkset+json"


class Answer(StrEnum):
    """What a caller gets: a page for people, the list of links, or the way to the default link."""

    PAGE = "page"
    LINKSET = "linkset"
    REDIRECT = "redirect"


def read_accept(header: str) -> dict[str, float]:
    """Read an `Accept` header into {media type: weight 0..1}; a weight that cannot be read counts as nothing."""
    weights: dict[str, float] = {}
    for item in header.split(","):
        media, *params = (part.strip().lower() for part in item.split(";"))
        if not media:
            continue
        weight = 1.0
        for param in params:
            name, _sep, value = param.partition("=")
            if name.strip() == "q":
                try:
                    weight = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        weights[media] = max(weight, weights.get(media, 0.0))
    return weights


def choose_answer(accept: str) -> Answer:
    """Choose the answer: only who names HTML gets the page, and `*/*` alone is a machine's."""
    weights = read_accept(accept)
    page = max(
        weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0), weights.get("text/*", 0.0)
    )
    linkset = weights.get(LINKSET_TYPE, 0.0)
    if page > 0 and page >= linkset:
        return Answer.PAGE
    return Answer.LINKSET if linkset > 0 else Answer.REDIRECT
