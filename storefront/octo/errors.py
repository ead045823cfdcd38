"""The one map of errors of the OCTO API: its words, and what of the house's refusals is which of them."""

from __future__ import annotations

from http import HTTPStatus

from app.core.errors import AppError, BusyError

_MOST_SAID = 200


class OctoError(Exception):
    """A refusal as OCTO says it; `bad` names what was wrong (`productId`). Every error of a request is a 400."""

    def __init__(
        self, error: str, message: str, *, status: HTTPStatus = HTTPStatus.BAD_REQUEST, **bad: str
    ) -> None:
        super().__init__(f"{error}: {message}")
        self.error = error
        self.message = message
        self.status = status
        self.bad = bad

    @property
    def body(self) -> dict[str, str]:
        """What is sent."""
        said = {name: value[:_MOST_SAID] for name, value in self.bad.items()}
        return {"error": self.error, "errorMessage": self.message, **said}


def bad_request(message: str) -> OctoError:
    """The request is malformed, or its parts do not go together."""
    return OctoError("BAD_REQUEST", message)


def unprocessable(message: str) -> OctoError:
    """The request is understood, and cannot be done: sold out, too late, nobody comes."""
    return OctoError("UNPROCESSABLE_ENTITY", message)


def invalid_product(product_id: str) -> OctoError:
    """No such product."""
    return OctoError("INVALID_PRODUCT_ID", "The productId was missing or invalid", productId=product_id)


def invalid_option(option_id: str) -> OctoError:
    """No such option of the product."""
    return OctoError("INVALID_OPTION_ID", "The optionId was missing or invalid", optionId=option_id)


def invalid_unit(unit_id: str) -> OctoError:
    """No such unit of the option."""
    return OctoError("INVALID_UNIT_ID", "The unitId was missing or invalid", unitId=unit_id)


def invalid_availability(availability_id: str) -> OctoError:
    """No such availability of the product."""
    message = "The availabilityId was missing or invalid"
    return OctoError("INVALID_AVAILABILITY_ID", message, availabilityId=availability_id)


def invalid_booking(uuid: str) -> OctoError:
    """No such booking of this operator."""
    return OctoError("INVALID_BOOKING_UUID", "The uuid was missing or invalid", uuid=uuid)


def unauthorized(message: str) -> OctoError:
    """No key was sent."""
    return OctoError("UNAUTHORIZED", message, status=HTTPStatus.UNAUTHORIZED)


def forbidden(message: str) -> OctoError:
    """The key opens nothing here."""
    return OctoError("FORBIDDEN", message, status=HTTPStatus.FORBIDDEN)


def nothing_here(status: HTTPStatus = HTTPStatus.NOT_FOUND) -> OctoError:
    """No address of this API, or not with this method."""
    return OctoError("BAD_REQUEST", "there is nothing at this address for this method", status=status)


def broken() -> OctoError:
    """Our own fault; nothing was changed."""
    message = "There was an un-recoverable error, please try again"
    return OctoError("INTERNAL_SERVER_ERROR", message, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def of_refusal(error: AppError, message: str) -> OctoError:
    """What a room of the house refused, `message` in English."""
    if isinstance(error, BusyError):
        return OctoError("INTERNAL_SERVER_ERROR", message, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return unprocessable(message)
