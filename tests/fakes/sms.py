"""A phone network that remembers what it carried, and can fail."""

from __future__ import annotations

from app.core.errors import UpstreamError
from app.core.i18n import Text


class FakeSms:
    """Keeps (phone, body) of every message; `is_down` makes every send fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.is_down = False

    async def send(self, phone: str, body: str) -> None:
        """Carry one message."""
        if self.is_down:
            raise UpstreamError(Text("down"))
        self.sent.append((phone, body))

    def last_to(self, phone: str) -> str:
        """The newest message to `phone`."""
        return next(body for number, body in reversed(self.sent) if number == phone)
