"""A worker that is killed in the middle of a job: another one takes the job up."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import psycopg

from tests.serving import Instance, named

PATIENCE_S = 60.0


class Carrier(ThreadingHTTPServer):
    """An SMS gateway that does not answer until it is `up`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.up = threading.Event()
        self.asked: list[str] = []
        self.taken: list[str] = []

    @property
    def url(self) -> str:
        """Where messages are handed over."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Taking(BaseHTTPRequestHandler):
    server: Carrier

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(said["text"])
        if self.server.up.wait(PATIENCE_S) and self.server.taken.append(said["to"]) is None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Nothing is written for each message."""


@contextmanager
def carrying() -> Iterator[Carrier]:
    """A gateway that is there."""
    carrier = Carrier()
    thread = threading.Thread(target=carrier.serve_forever)
    thread.start()
    try:
        yield carrier
    finally:
        carrier.up.set()
        carrier.shutdown()
        thread.join()
        carrier.server_close()


def wait_for(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_code_is_sent_though_the_worker_was_killed() -> None:
    """`kill -9` while the gateway lets it wait: half a minute later (here: at once) the next worker sends the code."""
    with carrying() as carrier:
        instance = Instance(
            demo=False,
            CHOPHIEN_SMS_CHANNEL="http",
            CHOPHIEN_SMS_URL=carrier.url,
            CHOPHIEN_SMS_TOKEN="t",
        )
        data = instance.database()
        try:
            instance.start()
            data.start()
            assert instance.process is not None
            server = instance.process.pid
            wait_for(lambda: named(server, "chophien-worker"), "the worker is there")
            asked = httpx.post(
                f"{instance.base}/login",
                data={"phone": "0912 345 678"},
                headers={"Sec-Fetch-Site": "same-origin"},
            )
            assert asked.status_code == 303, asked.text
            wait_for(lambda: carrier.asked, "the worker speaks to the gateway")
            [worker] = named(server, "chophien-worker")
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda: set(named(server, "chophien-worker")) - {worker}, "another worker is there")
            carrier.up.set()
            with psycopg.connect(data.url().replace("+psycopg", "", 1), autocommit=True) as database:
                assert database.execute(
                    "SELECT status::text FROM jobs.procrastinate_jobs WHERE task_name = 'accounts.send_otp'"
                ).fetchall() == [("doing",)]
                # The clock cannot be set forward in another process: the dead one's last sign of life is set back.
                database.execute(
                    "UPDATE jobs.procrastinate_workers SET last_heartbeat = last_heartbeat - interval '40 seconds' "
                    "WHERE id = (SELECT worker_id FROM jobs.procrastinate_jobs WHERE task_name = 'accounts.send_otp')"
                )
                wait_for(lambda: len(carrier.asked) == 2, "the next worker speaks to the gateway")
                wait_for(
                    lambda: (
                        not database.execute(
                            "SELECT 1 FROM jobs.procrastinate_jobs WHERE task_name = 'accounts.send_otp'"
                        ).fetchall()
                    ),
                    "it is done",
                )
            assert carrier.asked[0] == carrier.asked[1]
        finally:
            data.stop()
            instance.remove()
