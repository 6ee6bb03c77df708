"""Answers that are kept for an Idempotency-Key, unreadable without it. Pure but for a nonce.

Comes in: the key that a client made up. Goes out: the name of its row, and its answer as the row
holds it. The key itself is not stored: an answer may hold a token or a webhook's secret, which
who reads the database must not learn.
"""

import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def name(key: str) -> str:
    """What the row is found by."""
    return hashlib.sha256(b"name\n" + key.encode()).hexdigest()


def seal(key: str, answer: bytes) -> bytes:
    """*answer* as the row holds it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, answer, None)


def unseal(key: str, sealed: bytes) -> bytes:
    """The answer; raises `cryptography.exceptions.InvalidTag` for another key."""
    return _cipher(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)


def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"answer\n" + key.encode()).digest())
