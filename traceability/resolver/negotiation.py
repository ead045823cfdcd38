"""Negotiation: which answer an `Accept` header asks of the resolver (RFC 9110, 12.5.1)."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

LINKSET_TYPE = "application/linkset+json"
PASSPORT_TYPE = "application/ld+json"


class Answer(StrEnum):
    """What a caller gets: a page for people, the list of links, the passport, or the way to the default link."""

    PAGE = "page"
    LINKSET = "linkset"
    PASSPORT = "passport"
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


@lru_cache(maxsize=256)
def choose_answer(accept: str) -> Answer:
    """Choose the answer by weight: only who names HTML gets the page, and `*/*` alone is a machine's.

    Of two that weigh the same the page comes first, then the linkset.
    """
    weights = read_accept(accept)
    asked = {
        Answer.PAGE: max(
            weights.get(media, 0.0) for media in ("text/html", "application/xhtml+xml", "text/*")
        ),
        Answer.LINKSET: weights.get(LINKSET_TYPE, 0.0),
        Answer.PASSPORT: weights.get(PASSPORT_TYPE, 0.0),
    }
    answer = max(asked, key=lambda one: asked[one])
    return answer if asked[answer] > 0 else Answer.REDIRECT
