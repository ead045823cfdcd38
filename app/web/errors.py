"""The one map from kinds of error to statuses, and to a page or a problem document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from structlog import get_logger

from app.core.errors import (
    AppError,
    BusyError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    LimitedError,
    NotFoundError,
    UnauthenticatedError,
    UpstreamError,
)
from app.core.i18n import Text, _
from app.web.envelope import SubmissionRefusedError
from app.web.house import house_of
from app.web.pages import Page, language_of, render
from app.web.security import public_path

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.core.i18n import Catalogue

STATUS: dict[type[AppError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConflictError: HTTPStatus.CONFLICT,
    GoneError: HTTPStatus.GONE,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
    LimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
}
AGAIN_S = 2.0
_NO_DETAILS: Mapping[str, object] = MappingProxyType({})
log = get_logger()


@dataclass(frozen=True, kw_only=True)
class ErrorPage(Page):
    """What happened, what was kept, and what to do next."""

    template: ClassVar[str] = "error.html"
    title: Text
    message: Text
    is_retryable: bool


def status_of(error: AppError) -> HTTPStatus:
    """The HTTP status of an error's kind."""
    if isinstance(error, SubmissionRefusedError):
        return error.status
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _title(status: int) -> Text:
    match status:
        case HTTPStatus.NOT_FOUND:
            return _("Không tìm thấy trang này")
        case HTTPStatus.FORBIDDEN:
            return _("Bạn chưa được vào trang này")
        case HTTPStatus.GONE:
            return _("Trang này đã hết hạn")
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return _("Đang đông người, chờ chút nhé")
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            return _("Máy chủ gặp trục trặc")
        case _:
            return _("Chưa làm được việc này")


def _wants_html(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get(
        "accept", "text/html"
    )


async def answer(
    request: Request,
    status: int,
    message: Text,
    *,
    code: str,
    fields: dict[str, Text] | None = None,
    details: Mapping[str, object] = _NO_DETAILS,
) -> Response:
    """Answer an error as a page to people and as `application/problem+json` (RFC 9457) to programs."""
    if _wants_html(request):
        page = ErrorPage(
            title=_title(status), message=message, is_retryable=status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return await render(request, page, status=status)
    lang = language_of(request)
    catalogue = house_of(request).catalogue
    body: dict[str, object] = {
        "type": f"about:blank#{code}",
        "title": catalogue.translate(_title(status), lang),
        "status": int(status),
        "detail": catalogue.translate(message, lang),
    }
    if fields:
        body["errors"] = {name: catalogue.translate(text, lang) for name, text in fields.items()}
    body |= {name: _translated(value, catalogue, lang) for name, value in details.items()}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def _translated(value: object, catalogue: Catalogue, lang: str) -> object:
    """The same value with its sentences in the visitor's language."""
    if isinstance(value, Text):
        return catalogue.translate(value, lang)
    if isinstance(value, Mapping):
        return {name: _translated(item, catalogue, lang) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_translated(item, catalogue, lang) for item in value]
    return value


async def on_app_error(request: Request, error: Exception) -> Response:
    """Answer what a room refused."""
    assert isinstance(error, AppError)  # noqa: S101 - registered for this class alone
    status = status_of(error)
    if isinstance(error, UnauthenticatedError) and _wants_html(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = target if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(back)}", HTTPStatus.SEE_OTHER)
    details = error.details if isinstance(error, SubmissionRefusedError) else _NO_DETAILS
    response = await answer(
        request, status, error.message, code=error.code, fields=dict(error.fields), details=details
    )
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        wait = error.again_in_s if isinstance(error, BusyError) else AGAIN_S
        response.headers["Retry-After"] = str(ceil(wait))
    return response


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refused: no such page, wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    if error.status_code == HTTPStatus.NOT_FOUND:
        message = _("Địa chỉ này không có gì. Bạn xem lại đường dẫn, hoặc về trang chủ.")
    elif error.status_code == HTTPStatus.BAD_REQUEST:  # a form that cannot be read
        message = _("Chợ chưa đọc được những gì vừa gửi. Bạn gửi lại giúp nhé.")
    else:
        message = _("Trang này không nhận yêu cầu như vậy.")
    response = await answer(request, error.status_code, message, code=f"http-{error.status_code}")
    if error.headers:
        response.headers.update(error.headers)
    return response


async def on_bad_request(request: Request, error: Exception) -> Response:
    """Answer a path or query that has not even the right shape: for a visitor it does not exist."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    if any(item["loc"][0] == "path" for item in error.errors()):
        return await on_http_error(request, HTTPException(HTTPStatus.NOT_FOUND))
    return await answer(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Có chỗ điền chưa đúng. Bạn xem lại giúp nhé."),
        code="invalid",
    )


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer our own fault: nothing was changed, for the transaction was rolled back."""
    log.error("crash", exc_info=error, path=public_path(request.url.path))
    message = _("Lỗi ở phía chúng tôi, không phải do bạn. Chưa có gì bị thay đổi. Bạn thử lại sau ít phút.")
    return await answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, message, code="internal")


def add_error_handlers(app: FastAPI) -> None:
    """Register the map."""
    app.add_exception_handler(AppError, on_app_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_bad_request)


class CrashPage:
    """Answers our own faults inside the doors, so that even they carry the policy of every page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; when nothing was answered yet and something broke, answer a page in words."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            response = await on_crash(Request(scope, receive), error)
            await response(scope, receive, send)
