"""The ISO base media file format's one building block (ISO/IEC 14496-12 §4.2).

Comes in: a four-letter kind and payloads. Goes out: the box as bytes. It knows no kind by name:
the layout of each is where it is written.
"""

import struct

_HEADER = struct.Struct(">I4s")
_FULL_HEADER = struct.Struct(">I4sI")


def box(kind: bytes, *payload: bytes) -> bytes:
    """A Box (§4.2): 32-bit size, kind, payload."""
    body = b"".join(payload)
    return _HEADER.pack(_HEADER.size + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    """A FullBox (§4.2): a box that begins with a version and 24 flags."""
    body = b"".join(payload)
    head = _FULL_HEADER.pack(_FULL_HEADER.size + len(body), kind, version << 24 | flags)
    return head + body


def u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def u32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def u64(*values: int) -> bytes:
    return struct.pack(f">{len(values)}Q", *values)
