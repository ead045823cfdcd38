"""Short messages: one outward port, and the channels behind it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import httpx

from app.core.errors import UpstreamError
from app.core.i18n import _

if TYPE_CHECKING:
    from pathlib import Path


class SmsSender(Protocol):
    """Carries one message to one phone; raises `UpstreamError` when the carrier did not take it."""

    async def send(self, phone: str, body: str) -> None:
        """Send `body` to `phone` (E.164)."""
        ...


class ConsoleSms:
    """Development: prints each message and keeps it in a file that only the owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def send(self, phone: str, body: str) -> None:
        """Print the message; nothing leaves the machine."""
        line = f"{datetime.now(UTC).isoformat(timespec='seconds')}\t{phone}\t{body}\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        sys.stdout.write(f"SMS {phone}: {body}\n")
        sys.stdout.flush()

    def latest(self, count: int = 30) -> list[tuple[str, str, str]]:
        """The newest messages first, as (instant, phone, body)."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()[-count:]
        rows = [line.split("\t", 2) for line in reversed(lines)]
        return [(row[0], row[1], row[2]) for row in rows]


class HttpSms:
    """An SMS gateway that takes `{"to", "text"}` as JSON with a bearer token."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._token = token

    async def send(self, phone: str, body: str) -> None:
        """Post the message; anything but 2xx is `UpstreamError`, and the job tries again."""
        try:
            reply = await self._client.post(
                self._url,
                json={"to": phone, "text": body},
                headers={"Authorization": f"Bearer {self._token}"},
            )
            reply.raise_for_status()
        except httpx.HTTPError as error:
            raise UpstreamError(_("Chưa gửi được tin nhắn. Máy sẽ tự gửi lại.")) from error
