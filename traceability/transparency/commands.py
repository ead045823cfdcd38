"""The log's verbs: look a log over, check a proof, witness another's log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.core.db import Database
from app.core.secret import load_secret
from app.core.settings import Settings
from traceability.transparency import service
from traceability.transparency.inspecting import (
    Fetch,
    LogFaultError,
    Seen,
    fetch_checkpoint,
    inspect,
    prove_consistency,
)
from traceability.transparency.notes import NoteError, VerifierKey, cosign, read_key
from traceability.transparency.proofs import read_proof


class CommandError(Exception):
    """It cannot be done, or is not right; the text says what, in plain words."""


# ---------------------------------------------------------------- where a log is


def open_source(source: str, client: httpx.AsyncClient) -> Fetch:
    """The files of a log below an address (`https://host/log`) or in a folder."""
    if urlsplit(source).scheme in {"http", "https"}:
        return _over_http(client, source.rstrip("/"))
    folder = Path(source)

    async def fetch(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return fetch


def _over_http(client: httpx.AsyncClient, prefix: str) -> Fetch:
    async def fetch(path: str) -> bytes | None:
        try:
            answer = await client.get(f"{prefix}/{path}")
        except httpx.HTTPError as error:
            raise CommandError(f"không nối được tới {prefix}: {error}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_error:
            raise CommandError(f"{prefix}/{path} trả lời {answer.status_code}")
        return answer.content

    return fetch


@asynccontextmanager
async def open_own(database: Database, keeper: service.LogKeeper) -> AsyncIterator[Fetch]:
    """The files of this instance's own log, all as of one instant."""
    async with database.transaction() as session:

        async def fetch(path: str) -> bytes | None:
            if path == "checkpoint":
                return (await service.show_checkpoint(session, keeper)).encode()
            return await service.read_tile(session, path)

        yield fetch


# ---------------------------------------------------------------- what was seen before


def _memory(settings: Settings, kind: str, key: VerifierKey) -> Path:
    return settings.data_dir / kind / f"{sha256(key.spell().encode()).hexdigest()[:24]}.json"


def _recall(file: Path) -> Seen | None:
    """A head that was remembered; CommandError when the file cannot be read."""
    if not file.exists():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Seen(int(told["size"]), bytes.fromhex(told["root"]))
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"tệp ghi nhớ {file} bị hỏng, hãy xem lại rồi xóa đi") from error


def _remember(file: Path, seen: Seen) -> None:
    """Keep a head; never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as opened:
        json.dump({"size": seen.size, "root": seen.root.hex()}, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


# ---------------------------------------------------------------- verbs


def parse_key(text: str) -> VerifierKey:
    """A key from the command line: its text, or a file that holds it."""
    if "+" not in text and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8")
    try:
        return read_key(text)
    except NoteError as error:
        raise CommandError(f"khóa này không đọc được: {error}") from error


async def verify_log(settings: Settings, fetch: Fetch, key: VerifierKey) -> Seen:
    """Look a log over, and remember its head for the next time; raises `CommandError` at the first fault."""
    file = _memory(settings, "log-seen", key)
    try:
        head = await inspect(fetch, key, _recall(file))
    except LogFaultError as fault:
        raise CommandError(f"sổ công khai SAI: {fault}") from fault
    seen = Seen(head.size, head.root)
    _remember(file, seen)
    return seen


def secret_of(settings: Settings) -> bytes:
    """The secret of this instance."""
    return load_secret(settings)


def own_log(settings: Settings) -> service.LogKeeper:
    """This instance's own log."""
    return service.open_log(settings.public_url, secret_of(settings))


def own_key(settings: Settings) -> VerifierKey:
    """The key of this instance's own log."""
    return own_log(settings).key


def verify_file(text: str, key: VerifierKey) -> tuple[int, int, bytes]:
    """Check a proof by itself; answers place, size and entry. Raises `CommandError`."""
    try:
        proof = read_proof(text)
    except NoteError as error:
        raise CommandError(f"tệp này không phải giấy chứng: {error}") from error
    if not proof.extra:
        raise CommandError("giấy chứng không mang theo dòng sổ nào")
    if not proof.proves(proof.extra, key):
        raise CommandError("giấy chứng SAI: chữ ký hoặc đường băm không khớp với sổ này")
    return proof.index, proof.checkpoint.size, proof.extra


async def witness(settings: Settings, source: str, key: VerifierKey, client: httpx.AsyncClient) -> int:
    """Cosign another log's head if it goes on from the one that was cosigned last; answers its size.

    The head is remembered before the line is handed over: a witness never signs two heads that do not follow each other.
    Raises `CommandError`.
    """
    own = service.open_witness(settings.public_url, secret_of(settings))
    file = _memory(settings, "witness", key)
    prefix = source.rstrip("/")
    fetch = _over_http(client, prefix)
    try:
        head = await fetch_checkpoint(fetch, key)
        if not await prove_consistency(fetch, _recall(file) or Seen(0, b""), head):
            raise CommandError("sổ này KHÔNG nối tiếp bản đã ký lần trước: không ký")
    except LogFaultError as fault:
        raise CommandError(f"sổ công khai SAI: {fault}") from fault
    if head.size == 0:
        return 0
    _remember(file, Seen(head.size, head.root))
    line = cosign(own.signer, own.name, head, int(time.time())).spell()
    try:
        answer = await client.post(f"{prefix}/cosignatures/{head.size}", content=line.encode())
    except httpx.HTTPError as error:
        raise CommandError(f"không nối được tới {prefix}: {error}") from error
    if answer.is_error:
        raise CommandError(
            f"sổ kia chưa nhận chữ ký (trả lời {answer.status_code}): hãy gửi họ khóa nhân chứng"
        )
    return head.size
