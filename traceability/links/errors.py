"""What links refuse."""

from __future__ import annotations

from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.i18n import Text, _


class LinkNotFoundError(NotFoundError):
    """There is no such link, or it is another producer's."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy đường dẫn này."), code="unknown_link")


class AnchorNotOwnError(ForbiddenError):
    """The code belongs to somebody else, or to nobody here."""

    def __init__(self) -> None:
        words = _("Mã này không phải của cơ sở mình, nên không gắn đường dẫn được.")
        super().__init__(words, fields={"code": words}, code="not_own_code")


class AnchorInvalidError(InvalidError):
    """What was typed is no code, or has a lot or serial that is not in the books."""

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(words, fields={field: words}, code="bad_code")


class LinkExistsError(ConflictError):
    """The same address stands already under this type at this code."""

    def __init__(self) -> None:
        words = _("Mã này đã có đúng đường dẫn đó rồi.")
        super().__init__(words, fields={"href": words}, code="link_exists")


class LinksFullError(ConflictError):
    """Very many links stand at this code already."""

    def __init__(self) -> None:
        super().__init__(
            _("Mã này đã có nhiều đường dẫn lắm rồi. Bạn bỏ bớt cái cũ trước nhé."), code="links_full"
        )
