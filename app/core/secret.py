"""The instance's secret: from the settings, or made once in the data folder."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.core.settings import Settings


def load_secret(settings: Settings) -> bytes:
    """Answer the secret's bytes; without a setting it is made and kept in `<data>/secret` (owner only)."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data_dir / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may start at once: each writes its own file, the first link wins, both read the winner.
    if not path.exists():
        draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip().encode()
