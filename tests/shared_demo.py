"""One demo for a whole run: seeding it takes most of a first start, so it is made once and copied.

When every test runs on several processes it is begun while they still collect: the browser's walks need it first.
"""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from app.core.postgres_host import POINTER
from tests.scheduling import shared_folder
from tests.serving import Instance


def demo_instance() -> Instance:
    """An instance that begins with the demo's data; not started yet."""
    instance = Instance()
    made = make_demo()
    if made is not None:
        # `-a` keeps whose a file is: the database is another account's.
        subprocess.run(["cp", "-a", str(made), str(instance.folder / "var")], check=True)
    return instance


def make_demo() -> Path | None:
    """The data of a demo that was started once and stopped; None where a copy would share the database.

    That is so where the test's folders lie below a closed parent: each instance then makes its own.
    """
    shared = shared_folder()
    shared.mkdir(mode=0o711, exist_ok=True)
    made = shared / "var"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            first = Instance()
            try:
                first.start()
                first.stop()
                if (first.folder / "var" / "postgres" / POINTER).exists():
                    return None
                (first.folder / "var").rename(made)
            finally:
                first.remove()
    return made


if __name__ == "__main__":
    make_demo()
