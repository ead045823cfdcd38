"""Cookies of a log-in: out of a script's reach, never sent by another site's forms."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.accounts.dependencies import SESSION_COOKIE

if TYPE_CHECKING:
    from fastapi import Response

    from app.web.house import House

# The row says when a login ends; the cookie lives as long as browsers let any cookie live.
SESSION_COOKIE_AGE = int(timedelta(days=400).total_seconds())


def set_cookie(
    house: House, response: Response, name: str, value: str, *, max_age: int, path: str = "/"
) -> None:
    """Set a cookie for `max_age` seconds."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=path,
        httponly=True,
        samesite="lax",
        secure=house.settings.is_secure,
    )


def keep_session(house: House, response: Response, token: str) -> None:
    """Let the browser show this token from now on."""
    set_cookie(house, response, SESSION_COOKIE, token, max_age=SESSION_COOKIE_AGE)
