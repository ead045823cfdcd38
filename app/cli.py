"""The `chophien` command: run, prepare, look after one instance."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from logging import WARNING
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.core import logging, migrations
from app.core.postgres import EmbeddedPostgres, PostgresError, wait_until_ready
from app.core.settings import Settings
from app.setup import prepare

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Chợ Phiên: phiên chợ của bà con vùng cao."
)
seed_cli = typer.Typer(no_args_is_help=True, help="Nạp dữ liệu.")
demo_cli = typer.Typer(no_args_is_help=True, help="Bản dùng thử.")
cli.add_typer(seed_cli, name="seed")
cli.add_typer(demo_cli, name="demo")
outbox_cli = typer.Typer(no_args_is_help=True, help="Việc ghi trên máy điện thoại.")
cli.add_typer(outbox_cli, name="outbox")
log_cli = typer.Typer(no_args_is_help=True, help="Sổ công khai, không ai sửa lén được.")
cli.add_typer(log_cli, name="log")
keys_cli = typer.Typer(no_args_is_help=True, help="Khóa cho chương trình khác.")
cli.add_typer(keys_cli, name="keys")
ledger_cli = typer.Typer(no_args_is_help=True, help="Sổ sách.")
cli.add_typer(ledger_cli, name="ledger")
taxes_cli = typer.Typer(no_args_is_help=True, help="Thuế giữ hộ.")
cli.add_typer(taxes_cli, name="taxes")

DATABASE = "chophien"
DOCTORS_PATIENCE_S = 5


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def _progress(text: str) -> None:
    """Say what is being done on standard error: standard output belongs to answers."""
    typer.echo(f"  … {text}", err=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End by way of every `finally`: the last one out stops the database."""
    raise SystemExit(128 + number)


def _end_gently_on_signals() -> None:
    """Make SIGTERM, and the end of the terminal, leave like Ctrl-C does; without it they kill on the spot.

    uvicorn and the worker take SIGTERM over while they run, and hand it back to us when they are done.
    """
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` means it
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"Chưa chạy được: {reason}", err=True)
    raise SystemExit(1)


@contextlib.contextmanager
def opened_database(settings: Settings, *, patience_s: float = 30) -> Iterator[str]:
    """The address of a database that answers: the server of the settings, or the embedded one, started for us.

    Raises PostgresError; a server of the settings gets `patience_s` seconds to answer.
    """
    if settings.database_url:
        wait_until_ready(settings.database_url, patience_s)
        yield settings.database_url
        return
    words = {"initdb": "tạo cơ sở dữ liệu (chỉ lần đầu)", "start": "bật cơ sở dữ liệu"}
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    server.start(progress=lambda step: _progress(words.get(step, step)))
    try:
        if not server.has_database(DATABASE):
            server.create_database(DATABASE)
        yield server.url(DATABASE)
    finally:
        server.stop()


def _prepare(url: str) -> None:
    if not migrations.is_current(url):
        _progress("dựng bảng và nạp danh mục xã phường")
        prepare(url)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Read modules with the collector at rest: what they make stays, and it would look through all of it, many times."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _settings(**overrides: object) -> Settings:
    logging.configure()
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each by its own field
    except ValidationError as error:
        _refuse("; ".join(_fault(fault) for fault in error.errors()))


def _fault(fault: ErrorDetails) -> str:
    """One wrong setting in one line; its value is not repeated, it may be a secret."""
    name = "_".join(str(part) for part in fault["loc"]).upper()
    said = fault["msg"].removeprefix("Value error, ")
    return f"CHOPHIEN_{name}: {said}" if name else said


@cli.command()
def serve(
    host: Annotated[str, typer.Option(envvar="CHOPHIEN_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="CHOPHIEN_PORT")] = 8000,
    workers: Annotated[int, typer.Option(min=1, envvar="CHOPHIEN_WORKERS")] = 1,
    *,
    worker: Annotated[bool, typer.Option(help="Run the job worker too.")] = True,
) -> None:
    """Serve the web and run the worker in one process tree."""
    with _reading():
        from app import family, serving

    if "CHOPHIEN_PUBLIC_URL" not in os.environ:
        os.environ["CHOPHIEN_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    settings = _settings()
    try:
        door = serving.open_door(host, port)
    except serving.AddressTakenError as error:
        _refuse(str(error))
    with opened_database(settings) as url:

        def make_ready() -> None:
            try:
                _prepare(url)
            except PostgresError as error:
                _refuse(str(error))
            if settings.demo:
                _progress("xem phiên chợ dùng thử")
                _seed(settings, url)
            serving.greet(settings, url, door)

        family.apart(make_ready)
        raise SystemExit(serving.serve(settings, url, door=door, workers=workers, with_worker=worker))


@cli.command()
def worker() -> None:
    """Run the job worker alone."""
    with _reading():
        from app import serving

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        serving.work(settings, url)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest shape and load the facts that every instance needs."""
    settings = _settings()
    with opened_database(settings) as url:
        prepare(url)
    _say("Cơ sở dữ liệu đã ở bản mới nhất.")


def _seed(settings: Settings, url: str) -> None:
    with _reading():
        from app.demo import seeding

    if asyncio.run(seeding.seed(settings, url)):
        _progress("đã nạp phiên chợ dùng thử")


@seed_cli.command("demo")
def seed_demo() -> None:
    """Load the demo fair; doing it again changes nothing."""
    settings = _settings(demo=True)
    with opened_database(settings) as url:
        _prepare(url)
        _seed(settings, url)
    _say("Phiên chợ dùng thử đã sẵn sàng.")


@demo_cli.command("links")
def demo_links(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Where to look in the demo, and with which phones to log in."""
    with _reading():
        from app.demo import seeding

    settings = _settings(demo=True)
    with opened_database(settings) as url:
        links = asyncio.run(seeding.find_links(settings, url))
    if as_json:
        _say(json.dumps(links, ensure_ascii=False))
    else:
        for key, value in links.items():
            _say(f"{key:16} {value}")


@cli.command()
def doctor() -> None:
    """Say in plain words what works and what is missing; exits 1 when something is."""
    with _reading():
        from app import caretaking

    settings = _settings()
    try:
        with opened_database(settings, patience_s=DOCTORS_PATIENCE_S) as url:
            findings = caretaking.examine(settings, url)
    except PostgresError as error:
        findings = [caretaking.Finding(is_good=False, words=f"Cơ sở dữ liệu không chạy: {error}")]
    for finding in findings:
        _say(("✓ " if finding.is_good else "✗ ") + finding.words)
    raise typer.Exit(0 if all(finding.is_good for finding in findings) else 1)


@cli.command()
def backup(folder: Path) -> None:
    """Write the database and the files into a new folder."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        caretaking.backup(settings, url, folder)
    _say(f"Đã sao lưu vào {folder}.")
    if settings.files_url:
        _say("Ảnh nằm ở kho riêng (CHOPHIEN_FILES_URL), không có trong bản này: hãy sao lưu kho ấy.")


@cli.command()
def restore(folder: Path) -> None:
    """Put a backup back; refused when the instance already holds people."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        caretaking.restore(settings, url, folder)
    _say("Đã khôi phục.")


@outbox_cli.command("import")
def import_outbox(file: Path) -> None:
    """Deliver a file of unsent records that a phone wrote; the same file again changes nothing."""
    with _reading():
        from app import carrying

    settings = _settings()
    logging.configure(
        level=WARNING
    )  # each record is a request inside; standard output belongs to the answers
    text = file.read_text(encoding="utf-8")
    with opened_database(settings) as url:
        _prepare(url)
        try:
            lines, is_whole = asyncio.run(carrying.carry(settings, url, text))
        except carrying.NotTakenError as error:
            _refuse(str(error))
    for line in lines:
        _say(line)
    raise typer.Exit(0 if is_whole else 1)


@log_cli.command("verify")
def verify_log(
    source: Annotated[
        str | None, typer.Argument(help="https://.../log, or a folder; own log if unset")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The log's key, or a file that holds it.")] = None,
) -> None:
    """Compute a log anew from its own files; exits 1 at the first thing that is not right."""
    with _reading():
        from app import witnessing

    settings = _settings()
    try:
        if source is None:
            with opened_database(settings) as url:
                size, events = asyncio.run(witnessing.verify_own(settings, url))
            _say(f"Đúng: {size} dòng trong sổ, {events} sự kiện khớp từng chữ.")
        else:
            size = asyncio.run(witnessing.verify_other(settings, source, key))
            _say(f"Đúng: {size} dòng trong sổ.")
    except witnessing.CommandError as error:
        _refuse(str(error))


@log_cli.command("key")
def show_log_key() -> None:
    """Print the key of this instance's log, and its key as a witness of others."""
    with _reading():
        from app import witnessing

    for line in witnessing.show_keys(_settings()):
        _say(line)


@cli.command("verify")
def verify_file(
    file: Path,
    key: Annotated[str | None, typer.Option(help="The log's key, or a file that holds it.")] = None,
) -> None:
    """Check a downloaded proof without any network; the key is this instance's unless it is given."""
    with _reading():
        from app import witnessing

    settings = _settings()
    try:
        for line in witnessing.verify_file(settings, file.read_text(encoding="utf-8"), key):
            _say(line)
    except (witnessing.CommandError, OSError, UnicodeDecodeError) as error:
        _refuse(str(error))


@cli.command()
def witness(
    source: Annotated[str, typer.Argument(help="https://.../log of the other instance")],
    key: Annotated[str, typer.Option(help="The log's key, or a file that holds it.")],
) -> None:
    """Look whether another log goes on from what we saw last, and sign its head."""
    with _reading():
        from app import witnessing

    try:
        size = asyncio.run(witnessing.witness(_settings(), source, key))
    except witnessing.CommandError as error:
        _refuse(str(error))
    _say(f"Đã làm chứng cho sổ có {size} dòng.")


@keys_cli.command("create")
def create_key(
    kind: Annotated[str, typer.Option(help="octo, epcis or inspector")],
    name: Annotated[str, typer.Option(help="Whose key it is.")],
    *,
    party: Annotated[
        str | None, typer.Option(help="Their GLN (13 digits) or URI, as events name them.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")
    ] = None,
    discount: Annotated[
        float | None, typer.Option(help="octo: what the tour operator pays less than a visitor, in per cent.")
    ] = None,
    phone: Annotated[str | None, typer.Option(help="octo: whom hosts call at the tour operator.")] = None,
) -> None:
    """Make a key for a program or an inspector and print it alone: it is shown this once."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        try:
            last_day = until.date() if until else None
            made = asyncio.run(
                caretaking.create_key(
                    url,
                    kind=kind,
                    name=name,
                    party=party,
                    last_day=last_day,
                    discount_basis_points=None if discount is None else round(discount * 100),
                    phone=phone,
                )
            )
        except ValueError as error:
            _refuse(str(error))
    _say(made)


@keys_cli.command("list")
def list_keys() -> None:
    """List the keys that were made: id, kind, end, name; never the key itself."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        lines = asyncio.run(caretaking.list_keys(url))
    for line in lines:
        _say(line)


@keys_cli.command("end")
def end_key(key_id: Annotated[str, typer.Argument(help="Its id, as `keys list` shows it.")]) -> None:
    """End a key from now on."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        try:
            asyncio.run(caretaking.end_key(url, key_id))
        except ValueError as error:
            _refuse(str(error))
    _say("Khóa này không mở được gì nữa.")


@ledger_cli.command("close")
def close_ledger(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day.")] = None,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="The whole month instead of a day.")
    ] = None,
    *,
    check: Annotated[bool, typer.Option(help="Look through and change nothing.")] = False,
) -> None:
    """Look a day (yesterday unless named) or a month of the books through and close it; exits 1 when it does not fit."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        is_good, lines = asyncio.run(
            caretaking.close_books(
                url,
                day=day.date() if day else None,
                month=month.date() if month else None,
                is_check=check,
            )
        )
    for line in lines:
        _say(line)
    raise typer.Exit(0 if is_good else 1)


@taxes_cli.command("export")
def export_taxes(
    file: Annotated[Path, typer.Argument(help="A file that ends in .csv or .xlsx.")],
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month.")],
) -> None:
    """Write what was withheld from household sellers in a month, by seller and kind, for the tax return."""
    with _reading():
        from app import caretaking

    settings = _settings()
    with opened_database(settings) as url:
        _prepare(url)
        try:
            count = asyncio.run(caretaking.export_taxes(url, month=month.date(), file=file))
        except OSError as error:
            _refuse(str(error))
    _say(f"Đã ghi {count} dòng vào {file}.")


def main() -> None:
    """Run the command; a fault that we know is said in one line."""
    _end_gently_on_signals()
    try:
        cli()
    except PostgresError as error:
        _refuse(str(error))


if __name__ == "__main__":
    main()
