"""What search engines read in a page: a JSON-LD document inside a script element."""

from __future__ import annotations

import json
from collections.abc import Mapping

from markupsafe import Markup

SCHEMA = "https://schema.org"


def embed(document: Mapping[str, object]) -> Markup:
    """Write a schema.org document, escaped for a script element."""
    text = json.dumps({"@context": SCHEMA, **document}, ensure_ascii=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - no < > & is left in it
