"""Compact JWS with Ed25519 (RFC 7515 §3.1, RFC 8037): `EdDSA` and no other algorithm. Pure.

Comes in: a payload and a key, or a token and a way to find keys. Goes out: the token, or the
payload that its signature covers. What it says is not looked at.
"""

import base64
import binascii
import re
from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"

FindKey = Callable[[str], Ed25519PublicKey | None]
"""The key of that `kid`."""

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str
    crit: object = None


_header = msgspec.json.Decoder(_Header)


class Signer:
    """Signs with one key; what is the same in every token is prepared."""

    def __init__(self, key: Ed25519PrivateKey, kid: str) -> None:
        self._key = key
        self._head = _encoded(msgspec.json.encode({"alg": ALGORITHM, "kid": kid})) + b"."

    def sign(self, payload: bytes) -> str:
        """*payload*, signed."""
        covered = self._head + _encoded(payload)
        return (covered + b"." + _encoded(self._key.sign(covered))).decode()


def payload(token: str, find: FindKey) -> bytes:
    """What *token* holds, once its signature is proved; raises `ValueError`."""
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise ValueError("it is not a compact JWS")
    head, body, signature = parts.groups()
    try:
        header = _header.decode(_decoded(head))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"its header is wrong: {error}") from error
    # RFC 8725 §3.1: "Libraries MUST enable the caller to specify a supported set of algorithms
    # and MUST NOT use any other algorithms".
    if header.alg != ALGORITHM:
        raise ValueError(f"its algorithm is not {ALGORITHM}")
    # RFC 7515 §4.1.11: extensions that are not understood make the JWS invalid; we know of none.
    if header.crit is not None:
        raise ValueError("its header has critical extensions")
    key = find(header.kid)
    if key is None:
        raise ValueError("no key that this server knows signed it")
    try:
        key.verify(_decoded(signature), f"{head}.{body}".encode())
    except InvalidSignature as error:
        raise ValueError("its signature is wrong") from error
    return _decoded(body)


def _encoded(data: bytes) -> bytes:
    """RFC 7515 §2: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("it is not base64url") from error
