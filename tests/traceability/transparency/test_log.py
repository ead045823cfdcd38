"""The log in the database and on the wire: each entry once, crash or race; whoever changes a byte is found out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.errors import UniqueViolation
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import Database
from app.core.settings import Settings
from app.main import create_app
from app.web.house import House
from app.wiring import make_house
from tests.house import NOW
from traceability.transparency import commands, jobs, merkle, repository, service
from traceability.transparency.commands import CommandError
from traceability.transparency.inspecting import LogFaultError, Seen, inspect, prove_consistency
from traceability.transparency.models import LogEntry, LogQueue
from traceability.transparency.notes import read_checkpoint, sign_checkpoint
from traceability.transparency.service import LogKeeper


def entries_of(count: int, start: int = 0) -> list[bytes]:
    """Different entries."""
    return [f"entry {number}".encode() for number in range(start, start + count)]


async def fill(db: Database, entries: list[bytes], house: House) -> None:
    """Log entries and give them their places."""
    async with db.transaction() as session:
        await service.append(session, entries, now=NOW)
    await jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))


async def count(db: Database) -> tuple[int, int, int]:
    """How many entries have a place, how many different ones, how many wait."""
    async with db.transaction() as session:
        placed = select(func.count(), func.count(LogEntry.entry.distinct())).select_from(LogEntry)
        total, different = (await session.execute(placed)).one()
        return total, different, await session.scalar(select(func.count()).select_from(LogQueue)) or 0


async def test_the_log_is_files_on_the_wire(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """Head, key, tiles and bundles are served as the standard says; a proof is made and holds; what is not there is 404."""
    empty = read_checkpoint((await client.get("/log/checkpoint")).text)
    assert (empty.size, empty.root) == (0, merkle.EMPTY_ROOT)
    await fill(db, entries_of(300), house)
    answer = await client.get("/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    head = read_checkpoint(answer.text)
    key = house.port(LogKeeper).key
    assert (head.size, head.origin, head.is_signed_by(key)) == (300, "127.0.0.1:8000/log", True)
    assert (await client.get("/log/key")).text == key.spell() + "\n"
    tile = await client.get("/log/tile/0/000")
    assert (
        tile.headers["content-type"] == "application/octet-stream"
        and "immutable" in tile.headers["cache-control"]
    )
    assert tile.content == b"".join(map(merkle.leaf_hash, entries_of(256)))
    bundle = await client.get("/log/tile/entries/001.p/44")
    assert service.read_bundle(bundle.content) == entries_of(44, 256)
    assert (await client.get("/log/tile/0/001.p/7")).content == b"".join(
        map(merkle.leaf_hash, entries_of(7, 256))
    )
    for path in (
        "0/001",
        "0/001.p/45",
        "0/001.p/256",
        "1/001",
        "entries/002",
        "entries/001",
        "0/1",
        "0/x000/001",
        "65/000",
        "0/x999/x999/x999/x999/x999/000",
    ):
        assert (await client.get(f"/log/tile/{path}")).status_code == 404, path
    async with db.transaction() as session:
        proof = await service.find_proof(session, b"entry 299")
        assert proof is not None and proof.index == 299 and proof.proves(b"entry 299", key)
        assert await service.find_proof(session, b"never") is None
        assert await service.find_missing(session, [b"entry 1", b"never"]) == [b"never"]
        path = await service.find_consistency(session, 256, 300)
    old_root = merkle.root_of_range(0, 256, merkle.reader_of({(1, 0): merkle.tile_root(tile.content)}))
    assert merkle.verifies_consistency(256, old_root, 300, head.root, path)


async def test_bundles_are_read_strictly() -> None:
    """A bundle that is cut anywhere is an error."""
    whole = service.write_bundle([b"abc", b""])
    assert service.read_bundle(whole) == [b"abc", b""]
    for cut in (whole[:1], whole[:4], whole[:-1]):
        with pytest.raises(ValueError, match="cut"):
            service.read_bundle(cut)


async def test_entries_that_do_not_fit_are_refused(db: Database) -> None:
    """An entry is at most 65,535 bytes; nothing is nothing."""
    async with db.transaction() as session:
        await service.append(session, [], now=NOW)
        with pytest.raises(ValueError, match="too long"):
            await service.append(session, [bytes(65_536)], now=NOW)


async def test_a_crash_in_the_middle_changes_nothing(db: Database, house: House) -> None:
    """What was written before an integration died is gone with it, and the next one takes everything up once."""
    await fill(db, entries_of(200), house)
    async with db.transaction() as session:
        await service.append(session, entries_of(100, 200), now=NOW)
    with pytest.raises(RuntimeError):
        async with db.transaction() as session:
            assert await service.integrate(session, keeper=house.port(LogKeeper), now=NOW) == 100
            raise RuntimeError
    assert await count(db) == (200, 200, 100)
    await jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    assert await count(db) == (300, 300, 0)
    async with commands.open_own(db, house.port(LogKeeper)) as fetch:
        assert (await inspect(fetch, house.port(LogKeeper).key)).size == 300


async def test_many_writers_and_integrators_place_each_entry_once(db: Database, house: House) -> None:
    """Twenty writers beside four integrators: every entry has one place, and the tree is whole."""
    keeper = house.port(LogKeeper)

    async def write(writer: int) -> None:
        for turn in range(5):
            async with db.transaction() as session:
                await service.append(session, entries_of(7, writer * 1000 + turn * 7), now=NOW)

    async def place() -> None:
        for _turn in range(12):
            async with db.transaction() as session:
                await service.integrate(session, keeper=keeper, now=NOW)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(write(writer) for writer in range(20)), *(place() for _ in range(4)))
    await jobs.integrate(db, now=NOW, keeper=keeper)
    assert await count(db) == (700, 700, 0)
    async with commands.open_own(db, keeper) as fetch:
        assert (await inspect(fetch, keeper.key)).size == 700


async def test_without_the_lock_two_integrators_collide(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: integrators that do not wait for each other reach for the same places, and the database stops them."""

    async def unlocked(_session: object) -> bool:
        return True

    monkeypatch.setattr(repository, "lock_log", unlocked)
    keeper = house.port(LogKeeper)
    async with db.transaction() as session:
        await service.append(session, entries_of(50), now=NOW)
    barrier = asyncio.Barrier(2)

    async def place() -> None:
        async with db.transaction() as session:
            await repository.find_checkpoint(session)
            await barrier.wait()
            await service.integrate(session, keeper=keeper, now=NOW)

    done = await asyncio.gather(place(), place(), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [UniqueViolation]
    assert await count(db) == (50, 50, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entries SET entry = 'x' WHERE index = 3",
        "DELETE FROM log_entries WHERE index = 3",
        "UPDATE log_tiles SET data = overlay(data placing 'x' from 3)",
        "UPDATE log_tiles SET data = substring(data for 32)",
        "UPDATE log_tiles SET number = 7",
        "DELETE FROM log_tiles",
        "UPDATE log_checkpoints SET note = 'x'",
        "DELETE FROM log_checkpoints",
    ],
)
async def test_the_database_itself_refuses_to_rewrite(db: Database, house: House, statement: str) -> None:
    """Entries, tiles and heads cannot be changed or taken away by a statement."""
    await fill(db, entries_of(10), house)
    with pytest.raises(DBAPIError):
        async with db.transaction() as session:
            await session.execute(text(statement))


async def test_tiles_that_were_changed_stop_the_log(db: Database, house: House) -> None:
    """An integration on tiles that do not lead to the last signed head signs nothing."""
    await fill(db, entries_of(10), house)
    async with db.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text("UPDATE log_tiles SET data = overlay(data placing 'x' from 3)"))
        await service.append(session, [b"one more"], now=NOW)
    with pytest.raises(RuntimeError, match="do not lead to the head"):
        await jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))


# ---------------------------------------------------------------- looked over from outside


async def files_of(db: Database, house: House, size: int) -> dict[str, bytes]:
    """Every file of a log of `size` entries."""
    await fill(db, entries_of(size), house)
    files: dict[str, bytes] = {}

    async with commands.open_own(db, house.port(LogKeeper)) as fetch:

        async def noting(path: str) -> bytes | None:
            found = await fetch(path)
            if found is not None:
                files[path] = found
            return found

        await inspect(noting, house.port(LogKeeper).key)
    return files


def served(files: dict[str, bytes]) -> Callable[[str], Awaitable[bytes | None]]:
    """The files as a log serves them."""

    async def fetch(path: str) -> bytes | None:
        return files.get(path)

    return fetch


async def test_any_changed_byte_is_found(db: Database, house: House) -> None:
    """Flip any byte of the head, a bundle or a tile, or take a file away: looking the log over says so."""
    files = await files_of(db, house, 300)
    assert {"checkpoint", "tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"} <= set(files)
    key = house.port(LogKeeper).key
    root = (await inspect(served(files), key)).root

    @settings(max_examples=150)
    @given(st.sampled_from(sorted(files)), st.data())
    def flip(path: str, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(files[path]) - 1))
        changed = bytearray(files[path])
        changed[place] ^= data.draw(st.integers(1, 255))
        with pytest.raises(LogFaultError):
            asyncio.run(inspect(served({**files, path: bytes(changed)}), key))

    await asyncio.to_thread(flip)
    for path in files:
        with pytest.raises(LogFaultError):
            await inspect(served({name: data for name, data in files.items() if name != path}), key)
    short = files | {"tile/entries/001.p/44": service.write_bundle(entries_of(43, 256))}
    with pytest.raises(LogFaultError, match="holds 43"):
        await inspect(served(short), key)
    await inspect(served(files), key, Seen(0, b""))
    await inspect(served(files), key, Seen(300, root))
    for seen in (Seen(301, root), Seen(299, root), Seen(256, bytes(32))):
        with pytest.raises(LogFaultError):
            await inspect(served(files), key, seen)


async def test_a_witness_asks_whether_the_log_goes_on(db: Database, house: House) -> None:
    """By the tiles alone: a head follows its beginnings, and no other."""
    files = await files_of(db, house, 300)
    head = read_checkpoint(files["checkpoint"].decode())
    first = merkle.Frontier()
    for entry in entries_of(100):
        first.add(merkle.leaf_hash(entry))
    fetch = served(files)
    assert await prove_consistency(fetch, Seen(100, first.root), head)
    assert await prove_consistency(fetch, Seen(0, b""), head)
    assert await prove_consistency(fetch, Seen(300, head.root), head)
    assert not await prove_consistency(fetch, Seen(100, head.root), head)
    assert not await prove_consistency(fetch, Seen(301, head.root), head)
    assert not await prove_consistency(fetch, Seen(300, first.root), head)
    with pytest.raises(LogFaultError, match="there is none"):
        await prove_consistency(served({}), Seen(100, first.root), head)


# ---------------------------------------------------------------- commands, and two houses


@pytest.fixture
def other_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Another house, in another village, that witnesses."""
    return settings.model_copy(
        update={"data_dir": tmp_path / "other", "public_url": "https://xa-ben.example"}
    )


def keep(settings_: Settings) -> Settings:
    """A data folder that is there."""
    settings_.data_dir.mkdir(parents=True, exist_ok=True)
    return settings_


async def test_another_house_witnesses_the_log(
    house: House, db: Database, database_url: str, settings: Settings, other_settings: Settings
) -> None:
    """A witness signs a head that goes on from the last, its line stands under the head and in proofs; a rewritten log it refuses."""
    witness_key = service.open_witness(
        other_settings.public_url, commands.secret_of(keep(other_settings))
    ).key
    known = settings.model_copy(update={"log_witnesses": witness_key.spell()})
    there = make_house(known, database_url, clock=house.clock, pool_size=5)
    try:
        key = there.port(LogKeeper).key
        transport = httpx.ASGITransport(app=create_app(there))
        async with httpx.AsyncClient(transport=transport, base_url="https://cho.example") as client:
            assert await commands.witness(other_settings, "https://cho.example/log", key, client) == 0
            await fill(db, entries_of(20), there)
            assert await commands.witness(other_settings, "https://cho.example/log/", key, client) == 20
            await fill(db, entries_of(300, 20), there)
            assert await commands.witness(other_settings, "https://cho.example/log", key, client) == 320
            head = read_checkpoint((await client.get("/log/checkpoint")).text)
            assert head.stamp_of(witness_key) is not None and head.is_signed_by(key)
            await fill(db, [b"unseen"], there)
            async with db.transaction() as session:
                proof = await service.find_proof(session, b"entry 7")
                late = await service.find_proof(session, b"unseen")
            assert proof is not None and proof.checkpoint.size == 320
            assert proof.proves(b"entry 7", key) and proof.checkpoint.stamp_of(witness_key)
            assert late is not None and late.checkpoint.size == 321 and late.proves(b"unseen", key)
            for size, line in (
                (20, "— x AAAA"),
                (7, head.signatures[1].spell()),
                (20, head.signatures[1].spell()),
                (20, ""),
            ):
                assert (
                    await client.post(f"/log/cosignatures/{size}", content=line.encode())
                ).status_code == 422
            file = next((other_settings.data_dir / "witness").glob("*.json"))
            file.write_text('{"size": 320, "root": "' + "00" * 32 + '"}')
            with pytest.raises(CommandError, match="KHÔNG nối tiếp"):
                await commands.witness(other_settings, "https://cho.example/log", key, client)
            file.write_text("{")
            with pytest.raises(CommandError, match="bị hỏng"):
                await commands.witness(other_settings, "https://cho.example/log", key, client)
    finally:
        await there.database.close()


async def test_a_witness_that_is_not_known_is_told(
    house: House, db: Database, client: httpx.AsyncClient, other_settings: Settings
) -> None:
    """Its line is not taken, and the command says what to do."""
    await fill(db, entries_of(3), house)
    key = house.port(LogKeeper).key
    base = str(client.base_url).rstrip("/")
    with pytest.raises(CommandError, match="chưa nhận chữ ký"):
        await commands.witness(keep(other_settings), f"{base}/log", key, client)


async def test_a_log_that_does_not_answer_is_said_to_be(settings: Settings, other_settings: Settings) -> None:
    """No connection, an error, and a head that cannot be handed over end in plain words."""
    key = commands.own_key(settings)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("lost/checkpoint"):
            raise httpx.ConnectError("away")
        return httpx.Response(500)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        for source, said in (
            ("https://x.example/lost", "không nối được"),
            ("https://x.example/log", "trả lời 500"),
        ):
            with pytest.raises(CommandError, match=said):
                await commands.witness(keep(other_settings), source, key, client)


async def test_a_hand_over_that_fails_is_said_to_be(
    house: House, db: Database, client: httpx.AsyncClient, other_settings: Settings
) -> None:
    """The head was looked at, the line could not be handed over: the next time does it again."""
    await fill(db, entries_of(3), house)
    files = {"checkpoint": (await client.get("/log/checkpoint")).content}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ConnectError("away")
        return httpx.Response(200, content=files["checkpoint"])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as away:
        with pytest.raises(CommandError, match="không nối được"):
            await commands.witness(
                keep(other_settings), "https://x.example/log", house.port(LogKeeper).key, away
            )


async def test_a_log_is_looked_over_by_command(
    house: House, db: Database, settings: Settings, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Own database, address and folder give the same answer; the head is remembered, and a shorter log is found out."""
    await fill(db, entries_of(260), house)
    key = house.port(LogKeeper).key
    own = settings.model_copy(update={"data_dir": tmp_path / "data"})
    async with commands.open_own(db, house.port(LogKeeper)) as fetch:
        assert (await commands.verify_log(own, fetch, key)).size == 260
    base = str(client.base_url).rstrip("/")
    fetch = commands.open_source(f"{base}/log", client)
    for path in (
        "checkpoint",
        "tile/0/000",
        "tile/entries/000",
        "tile/0/001.p/4",
        "tile/entries/001.p/4",
        "tile/1/000.p/1",
    ):
        file = tmp_path / "log" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(await fetch(path) or b"")
    fetch = commands.open_source(str(tmp_path / "log"), client)
    assert (await commands.verify_log(own, fetch, key)).size == 260
    file = next((tmp_path / "data" / "log-seen").glob("*.json"))
    file.write_text('{"size": 261, "root": "' + "00" * 32 + '"}')
    with pytest.raises(CommandError, match="was longer before"):
        await commands.verify_log(own, fetch, key)


async def test_proof_files_are_checked_by_command(
    house: House, db: Database, settings: Settings, tmp_path: Path
) -> None:
    """A proof holds under the log's key from text or file; a changed one, an empty one and a foreign key are refused in words."""
    await fill(db, entries_of(5), house)
    async with db.transaction() as session:
        proof = await service.find_proof(session, b"entry 2")
    assert proof is not None
    key = commands.parse_key(commands.own_key(settings).spell())
    assert commands.verify_file(proof.spell(), key) == (2, 5, b"entry 2")
    (tmp_path / "key").write_text(key.spell())
    assert commands.parse_key(str(tmp_path / "key")) == key
    for wrong, said in (
        (proof.spell().replace("index 2", "index 3"), "SAI"),
        ("x", "không phải giấy chứng"),
        (proof.spell().replace(proof.spell().split("\n")[1] + "\n", ""), "không mang theo"),
    ):
        with pytest.raises(CommandError, match=said):
            commands.verify_file(wrong, key)
    with pytest.raises(CommandError, match="không đọc được"):
        commands.parse_key("x+y+z")


async def test_a_long_log_has_levels_above(db: Database, house: House, settings: Settings) -> None:
    """With more than 65,536 entries there is a full tile above; the log is whole, batch by batch."""
    async with db.transaction() as session:
        await service.append(session, entries_of(65_600), now=NOW)
    await jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    assert await count(db) == (65_600, 65_600, 0)
    async with commands.open_own(db, house.port(LogKeeper)) as fetch:
        assert (await inspect(fetch, house.port(LogKeeper).key)).size == 65_600
        assert len(await fetch("tile/1/000") or b"") == 8192


async def test_one_run_places_so_many_and_leaves_the_rest(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood is taken in over several runs; each leaves a whole log behind."""
    monkeypatch.setattr(service, "BATCH", 3)
    monkeypatch.setattr(jobs, "_MOST_BATCHES", 2)
    await fill(db, entries_of(10), house)
    assert await count(db) == (6, 6, 4)


async def test_a_head_that_the_entries_do_not_lead_to_is_found(db: Database, house: House) -> None:
    """Even well signed, a head over another tree is a lie."""
    files = await files_of(db, house, 3)
    keeper = house.port(LogKeeper)
    lie = sign_checkpoint(keeper.signer, keeper.origin, 3, bytes(32)).spell().encode()
    with pytest.raises(LogFaultError, match="another root"):
        await inspect(served({**files, "checkpoint": lie}), keeper.key)
    with pytest.raises(LogFaultError, match="there is none"):
        await inspect(served({}), keeper.key)
    async with db.transaction() as session:
        assert await service.find_proof(session, b"entry 0") is not None
