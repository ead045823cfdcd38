"""Power cuts in the middle of a photo: it goes on where it was, arrives once, and its bytes are right."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import time
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import httpx
import psycopg
from PIL import Image

from app.accounts.dependencies import SESSION_COOKIE
from app.core.ids import uuid7
from tests.factories.instances import seed_sender
from tests.serving import Instance

AT = "/offline/uploads"
CHUNK = 48 * 1024


@dataclass(frozen=True)
class Sender:
    """Who sends what, on which address."""

    base: str
    token: str
    record_id: UUID
    file_id: UUID
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """What every request of the phone carries."""
        return {
            "Tus-Resumable": "1.0.0",
            "Sec-Fetch-Site": "same-origin",
            "Accept": "application/problem+json",
            "Cookie": f"{SESSION_COOKIE}={self.token}",
        }

    def announce(self) -> int:
        """Announce the file, for the first time or again; answers how far it is."""
        said = {
            "id": str(self.file_id),
            "record": str(self.record_id),
            "field": "photos",
            "type": "image/jpeg",
        }
        told = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        answer = httpx.post(
            f"{self.base}{AT}",
            headers=self.headers | {"Upload-Length": str(len(self.content)), "Upload-Metadata": told},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        return int(answer.headers["Upload-Offset"])

    def append(self, start: int, size: int = CHUNK) -> int:
        """One piece; answers how far the file is now."""
        answer = httpx.patch(
            f"{self.base}{AT}/{self.file_id}",
            headers=self.headers
            | {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"},
            content=self.content[start : start + size],
            timeout=20,
        )
        assert answer.status_code == 204, answer.text
        return int(answer.headers["Upload-Offset"])

    def begin(self, start: int, size: int) -> socket.socket:
        """Begin one long request for all that is left, and send `size` bytes of it; nobody waits for the answer."""
        host, port = self.base.removeprefix("http://").split(":")
        wire = socket.create_connection((host, int(port)))
        given = self.headers | {
            "Host": f"{host}:{port}",
            "Upload-Offset": str(start),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(self.content) - start),
        }
        lines = [
            f"PATCH {AT}/{self.file_id} HTTP/1.1",
            *(f"{name}: {value}" for name, value in given.items()),
        ]
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + self.content[start : start + size])
        return wire


def _photo() -> bytes:
    """A picture of noise, some two megabytes that nothing compresses."""
    held = BytesIO()
    Image.frombytes("RGB", (1200, 900), os.urandom(1200 * 900 * 3)).save(held, "JPEG", quality=90)
    return held.getvalue()


def test_a_power_cut_in_the_middle_of_a_photo_neither_loses_nor_doubles_it() -> None:
    """`kill -9` in a long request, between pieces, and at the last byte: one photo, with the bytes that were taken."""
    instance = Instance(demo=False)
    data = instance.database()
    try:
        instance.start()
        data.start()
        token, record_id = seed_sender(instance)
        sender = Sender(instance.base, token, record_id, uuid7(), _photo())
        whole = len(sender.content)
        assert sender.announce() == 0
        with sender.begin(0, whole // 2):
            deadline = time.monotonic() + 20
            while sender.announce() == 0 and time.monotonic() < deadline:
                time.sleep(0.01)
            instance.kill()
        instance.start()
        kept = sender.announce()
        assert 0 < kept <= whole // 2
        kept = sender.append(kept)
        instance.kill()
        instance.start()
        assert sender.announce() == kept
        with sender.begin(kept, whole):
            time.sleep(0.15)  # the last byte is there: the cut falls somewhere in taking the photo
            instance.kill()
        instance.start()
        kept = sender.announce()
        while kept < whole:
            kept = sender.append(kept)
        with psycopg.connect(data.url().replace("+psycopg", "")) as connection:
            rows = connection.execute(
                "SELECT p.sha256, p.width FROM diary_photos d JOIN photos p ON p.id = d.photo_id WHERE d.entry_id = %s",
                (record_id,),
            ).fetchall()
        assert rows == [(hashlib.sha256(sender.content).digest(), 1200)]
    finally:
        data.stop()
        instance.remove()
