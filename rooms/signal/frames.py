"""Server-to-client WebSocket frames as bytes (RFC 6455 §5.2). Pure.

Comes in: messages. Goes out: frames, rendered once and written to as many sockets as want them:
what a server sends is not masked, so that it is the same for all.
"""

import struct

import msgspec

from levelchat.contract.signal import ServerMessage

_FINAL_TEXT = 0x81
_FINAL_CLOSE = 0x88
_FINAL_PING = 0x89
_FINAL_PONG = 0x8A
_SHORT = 125
"""RFC 6455 §5.2: "if 0-125, that is the payload length"; and the most that a control frame has."""
_MEDIUM = 0xFFFF

_encode = msgspec.json.Encoder().encode
_medium = struct.Struct("!BBH").pack
_long = struct.Struct("!BBQ").pack
_code = struct.Struct("!H").pack
_instant = struct.Struct("!Q")


def message(said: ServerMessage) -> bytes:
    """One message of the protocol."""
    return text(_encode(said))


def text(payload: bytes) -> bytes:
    """A whole text message in one frame."""
    length = len(payload)
    if length <= _SHORT:
        return bytes((_FINAL_TEXT, length)) + payload
    if length <= _MEDIUM:
        return _medium(_FINAL_TEXT, 126, length) + payload
    return _long(_FINAL_TEXT, 127, length) + payload


def close(code: int, reason: str = "") -> bytes:
    """The frame that ends a connection; *reason* is cut to what fits."""
    said = reason.encode()[: _SHORT - 2].decode(errors="ignore").encode()
    return bytes((_FINAL_CLOSE, len(said) + 2)) + _code(code) + said


def ping(now_ms: int) -> bytes:
    """A ping that says when it was sent."""
    return bytes((_FINAL_PING, _instant.size)) + _instant.pack(now_ms)


def pong(payload: bytes) -> bytes:
    """RFC 6455 §5.5.3: "a Pong frame sent in response to a Ping frame must have identical
    "Application data" as found in the message body of the Ping frame".
    """
    return bytes((_FINAL_PONG, len(payload))) + payload


def pinged_at(payload: bytes) -> int | None:
    """When the ping was sent that this pong answers; None if it answers none of ours."""
    if len(payload) != _instant.size:
        return None
    (sent,) = _instant.unpack(payload)
    return int(sent)
