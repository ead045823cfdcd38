"""Serving: web processes and the worker, one family that ends together."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from app.core.jobs import Jobs
from app.core.settings import Settings
from app.family import Family, Role
from app.main import create_app
from app.wiring import make_house, read_words, wire_jobs

WEB_GRACE_S, WORKER_GRACE_S = 8.0, 10.0


class AddressTakenError(Exception):
    """Nobody can be served at the address that was asked for; the text is for the person who started us."""


def greet(settings: Settings, url: str, door: socket.socket) -> None:
    """Say where to go, and in the demo where to look."""
    host, port = door.getsockname()[:2]
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
    lines += ["  Dừng: Ctrl+C", "", ""]
    sys.stdout.write("\n".join(lines))


def open_door(host: str, port: int) -> socket.socket:
    """Take an address before anybody is told to go there; nobody is let in yet. Raises AddressTakenError."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family, kind, protocol)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(address)
        except OSError:
            door.close()
            raise
    except OSError as error:
        raise AddressTakenError(
            f"không mở được http://{host}:{port} ({error.strerror}); hãy chọn cổng khác với --port"
        ) from error
    return door


def serve(settings: Settings, url: str, *, door: socket.socket, workers: int, with_worker: bool) -> int:
    """Serve until a signal raises; `url` is a database that answers and has the newest shape.

    Answers an exit code: 0 after Ctrl-C, another one when the web cannot even begin. Raises `family.NotAloneError`.
    """

    def web() -> None:
        _serve_web(settings, url, door)

    def worker() -> None:
        door.close()
        work(settings, url)

    # A visitor whose answer is on its way when the parent is killed is cut off, as by a power cut; a job is finished.
    roles = [Role("chophien-web", web, WEB_GRACE_S, signal.SIGKILL, STARTUP_FAILURE)] * workers
    if with_worker:
        roles.append(Role("chophien-worker", worker, WORKER_GRACE_S, signal.SIGTERM))
    read_words()  # once, for every child
    try:
        return Family(roles).keep()
    except KeyboardInterrupt:
        return 0


def _serve_web(settings: Settings, url: str, door: socket.socket) -> None:
    config = uvicorn.Config(
        create_app(make_house(settings, url)),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[door])


def work(settings: Settings, url: str) -> None:
    """Run the queue until a signal comes."""

    async def run() -> None:
        house = make_house(settings, url, pool_size=8)
        jobs = Jobs(house.database, house.clock)
        wire_jobs(jobs, house)
        try:
            await jobs.work()
        finally:
            await house.database.close()

    asyncio.run(run())
