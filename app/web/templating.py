"""Templates: one Jinja2 environment for the whole house, strict, with the filters of the trade."""

from __future__ import annotations

import hashlib
import importlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import rjsmin
from jinja2 import pass_context

from app.core import clock, i18n, lunar, money, phone, quantity

if TYPE_CHECKING:
    from jinja2.runtime import Context

PACKAGES = ("app", "producers", "traceability", "storefront")
STATIC = Path(__file__).parent.parent / "static"


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


@pass_context
def _date(context: Context, value: date | datetime) -> str:
    day = clock.today(value) if isinstance(value, datetime) else value
    return i18n.date_said(day, context["today"], context["lang"], near=context.get("near_days", True))


@pass_context
def _lunar(context: Context, value: date | datetime) -> str:
    return lunar.lunar_said(clock.today(value) if isinstance(value, datetime) else value, context["lang"])


@pass_context
def _instant(context: Context, value: datetime) -> str:
    return i18n.time_said(value, context["now"], context["lang"], near=context.get("near_days", True))


def make_environment() -> jinja2.Environment:
    """Build the environment: autoescape on, an unknown name is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folders()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
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
    environment.globals.update(static=static_url, static_text=static_text, modules_version=modules_version)
    return environment
