"""The shop window over HTTP: public pages, cached until what they show changes."""

from __future__ import annotations
