"""Refusals carry words for people and a word for machines."""

import pytest

from app.core import errors
from app.core.i18n import _

KINDS = {
    errors.NotFoundError: "not_found",
    errors.ForbiddenError: "forbidden",
    errors.InvalidError: "invalid",
    errors.ConflictError: "conflict",
    errors.GoneError: "gone",
    errors.BusyError: "busy",
    errors.UpstreamError: "upstream",
    errors.UnauthenticatedError: "unauthenticated",
}


@pytest.mark.parametrize(("error_class", "kind"), KINDS.items())
def test_code_falls_back_to_the_kind(error_class, kind):
    """Every kind has a stable word of its own."""
    error = error_class(_("xong"))
    assert (error.kind, error.code, dict(error.fields)) == (kind, kind, {})


def test_fields_and_code_are_kept_when_given():
    """A room may name its own code and what is wrong beside each field."""
    given = {"amount": _("xong")}
    error = errors.InvalidError(_("Còn %(left)s", left=3), fields=given, code="amount_too_small")
    given.clear()
    assert error.code == "amount_too_small"
    assert dict(error.fields) == {"amount": _("xong")}
    assert str(error) == "amount_too_small: Còn 3"
    assert error.message.params == {"left": 3}
