"""The secret that hashes of API keys and login tokens are keyed with.

Comes in: the data folder. Goes out: 32 bytes, made on first use. Without them every key would have
to be made anew, so they belong into the backup; replicas that share a database share them.
"""

from pathlib import Path

from rooms import keyfile

PEPPER_FILE = "key-pepper"


def load_or_create(data: Path) -> bytes:
    """The pepper under *data*."""
    return keyfile.load_or_create(data, PEPPER_FILE)
