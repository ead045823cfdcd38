"""What the repository refuses. Its readers are programs: words are the standard's and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class AuditError(Exception):
    """A stored event is not what was captured; the text names it."""


class EpcisError(Exception):
    """A refusal as the standard names it (`epcisException:*`) with its status (EPCIS 2.0, REST binding)."""

    def __init__(
        self, kind: str, status: int, title: str, detail: str, *, errors: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = list(errors)

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document (RFC 9457)."""
        body: dict[str, Any] = {
            "type": f"epcisException:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return body | {"errors": self.errors} if self.errors else body


def invalid(detail: str, *, errors: Sequence[dict[str, Any]] = ()) -> EpcisError:
    """What was sent is no EPCIS document."""
    return EpcisError("ValidationException", 400, "The document is not valid", detail, errors=errors)


def bad_parameter(detail: str) -> EpcisError:
    """A parameter of a query cannot be read."""
    return EpcisError("QueryParameterException", 400, "A query parameter is not valid", detail)


def bad_query(detail: str) -> EpcisError:
    """The body that defines a query is none."""
    return EpcisError("QueryValidationException", 400, "The query is not valid", detail)


def bad_subscription(detail: str) -> EpcisError:
    """A subscription's schedule, target or trigger is wrong."""
    return EpcisError("SubscriptionControlsException", 400, "The subscription is not valid", detail)


def not_known(detail: str) -> EpcisError:
    """No key, or a wrong one."""
    return EpcisError("SecurityException", 401, "Unauthorised", detail)


def not_allowed(detail: str) -> EpcisError:
    """This key may not do that."""
    return EpcisError("SecurityException", 403, "Forbidden", detail)


def no_resource(detail: str) -> EpcisError:
    """There is no such thing, or this key may not know of it."""
    return EpcisError("NoSuchResourceException", 404, "Not found", detail)


def no_name(detail: str) -> EpcisError:
    """There is no query of this name."""
    return EpcisError("NoSuchNameException", 404, "Not found", detail)


def not_acceptable(detail: str) -> EpcisError:
    """The answer cannot be given in the form that was asked for."""
    return EpcisError("NotAcceptableException", 406, "Not acceptable", detail)


def already_there(detail: str) -> EpcisError:
    """The name or the id is taken by something else."""
    return EpcisError("ResourceAlreadyExistsException", 409, "Already exists", detail)


def too_many_events(detail: str) -> EpcisError:
    """More than one capture takes; see the limits that OPTIONS announces."""
    return EpcisError("CaptureLimitExceededException", 413, "Capture limit exceeded", detail)


def too_large_result(detail: str) -> EpcisError:
    """More events than `maxEventCount`."""
    return EpcisError("QueryTooLargeException", 413, "The result is too large", detail)


def wrong_media_type(detail: str) -> EpcisError:
    """Only JSON-LD is spoken here."""
    return EpcisError("UnsupportedMediaTypeException", 415, "Unsupported media type", detail)


def not_built(detail: str) -> EpcisError:
    """The standard leaves it open, and it is not here."""
    return EpcisError("ImplementationException", 501, "Not implemented", detail)


def cannot_answer(status: int, detail: str) -> EpcisError:
    """What the house refuses (it is busy): the standard has one word for it."""
    return EpcisError("ImplementationException", status, "The repository cannot answer now", detail)
