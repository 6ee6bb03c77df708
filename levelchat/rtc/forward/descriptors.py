"""What VP8 and VP9 payload descriptors say of layers, and where VP8's counters are.

Comes in: the payload of one packet. Goes out: small values; nothing (`PLAIN`) for a descriptor
that is cut off. Never looks behind the descriptor.
"""

from typing import NamedTuple

from levelchat.media.codec import Codec


class Descriptor(NamedTuple):
    """One packet's place in its stream. Without layers all is zero."""

    layered: bool = False
    spatial: int = 0
    temporal: int = 0
    sync: bool = False
    """Temporal layers may go up here: VP8's Y bit, VP9's U bit."""
    ends: bool = False
    """The last packet of its spatial layer's frame (VP9's E bit)."""
    picture_at: int = 0
    """Where VP8's picture id is in the payload; 0: there is none."""
    picture: int = 0
    picture_bits: int = 0
    tl0_at: int = 0
    """Where VP8's TL0PICIDX is; 0: there is none."""
    tl0: int = 0


PLAIN = Descriptor()


def read(codec: Codec, payload: bytes) -> Descriptor:
    """The descriptor of *payload*."""
    reader = _READERS.get(codec)
    if reader is None or not payload:
        return PLAIN
    try:
        return reader(payload)
    except IndexError:
        return PLAIN


def _vp8(payload: bytes) -> Descriptor:
    """RFC 7741 §4.2."""
    if not payload[0] & 0x80:
        return PLAIN
    fields = payload[1]
    position = 2
    picture_at = picture = bits = 0
    if fields & 0x80:
        picture_at, picture, bits = position, payload[position], 7
        position += 1
        if picture & 0x80:
            picture, bits = (picture & 0x7F) << 8 | payload[position], 15
            position += 1
    tl0_at = tl0 = temporal = 0
    sync = False
    if fields & 0x40:
        tl0_at, tl0 = position, payload[position]
        position += 1
    if fields & 0x30:
        byte = payload[position]
        if fields & 0x20:
            temporal, sync = byte >> 6, bool(byte & 0x20)
    return Descriptor(
        layered=bool(fields & 0x20),
        temporal=temporal,
        sync=sync,
        picture_at=picture_at,
        picture=picture,
        picture_bits=bits,
        tl0_at=tl0_at,
        tl0=tl0,
    )


def _vp9(payload: bytes) -> Descriptor:
    """RFC 9628 §4.2."""
    first = payload[0]
    if not first & 0x20:
        return PLAIN
    position = 1
    if first & 0x80:
        position += 2 if payload[1] & 0x80 else 1
    byte = payload[position]
    return Descriptor(
        layered=True,
        spatial=byte >> 1 & 7,
        temporal=byte >> 5,
        sync=bool(byte & 0x10),
        ends=bool(first & 0x04),
    )


_READERS = {Codec.VP8: _vp8, Codec.VP9: _vp9}
