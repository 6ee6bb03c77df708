"""A secret that is made on first use and kept beside the keys.

Comes in: the data folder and the secret's name. Goes out: its bytes. Replicas that share a
database share these files.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from levelchat.service.settings import SettingsError

KEY_BYTES = 32


def load_or_create(data: Path, name: str) -> bytes:
    """The secret *name* under *data*; the first call makes it, readable by its owner only."""
    file = data / "keys" / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, secrets.token_bytes(KEY_BYTES))
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{file} must hold {KEY_BYTES} bytes; restore it from a backup")
    return key


def _write_once(file: Path, key: bytes) -> None:
    """Several that start at once must end with one key: all but the first fail to link."""
    # mkstemp makes the file readable by its owner only.
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
