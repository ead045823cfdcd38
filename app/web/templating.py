"""Templates: one Jinja2 environment for the whole house, strict, with the filters of the trade."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import jinja2
import rjsmin
from jinja2.bccache import Bucket
from jinja2.runtime import Macro

from app.core import clock, i18n, ids, lunar, money, phone, quantity
from app.core.i18n import Text

PACKAGES = ("app", "producers", "traceability", "storefront")
STATIC = Path(__file__).parent.parent / "static"
KEPT = Path(__file__).parent.parent / "__pycache__" / "templates"


def template_folders() -> list[Path]:
    """Where templates live: `<package>/templates`."""
    return [
        folder
        for package in PACKAGES
        if (folder := Path(str(importlib.import_module(package).__file__)).parent / "templates").is_dir()
    ]


@lru_cache(maxsize=1)
def modules_version() -> str:
    """One hash of all scripts, styles and icons: what a phone keeps belongs together."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in {".js", ".css", ".svg"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=64)
def light_script(name: str) -> str:
    """A script of ours without its comments and blanks: on a poor line each kilobyte is half a second."""
    lighter: str = rjsmin.jsmin((STATIC / name).read_text(encoding="utf-8"))
    return lighter


@lru_cache(maxsize=256)
def static_url(name: str) -> str:
    """The address of a static file with its content's hash, so that phones may keep it for ever.

    Modules that import each other carry the hash of them all in their folder's name: what they import carries it too.
    """
    if name.endswith(".js"):
        return f"/static/v/{modules_version()}/{name}"
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=16)
def static_text(name: str) -> str:
    """The text of a static file (the scan page's inlined sheet)."""
    return (STATIC / name).read_text(encoding="utf-8").strip()


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """What all templates of one page ask for: its language, its words, addresses, and which day it is.

    Parts that pages import find it here and not in the page's own names, so that each is read once and not for every page.
    """

    lang: str
    translate: Callable[[Text, str], str]
    url: Callable[..., str]
    now: datetime
    near_days: bool = True
    """Whether "today" and "yesterday" may be said: not on a page that is read on another day."""
    voice: str = ""
    """In which language prompts are read aloud (a code of ISO 639), or nothing."""


_speaker: ContextVar[Speaker] = ContextVar("speaker")


@contextlib.contextmanager
def speaking(speaker: Speaker) -> Iterator[None]:
    """Let templates speak so."""
    token = _speaker.set(speaker)
    try:
        yield
    finally:
        _speaker.reset(token)


def _say(words: Text | str, **params: object) -> str:
    speaker = _speaker.get()
    return speaker.translate(words if isinstance(words, Text) else Text(words, params), speaker.lang)


def _url(name: str, **params: Any) -> str:
    return _speaker.get().url(name, **params)


def _voice() -> str:
    return _speaker.get().voice


def _once(macro: Macro, *values: object) -> str:
    """What a macro makes of values, kept: it must ask for nothing but them, the language and addresses."""
    return _made(macro, _speaker.get().lang, *values)


@lru_cache(maxsize=2048)
def _made(macro: Macro, _lang: str, *values: object) -> str:
    made: str = macro(*values)
    return made


def _date(value: date | datetime) -> str:
    speaker = _speaker.get()
    day = clock.today(value) if isinstance(value, datetime) else value
    return i18n.date_said(day, clock.today(speaker.now), speaker.lang, near=speaker.near_days)


def _lunar(value: date | datetime) -> str:
    day = clock.today(value) if isinstance(value, datetime) else value
    return lunar.lunar_said(day, _speaker.get().lang)


def _instant(value: datetime) -> str:
    speaker = _speaker.get()
    return i18n.time_said(value, speaker.now, speaker.lang, near=speaker.near_days)


class _Environment(jinja2.Environment):
    """One whose names are all here before its first template is read.

    Jinja lays the names of a template over those of the environment in a chain of dictionaries, for names that come
    later: each page and each part of it goes through that chain in Python.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


class _Kept(jinja2.FileSystemBytecodeCache):
    """Templates as Python reads them, kept beside our own modules' bytecode; where nothing can be written, nothing is kept."""

    def __init__(self, folder: Path, made_by: str) -> None:
        super().__init__(str(folder))
        self._made_by = made_by

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self._made_by + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, UnpicklingError):  # what a power cut left of it
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def _made_by() -> str:
    """By what a template becomes Python: Jinja, and how it is set up here."""
    return version("jinja2") + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def make_environment(kept: Path = KEPT) -> jinja2.Environment:
    """Build the environment: autoescape on, an unknown name is an error.

    A template that was read before comes from `kept` while its text, Jinja and this module are the same: to read it
    costs ten times as much.
    """
    environment = _Environment(
        loader=jinja2.FileSystemLoader(template_folders()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_Kept(kept, _made_by()),
    )
    filters: dict[str, Any] = {
        "money": money.format_dong,
        "grams": quantity.format_grams,
        "phone": phone.format_phone,
        "date": _date,
        "instant": _instant,
        "lunar": _lunar,
        "prompt_id": i18n.prompt_id,
    }
    environment.filters.update(filters)
    environment.globals.update(
        _=_say,
        url=_url,
        voice=_voice,
        new_id=ids.uuid7,
        once=_once,
        static=static_url,
        static_text=static_text,
        modules_version=modules_version,
    )
    return environment
