"""What places refuse, in words for the person who asked."""

from __future__ import annotations

from app.core.errors import InvalidError, NotFoundError
from app.core.i18n import _


def unknown_unit() -> NotFoundError:
    """There is no unit with this code."""
    return NotFoundError(_("Không tìm thấy xã, phường này."))


def not_a_commune() -> InvalidError:
    """An address needs a commune, ward or special zone."""
    message = _("Bạn chọn xã hoặc phường trong danh sách nhé.")
    return InvalidError(message, fields={"commune_text": message})
