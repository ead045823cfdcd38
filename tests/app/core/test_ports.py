"""Outward ports: files, messages, logs, the secret, settings, QR."""

from __future__ import annotations

import io
import json
import multiprocessing
from pathlib import Path

import httpx
import pytest
import structlog
from PIL import Image, ImageDraw
from pydantic import ValidationError

from app.core import http, logging, qr
from app.core.errors import NotFoundError, UpstreamError
from app.core.files import Files
from app.core.secret import load_secret
from app.core.settings import Settings
from app.core.sms import ConsoleSms, HttpSms
from tests.symbols import read_symbols


async def test_files_keep_bytes_under_keys(tmp_path: Path) -> None:
    """What was put is got back and listed by its folder; what was deleted, also twice, or never put is not found."""
    files = Files.open(None, tmp_path / "files")
    await files.put("photos/a/640.webp", b"abc")
    assert await files.get("photos/a/640.webp") == b"abc"
    await files.put("uploads/b", b"1")
    assert await files.list_keys("photos") == ["photos/a/640.webp"]
    for _time in range(2):
        await files.delete("photos/a/640.webp")
    assert await files.list_keys("photos") == []
    with pytest.raises(NotFoundError):
        await files.get("photos/a/640.webp")


async def test_files_open_a_store_by_its_address() -> None:
    """Any address of the object store's library is taken."""
    files = Files.open("memory:///", Path("unused"))
    await files.put("k", b"1")
    assert await files.get("k") == b"1"


async def test_console_keeps_messages_for_the_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Messages are printed and kept, newest first, in a file that others cannot read."""
    sms = ConsoleSms(tmp_path / "data" / "sms.log")
    assert sms.latest() == []
    await sms.send("+84912345678", "một")
    await sms.send("+84912345678", "hai")
    assert [row[2] for row in sms.latest()] == ["hai", "một"]
    assert (tmp_path / "data" / "sms.log").stat().st_mode & 0o077 == 0
    assert "SMS +84912345678: hai" in capsys.readouterr().out


async def test_http_sms_posts_and_says_when_the_carrier_refused() -> None:
    """A gateway gets JSON with our token; its refusal is an `UpstreamError`."""
    seen: list[httpx.Request] = []

    def carrier(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200 if len(seen) == 1 else 500)

    async with http.make_client(httpx.MockTransport(carrier)) as client:
        sms = HttpSms(client, "https://sms.example/send", "tok")
        await sms.send("+84912345678", "chào")
        assert json.loads(seen[0].content) == {"to": "+84912345678", "text": "chào"}
        assert seen[0].headers["authorization"] == "Bearer tok"
        with pytest.raises(UpstreamError):
            await sms.send("+84912345678", "chào")


def test_logs_are_json_with_phones_masked() -> None:
    """A log line is one JSON object and never shows a whole phone number."""
    kept = structlog.get_config()
    out = io.BytesIO()
    try:
        logging.configure()
        structlog.configure(logger_factory=structlog.BytesLoggerFactory(file=out))
        structlog.get_logger().info("sent", to="+84912345678", request_id="84912345678", count=3)
    finally:
        structlog.configure(**kept)
    line = json.loads(out.getvalue())
    assert line["to"] == "+8491***678" or "***" in line["to"]
    assert "912345" not in line["to"]
    assert line["request_id"] == "84912345678"
    assert line["count"] == 3


def _make(folder: str, queue: multiprocessing.Queue[bytes]) -> None:
    queue.put(load_secret(Settings(data_dir=Path(folder))))


def test_the_secret_is_made_once_also_by_two_processes(tmp_path: Path) -> None:
    """Processes that start together agree on one secret, which only the owner may read."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[bytes] = context.Queue()
    children = [context.Process(target=_make, args=(str(tmp_path), queue)) for _ in range(2)]
    for child in children:
        child.start()
    secrets = {queue.get(timeout=60) for _ in children}
    for child in children:
        child.join(30)
    assert secrets == {load_secret(Settings(data_dir=tmp_path))}
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_lost_race_for_the_secret_reads_the_winners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second keeps the first one's secret."""
    winner = tmp_path / "secret"
    real = Path.exists

    def appears_after_the_look(path: Path) -> bool:
        if path == winner and not real(winner):
            winner.write_text("w" * 64)
            return False
        return real(path)

    monkeypatch.setattr(Path, "exists", appears_after_the_look)
    assert load_secret(Settings(data_dir=tmp_path)) == b"w" * 64


def test_a_secret_of_the_settings_wins(tmp_path: Path) -> None:
    """A given key is used as it is, and nothing is written."""
    assert load_secret(Settings(data_dir=tmp_path, secret_key="x" * 40)) == b"x" * 40
    assert list(tmp_path.iterdir()) == []


PRODUCTION = {
    "env": "production",
    "secret_key": "s" * 32,
    "public_url": "https://chophien.example",
    "sms_channel": "http",
    "bank_account": "1",
    "bank_account_name": "X",
}


def test_production_starts_with_everything_set() -> None:
    """A complete production setting is accepted and is secure."""
    assert Settings.model_validate(PRODUCTION).is_secure
    assert not Settings().is_secure


@pytest.mark.parametrize(
    "change",
    [
        {"demo": True},
        {"secret_key": None},
        {"secret_key": "short"},
        {"public_url": "http://x"},
        {"sms_channel": "console"},
        {"bank_account": ""},
        {"bank_account_name": ""},
        {"vnpay_secret": "secret"},
        {"momo_secret": "secret"},
        {"zalopay_key2": "secret"},
    ],
)
def test_production_refuses_what_is_only_safe_at_home(change: dict[str, object]) -> None:
    """Each default that would let a stranger in or lose money stops the start."""
    with pytest.raises(ValidationError, match="production needs"):
        Settings.model_validate(PRODUCTION | change)


def test_production_takes_a_wallet_at_its_own_address() -> None:
    """A wallet whose address was given is taken for what it is."""
    asked = {"momo_secret": "secret", "momo_api_url": "https://payment.momo.vn"}
    assert Settings.model_validate(PRODUCTION | asked).momo_secret == "secret"


@pytest.mark.parametrize(
    "text", ["A", "https://chophien.example/01/09521234000013/10/TC261112A/21/ABCDEFGH2345", "x" * 300]
)
def test_a_qr_symbol_decodes_to_its_text(text: str) -> None:
    """What we draw is what a reader reads."""
    matrix = qr.modules(text)
    side = len(matrix) + 2 * qr.QUIET_ZONE
    image = Image.new("L", (side * 4, side * 4), 255)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                left, top = (x + qr.QUIET_ZONE) * 4, (y + qr.QUIET_ZONE) * 4
                draw.rectangle((left, top, left + 3, top + 3), fill=0)
    assert read_symbols(image) == [text]


def test_a_qr_picture_is_one_path_with_a_spoken_label() -> None:
    """The SVG covers exactly the dark modules and says what it is."""
    picture = qr.svg("A", label='Mã "A" <&>')
    assert 'aria-label="Mã &quot;A&quot; &lt;&amp;>"' in picture
    drawn = set()
    for line in qr.path(qr.modules("A"), offset=0).split("M")[1:]:
        x, row = (float(number) for number in line.partition("h")[0].split(" "))
        for run in line.partition("h")[2].split("h"):
            length, _, gap = run.partition("m")
            drawn |= {(int(row), int(x) + step) for step in range(int(length))}
            x += int(length) + int(gap.partition(" ")[0] or 0)
    dark = {(y, x) for y, cells in enumerate(qr.modules("A")) for x, cell in enumerate(cells) if cell}
    assert drawn == dark
