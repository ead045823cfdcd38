"""Files: one outward port over a local folder or any S3 store."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from obstore.store import LocalStore, from_url

from app.core.errors import NotFoundError
from app.core.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore


class Files:
    """Keeps bytes under keys like `photos/0193.../640.webp`; a key is written once."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str | None, folder: Path) -> Files:
        """Open the store at `url`, or the local `folder` when there is none."""
        if url:
            return cls(from_url(url))
        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(folder.resolve()))

    async def put(self, key: str, content: bytes) -> None:
        """Write `content` under `key`."""
        await self._store.put_async(key, content)

    async def get(self, key: str) -> bytes:
        """Read the bytes under `key`; raises `NotFoundError`."""
        try:
            return bytes(await (await self._store.get_async(key)).bytes_async())
        except FileNotFoundError as error:
            raise NotFoundError(_("Không tìm thấy tệp này.")) from error

    async def delete(self, key: str) -> None:
        """Remove the bytes under `key`; what is gone already is no fault."""
        with contextlib.suppress(FileNotFoundError):
            await self._store.delete_async(key)

    async def list_keys(self, folder: str) -> list[str]:
        """Name every key under `folder`, in no order."""
        return [str(found["path"]) async for page in self._store.list(folder) for found in page]
