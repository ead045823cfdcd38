"""Scenes."""
from collections.abc import Callable
from app.demo.pictures.source.sheet import Sheet
SCENES: dict[str, Callable[[Sheet], None]] = {}
