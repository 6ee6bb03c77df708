"""API keys and login tokens as text: how they look, and what the store keeps of them. Pure.

Comes in: randomness, text, the pepper. Goes out: `lc_pk_<id>.<secret>` and keyed hashes. Secrets
have 256 bits, so a fast hash is enough; the pepper makes a stolen table worth nothing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

import msgspec

from rooms.errors import KeyInvalid

KEY_PREFIX = "lc_pk_"
ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 16
SECRET_BYTES = 32
HASH_BYTES = 32

# rooms.md §4: `Authorization: Bearer lc_pk_<key id>.<secret>`.
_KEY = re.compile(r"lc_pk_([0-9a-z]{16})\.([A-Za-z0-9_-]{43})")
_UNKNOWN_HASH = bytes(HASH_BYTES)


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its owner holds it."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        return f"{KEY_PREFIX}{self.id}.{self.secret}"


def new_key(choose: Callable[[str], str], random_bytes: Callable[[int], bytes]) -> ApiKey:
    """A new key; *choose* and *random_bytes* are unpredictable (`secrets`)."""
    return ApiKey("".join(choose(ID_LETTERS) for _ in range(ID_LENGTH)), new_secret(random_bytes))


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """256 bits as text that needs no quoting anywhere."""
    return base64.urlsafe_b64encode(random_bytes(SECRET_BYTES)).rstrip(b"=").decode()


def parse_key(text: str) -> ApiKey:
    """The key in *text*; raises `KeyInvalid` when it cannot be one."""
    found = _KEY.fullmatch(text)
    if found is None:
        raise KeyInvalid("this is no API key: one looks like lc_pk_<id>.<secret>")
    return ApiKey(found[1], found[2])


def keyed_hash(pepper: bytes, secret: str) -> bytes:
    """What the store keeps of *secret*."""
    return hmac.digest(pepper, secret.encode(), hashlib.sha256)


def proves(pepper: bytes, secret: str, stored: bytes | None) -> bool:
    """Whether *stored* was made of *secret*; None, for an unknown key, takes as long."""
    made = keyed_hash(pepper, secret)
    return hmac.compare_digest(made, _UNKNOWN_HASH if stored is None else stored)
