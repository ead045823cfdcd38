"""Browsers: what a log-in remembers of one, and where it may be sent afterwards."""

from __future__ import annotations

import re

# Zalo and Facebook carry a browser of their own and name it beside Chrome's or Safari's; so do Edge and Cốc Cốc.
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Macintosh", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
_BROWSERS = (("Zalo", "Zalo"), ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("coc_coc", "Cốc Cốc"), ("Edg", "Edge"),
             ("SamsungBrowser", "Samsung"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
             ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def name_device(user_agent: str) -> str:
    """Name a device coarsely, as its owner would: "Android · Zalo"; empty when the browser does not say."""
    found = (
        next((name for mark, name in names if mark in user_agent), "") for names in (_SYSTEMS, _BROWSERS)
    )
    return " · ".join(name for name in found if name)


def local_path(wished: str | None, default: str) -> str:
    """The path to go back to, if it is one of this site; else `default`.

    Browsers read `//host`, `/` with a backslash after it, and a path with a tab or line break in it as another site.
    """
    if not wished or not _LOCAL.fullmatch(wished) or re.match(r"/(login|logout)(?![\w-])", wished):
        return default
    return wished
