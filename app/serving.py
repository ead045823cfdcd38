"""Serving: the web server and the worker, in one process tree that ends together."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from app.core import logging
from app.core.jobs import Jobs
from app.core.settings import Settings
from app.main import create_app
from app.wiring import make_house, wire_jobs

if TYPE_CHECKING:
    from fastapi import FastAPI

RESTART_PAUSE_S = 1.0
WEB_FIRST_S = 10.0


class AddressTakenError(Exception):
    """Nobody can be served at the address that was asked for; the text is for the person who started us."""


def app_from_environment() -> FastAPI:
    """The application of a web process (uvicorn's factory); the parent put the database's address in place."""
    logging.configure()
    settings = Settings()
    if settings.database_url is None:
        raise RuntimeError("CHOPHIEN_DATABASE_URL is not set: start through `chophien serve`")
    _end_with_parent()
    return create_app(make_house(settings, settings.database_url))


def _end_with_parent() -> None:
    """One of several web processes ends when the one that started it is gone, even by `kill -9`."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class WorkerKeeper:
    """Keeps one worker process alive; it ends when we end, however we end, because its stdin closes."""

    def __init__(self, environment: dict[str, str], *, after: tuple[str, int] | None = None) -> None:
        self._environment = environment
        self._after = after
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        self._thread.start()

    def _wait_for_web(self) -> None:
        """Let the web come up first: visitors wait for it, and both would start at the pace of one."""
        deadline = time.monotonic() + WEB_FIRST_S
        while self._after is not None and time.monotonic() < deadline and not self._stopping.wait(0.1):
            with contextlib.suppress(OSError), socket.create_connection(self._after, timeout=1):
                return

    def _keep(self) -> None:
        self._wait_for_web()
        while True:
            with self._starting:  # so that no worker begins behind the back of `stop`
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "app.cli", "worker", "--follow"],
                    stdin=subprocess.PIPE,
                    env=self._environment,
                    start_new_session=True,  # Ctrl-C in the terminal is ours to handle
                )
            self._process.wait()
            self._stopping.wait(RESTART_PAUSE_S)

    def stop(self) -> None:
        """Let the worker finish the job in hand, then end it."""
        self._stopping.set()
        with self._starting:
            process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._thread.join(5)


def _greeting(settings: Settings, url: str, host: str, port: int) -> str:
    lines = ["", f"  Chợ Phiên đã mở: http://{host}:{port}"]
    if settings.demo:
        from app.demo import seeding

        links = asyncio.run(seeding.find_links(settings, url))
        base = f"http://{host}:{port}"
        lines += [
            f"  Quét thử một nhãn:      {base}{links['scan']}",
            f"  Mua thử:                {base}{links['product']}",
            f"  Đặt chuyến thăm:        {base}{links['tour']}",
            f"  Vào vai người trồng:    {base}/login  với số {links['farmer_phone']}",
            f"  Mã đăng nhập hiện ở đây và ở {base}/demo/phone",
        ]
    lines += ["  Dừng: Ctrl+C", ""]
    return "\n".join(lines)


def check_address(host: str, port: int) -> None:
    """Refuse an address that is taken before anybody is told to go there; raises AddressTakenError."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressTakenError(
            f"không mở được http://{host}:{port} ({error.strerror}); hãy chọn cổng khác với --port"
        ) from error


def serve(settings: Settings, url: str, *, host: str, port: int, workers: int, with_worker: bool) -> None:
    """Serve until a signal comes; `url` is a database that answers and has the newest shape."""
    os.environ["CHOPHIEN_DATABASE_URL"] = url
    keeper = WorkerKeeper(dict(os.environ), after=(host, port)) if with_worker else None
    sys.stdout.write(_greeting(settings, url, host, port))
    sys.stdout.flush()
    if keeper:
        keeper.start()
    try:
        uvicorn.run(
            "app.serving:app_from_environment",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        if keeper:
            keeper.stop()


def work(settings: Settings, url: str, *, until_stdin_closes: bool) -> None:
    """Run the queue until a signal comes, or until the parent that started us is gone."""
    if until_stdin_closes:

        def watch() -> None:
            sys.stdin.buffer.read()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, name="parent-watch", daemon=True).start()

    async def run() -> None:
        house = make_house(settings, url, pool_size=8)
        jobs = Jobs(house.database, house.clock)
        wire_jobs(jobs, house)
        try:
            await jobs.work()
        finally:
            await house.database.close()

    asyncio.run(run())
