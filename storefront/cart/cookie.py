"""The cookie that knows a visitor's basket."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from app.web.house import house_of
from storefront.cart.service import KEPT_FOR

COOKIE = "cart"


def keep_token(request: Request, response: Response, token: str) -> None:
    """Give the visitor the basket's cookie for KEPT_FOR more."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(KEPT_FOR.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=house_of(request).settings.is_secure,
    )
