"""The secret that hashes of API keys are keyed with: made on first use, kept beside the keys.

Comes in: the data folder. Goes out: 32 bytes. Replicas that share a database share this file.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from levelchat.service.settings import SettingsError

PEPPER_FILE = "key-pepper"
PEPPER_BYTES = 32


def load_or_create(data: Path) -> bytes:
    """The pepper under *data*; the first call there makes one, readable by its owner only."""
    file = data / "keys" / PEPPER_FILE
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(file, secrets.token_bytes(PEPPER_BYTES))
    pepper = file.read_bytes()
    if len(pepper) != PEPPER_BYTES:
        raise SettingsError(
            f"{file} must hold {PEPPER_BYTES} bytes; restore it from a backup, or delete it and "
            "make new API keys"
        )
    return pepper


def _write_once(file: Path, pepper: bytes) -> None:
    """Several that start at once must end with one pepper: all but the first fail to link."""
    # mkstemp makes the file readable by its owner only.
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pepper)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
