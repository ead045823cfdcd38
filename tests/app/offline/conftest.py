"""A member of a cooperative with a phone: an entry whose words have arrived, and files that follow."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from app.core.ids import uuid7
from tests.factories.people import log_in, make_submission
from tests.factories.producers import make_entry

AT = "/offline/uploads"
BYTES = "application/offset+octet-stream"


def tell(**said: str) -> str:
    """`Upload-Metadata` as a client writes it."""
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())


@dataclass
class Phone:
    """A client that speaks tus for one person."""

    client: httpx.AsyncClient
    person_id: UUID
    record_id: UUID

    async def announce(self, content: bytes, *, id: UUID, **said: str) -> httpx.Response:  # noqa: A002 - the file's id
        """Creation, as the phone's module does it."""
        told = {"id": str(id), "record": str(self.record_id), "field": "photos", "name": "ảnh 1.webp"}
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": tell(**told | {"type": "image/webp"} | said),
            "Accept": "*/*",
        }
        return await self.client.post(AT, headers=headers)

    async def append(self, id: UUID, start: int, part: bytes, **headers: str) -> httpx.Response:  # noqa: A002 - as above
        """One PATCH."""
        given = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(start),
            "Content-Type": BYTES,
            "Accept": "*/*",
        }
        return await self.client.patch(f"{AT}/{id}", content=part, headers=given | headers)

    async def look(self, id: UUID, **headers: str) -> httpx.Response:  # noqa: A002 - as above
        """HEAD."""
        return await self.client.head(
            f"{AT}/{id}", headers={"Tus-Resumable": "1.0.0", "Accept": "*/*"} | headers
        )

    async def send(self, content: bytes, **said: str) -> UUID:
        """A whole file in one piece."""
        made = uuid7()
        assert (await self.announce(content, id=made, **said)).status_code == 201
        answer = await self.append(made, 0, content)
        assert answer.status_code == 204, answer.text
        return made


@pytest.fixture
async def phone(db, client) -> Phone:
    """Her entry's words have arrived."""
    async with db.transaction() as session:
        entry = await make_entry(session)
        await make_submission(session, id=entry.id, person_id=entry.person_id)
        await log_in(session, client, entry.person_id)
    return Phone(client, entry.person_id, entry.id)
