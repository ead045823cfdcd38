"""The instance's secret: from the settings, or made once in the data folder; and the keys that come of it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869); ValueError when the secret is empty.

    The same secret and purpose make the same key, and no key says anything of another.
    """
    if not secret:
        raise ValueError("a key cannot be derived from an empty secret")
    return HKDF(SHA256(), length=32, salt=None, info=f"chophien/{purpose}".encode()).derive(secret)
