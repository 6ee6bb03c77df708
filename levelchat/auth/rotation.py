"""Rotation of the key that signs room tokens.

Comes in: the data folder and now. Goes out: a new key in it; the old ones verify as long as a
token that they signed may live. Servers that run notice by themselves.
"""

import fcntl
import os
from pathlib import Path

from levelchat.auth import keys
from levelchat.auth.keys import KEY_FILE, RETIRED_FILE, TokenKeys
from levelchat.auth.token import LEEWAY, MAX_TTL

RETIRED_SECONDS = MAX_TTL + LEEWAY
"""A token that was signed in the key's last second is good for so long."""
_LOCK_FILE = "lock"


def rotate(data: Path, now: int, *, at_once: bool = False) -> TokenKeys:
    """A new key signs from *now* (seconds since the Unix epoch).

    The former ones go on verifying for `RETIRED_SECONDS`; with *at_once* they do not, and every
    token out there is refused: for a key that leaked.
    """
    before = keys.load_or_create(data)
    folder = data / "keys"
    lock = os.open(folder / _LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        # Of two rotations at once, the second retires the key of the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = keys.load_or_create(data)
        retired = [] if at_once else _retired(before, data, now)
        keys.write(folder / RETIRED_FILE, retired)
        keys.write(folder / KEY_FILE, keys.generate().as_dict(private=True))
    finally:
        os.close(lock)
    return keys.load_or_create(data)


def _retired(before: TokenKeys, data: Path, now: int) -> list[dict[str, object]]:
    former = before.signing
    still = [
        {"key": key.as_dict(private=False), "until": until}
        for key, until in keys.read_retired(data)
        if until > now and key.kid != former.kid
    ]
    return [*still, {"key": former.as_dict(private=False), "until": now + RETIRED_SECONDS}]
