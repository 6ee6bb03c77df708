"""STUN Binding requests of ICE checks: read them, prove them, answer them (RFC 8489, RFC 8445).

Comes in: a datagram that begins like STUN. Goes out: a `BindingRequest`, or None for all that is
not one; and the bytes of a response. Never raises for what a peer sends, and never writes a
response longer than an error deserves.
"""

import hmac
import ipaddress
import struct
import zlib
from typing import NamedTuple

MAGIC_COOKIE = 0x2112A442
"""RFC 8489 §5."""

BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111
SUCCESS_BYTES = BINDING_SUCCESS.to_bytes(2, "big")

BAD_REQUEST = 400
UNAUTHENTICATED = 401
UNKNOWN_ATTRIBUTE = 420

_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_ERROR_CODE = 0x0009
_MESSAGE_INTEGRITY_SHA256 = 0x001C
_XOR_MAPPED_ADDRESS = 0x0020
_PRIORITY = 0x0024
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_ICE_CONTROLLING = 0x802A

_PEER_REFLEXIVE_PRIORITY = 110 << 24 | 0xFFFF << 8 | 0xFF
"""RFC 8445 §7.1.1: what a candidate that the check reveals would have."""

_UNDERSTOOD = frozenset(
    {_USERNAME, _MESSAGE_INTEGRITY, _MESSAGE_INTEGRITY_SHA256, _PRIORITY, _USE_CANDIDATE}
)
_OPTIONAL = 0x8000
"""Attribute types from here on may be ignored when unknown (RFC 8489 §14)."""

_FINGERPRINT_XOR = 0x5354554E
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_NUMBER = struct.Struct("!I")
_INTEGRITY_BYTES = 20

Address = tuple[str, int] | tuple[str, int, int, int]
"""As a socket names the peer: IPv6 has a flow label and a scope too."""


class BindingRequest(NamedTuple):
    """A well-formed request; whether it is genuine, `is_genuine` says."""

    transaction: bytes
    username: bytes | None
    use_candidate: bool
    integrity: bytes | None
    covered: bytes
    """What the integrity covers, its length field already as it was then."""
    has_fingerprint: bool
    unknown: bool
    """An attribute that must be understood is not."""

    @property
    def ufrag(self) -> str:
        """The receiver's username fragment, which is ours (RFC 8445 §7.2.2)."""
        return (self.username or b"").partition(b":")[0].decode("ascii", "replace")

    def is_genuine(self, password: str) -> bool:
        """Whether it was made by someone who knows *password*."""
        if self.integrity is None:
            return False
        expected = hmac.digest(password.encode(), self.covered, "sha1")
        return hmac.compare_digest(self.integrity, expected)


def read_request(data: bytes) -> BindingRequest | None:
    """The request in *data*; None for anything else, a wrong fingerprint included."""
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if cookie != MAGIC_COOKIE or kind != BINDING_REQUEST or length != len(data) - _HEADER.size:
        return None
    found = _attributes(data)
    if found is None or not _fingerprint_fits(data, found):
        return None
    position, integrity = found.get(_MESSAGE_INTEGRITY, (0, None))
    return BindingRequest(
        transaction=transaction,
        username=found.get(_USERNAME, (0, None))[1],
        use_candidate=_USE_CANDIDATE in found,
        integrity=integrity,
        covered=_covered(data, position),
        has_fingerprint=_FINGERPRINT in found,
        unknown=any(kind < _OPTIONAL and kind not in _UNDERSTOOD for kind in found),
    )


def _attributes(data: bytes) -> dict[int, tuple[int, bytes]] | None:
    """The first attribute of each type with its position; None when they do not fill the body."""
    found: dict[int, tuple[int, bytes]] = {}
    position, end = _HEADER.size, len(data)
    while position < end:
        if position + _ATTRIBUTE.size > end:
            return None
        kind, length = _ATTRIBUTE.unpack_from(data, position)
        value = data[position + _ATTRIBUTE.size : position + _ATTRIBUTE.size + length]
        if len(value) != length:
            return None
        # RFC 8489 §14.5: what follows MESSAGE-INTEGRITY, but for FINGERPRINT, MUST be ignored.
        if kind not in found and (_MESSAGE_INTEGRITY not in found or kind == _FINGERPRINT):
            found[kind] = (position, value)
        position += _ATTRIBUTE.size + length + (-length % 4)
    return found


def _covered(data: bytes, position: int) -> bytes:
    """The message before the attribute, with the length that ends with it (RFC 8489 §14.5)."""
    length = position + _ATTRIBUTE.size + _INTEGRITY_BYTES - _HEADER.size
    return data[0:2] + length.to_bytes(2, "big") + data[4:position]


def _fingerprint_fits(data: bytes, found: dict[int, tuple[int, bytes]]) -> bool:
    """Whether there is none, or it is right."""
    if _FINGERPRINT not in found:
        return True
    position, value = found[_FINGERPRINT]
    # RFC 8489 §14.7: it is the last attribute, and the length of the message counts it.
    return len(data) == position + 8 and value == _fingerprint(data[:position])


def _fingerprint(message: bytes) -> bytes:
    return _NUMBER.pack(zlib.crc32(message) ^ _FINGERPRINT_XOR)


def success(request: BindingRequest, address: Address, password: str) -> bytes:
    """The response that tells the peer its own *address*."""
    mapped = _attribute(_XOR_MAPPED_ADDRESS, _xor_address(address, request.transaction))
    return _signed(BINDING_SUCCESS, request.transaction, mapped, password)


def request(transaction: bytes, username: str, password: str, tie_breaker: int) -> bytes:
    """A check of a controlling agent that nominates at once (RFC 8445 §7.1.1, §7.1.2)."""
    name = username.encode()
    body = _attribute(_USERNAME, name)
    body += _attribute(_PRIORITY, _NUMBER.pack(_PEER_REFLEXIVE_PRIORITY))
    body += _attribute(_ICE_CONTROLLING, tie_breaker.to_bytes(8, "big"))
    body += _attribute(_USE_CANDIDATE, b"")
    return _signed(BINDING_REQUEST, transaction, body, password)


def read_success(data: bytes, password: str) -> bytes | None:
    """The transaction that *data* is the genuine success response of; None for anything else."""
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if cookie != MAGIC_COOKIE or kind != BINDING_SUCCESS or length != len(data) - _HEADER.size:
        return None
    found = _attributes(data)
    if found is None or not _fingerprint_fits(data, found) or _MESSAGE_INTEGRITY not in found:
        return None
    position, integrity = found[_MESSAGE_INTEGRITY]
    expected = hmac.digest(password.encode(), _covered(data, position), "sha1")
    return bytes(transaction) if hmac.compare_digest(integrity, expected) else None


def error(request: BindingRequest, code: int) -> bytes:
    """An error response without words: never longer than a request with a fingerprint."""
    body = _attribute(_ERROR_CODE, bytes((0, 0, code // 100, code % 100)))
    return _HEADER.pack(BINDING_ERROR, len(body), MAGIC_COOKIE, request.transaction) + body


def _signed(kind: int, transaction: bytes, body: bytes, password: str) -> bytes:
    """A message with MESSAGE-INTEGRITY and FINGERPRINT (RFC 8445 §7.3: both MUST be there)."""
    length = len(body) + _ATTRIBUTE.size + _INTEGRITY_BYTES
    message = _HEADER.pack(kind, length, MAGIC_COOKIE, transaction) + body
    integrity = hmac.digest(password.encode(), message, "sha1")
    message += _attribute(_MESSAGE_INTEGRITY, integrity)
    message = message[:2] + (length + 8).to_bytes(2, "big") + message[4:]
    return message + _attribute(_FINGERPRINT, _fingerprint(message))


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _xor_address(address: Address, transaction: bytes) -> bytes:
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    pad = _NUMBER.pack(MAGIC_COOKIE) + transaction
    family = 1 if ip.version == 4 else 2  # noqa: PLR2004 - RFC 8489 §14.1
    masked = bytes(left ^ right for left, right in zip(ip.packed, pad, strict=False))
    return struct.pack("!BBH", 0, family, address[1] ^ (MAGIC_COOKIE >> 16)) + masked
