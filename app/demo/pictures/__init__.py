"""The demo's pictures, drawn by ourselves (see `source/`)."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def read_picture(name: str) -> bytes:
    """The WebP bytes of a picture by its name, like `tea-hills`."""
    return (FOLDER / f"{name}.webp").read_bytes()
