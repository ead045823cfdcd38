"""What certificates refuse."""

from __future__ import annotations

from app.core.errors import NotFoundError
from app.core.i18n import _


class CertificateNotFoundError(NotFoundError):
    """There is no such certificate, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy giấy chứng nhận này."))
