"""Serving: the web server and the worker, in one process tree that ends together."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
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


def app_from_environment() -> FastAPI:
    """The application of a web process (uvicorn's factory); the parent put the database's address in place."""
    logging.configure()
    settings = Settings()
    if settings.database_url is None:
        raise RuntimeError("CHOPHIEN_DATABASE_URL is not set: start through `chophien serve`")
    return create_app(make_house(settings, settings.database_url))


class WorkerKeeper:
    """Keeps one worker process alive; it ends when we end, however we end, because its stdin closes."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        self._thread.start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "worker", "--follow"],
                stdin=subprocess.PIPE,
                env=self._environment,
            )
            self._process.wait()
            self._stopping.wait(RESTART_PAUSE_S)

    def stop(self) -> None:
        """Let the worker finish the job in hand, then end it."""
        self._stopping.set()
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


def serve(settings: Settings, url: str, *, host: str, port: int, workers: int, with_worker: bool) -> None:
    """Serve until a signal comes; `url` is a database that answers and has the newest shape."""
    os.environ["CHOPHIEN_DATABASE_URL"] = url
    keeper = WorkerKeeper(dict(os.environ)) if with_worker else None
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
