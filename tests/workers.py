"""Workers forked from one process that has read the house and the tests, instead of each reading them by itself.

pytest-xdist begins each worker as a program of its own, which takes 20 seconds of CPU to be ready: slipcover puts its
probes into every module, and pytest collects thousands of tests. Where all tests run, that program is this file
(execnet's `popen//python=`): it asks the one process that has done all this for a child, and lends it its streams.
"""

import os
import select
import socket
import sys

WHO_ASKS = b"worker"


def ask(door: str) -> None:
    """Be a worker: a child of who has read everything reads and writes for us. Ends with it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(door)
        socket.send_fds(line, [WHO_ASKS], [0, 1, 2])
        for number in (0, 1):
            os.close(number)
        line.recv(1)  # answers with nothing once the child is gone


class Parent:
    """A plugin of a pytest that only collects: it stays where everything is read, and forks whoever asks.

    `door` is where they ask. It ends with the process that holds the other end of its input.
    """

    def __init__(self, door: socket.socket) -> None:
        self._door = door

    def pytest_collection_finish(self) -> None:
        """Fork until there is nobody any more who could ask."""
        import signal
        import threading

        if threading.active_count() > 1:
            os.write(2, f"a fork copies one thread only: {threading.enumerate()}\n".encode())
            os._exit(1)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([self._door, 0], [], [])
            if 0 in ready:
                os._exit(0)
            line, _ = self._door.accept()
            _, streams, _, _ = socket.recv_fds(line, len(WHO_ASKS), 3)
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self._door.close()
                _work(streams)
            line.close()
            for stream in streams:
                os.close(stream)


def _work(streams: list[int]) -> None:
    """Do what a program that execnet begins does; `line` of the one who asked is open until we are gone."""
    import atexit
    import traceback

    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, buffering=1, closefd=False)  # noqa: SIM115 - streams, open to the end
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    except BaseException:  # noqa: BLE001 - the last frame: whatever it is, it is told
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        os._exit(0)


def read_and_fork(door: socket.socket) -> None:
    """Read everything as a worker does, and fork."""
    import pytest

    # No plugin that holds streams, hooks or a seed of its process: each child has its own.
    without = ("faulthandler", "unraisableexception", "threadexception", "randomly", "cacheprovider")
    options = ["--collect-only", "-q", "-s", *(f"-pno:{name}" for name in without)]
    pytest.main(options, plugins=[Parent(door)])


if __name__ == "__main__":
    if sys.argv[1] == "read":
        read_and_fork(socket.socket(fileno=int(sys.argv[2])))
    else:
        ask(sys.argv[1])
