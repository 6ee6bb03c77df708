"""How large the pictures of a stream are, for each codec.

Comes in: the payload of the first packet of a key frame, or its first SIZE_SAID bytes. Goes out:
the size, which is that of the highest layer where a stream has spatial layers; UNKNOWN where the
payload does not say, or says what cannot be. It reads headers and no picture.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from levelchat.media import sps
from levelchat.media.bits import BitReader
from levelchat.media.codec import Codec
from levelchat.rtc.depacketize import vp8, vp9
from levelchat.rtc.depacketize.av1 import read_leb128
from levelchat.rtc.depacketize.seams import MalformedPayload
from levelchat.rtc.forward.seams import SIZE_SAID

MAX_SIDE = 16_384
"""Pixels; the longest that a decoder takes."""

_TYPE = 0x1F
_SPS = 7
_STAP_A = 24

_VP8_START_CODE = b"\x9d\x01\x2a"
_VP8_SIDE = 0x3FFF

_VP9_MARKER = 2
_VP9_SYNC = 0x498342
_VP9_SRGB = 7
_VP9_DEEP = 2
"""From this profile on samples have 10 or 12 bits."""
_VP9_RESERVED = 3
"""The profile that has a reserved bit behind it."""

_AV1_SEQUENCE_HEADER = 1
_AV1_HAS_EXTENSION = 0x04
_AV1_HAS_SIZE = 0x02
_AV1_HIGH_LEVEL = 7
"""Above it (level 3.3) the tier is said."""


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


UNKNOWN = Size(0, 0)


def read(codec: Codec, payload: bytes) -> Size:
    """What *payload* says, or UNKNOWN."""
    reader = _READERS.get(codec)
    if reader is None or not payload:
        return UNKNOWN
    try:
        size = reader(payload[:SIZE_SAID])
    except (IndexError, MalformedPayload):
        return UNKNOWN
    return size if all(0 < side <= MAX_SIDE for side in size) else UNKNOWN


def _h264(payload: bytes) -> Size:
    """RFC 6184 §5.6, §5.7.1."""
    for unit in _h264_units(payload):
        if unit[0] & _TYPE == _SPS:
            said = sps.read(unit)
            return Size(said.width, said.height)
    return UNKNOWN


def _h264_units(payload: bytes) -> Iterator[bytes]:
    if payload[0] & _TYPE != _STAP_A:
        yield payload
        return
    position = 1
    while position + 2 < len(payload):
        size = int.from_bytes(payload[position : position + 2], "big")
        position += 2
        yield payload[position : position + size]
        position += size


def _vp8(payload: bytes) -> Size:
    """RFC 6386 §9.1."""
    header = payload[vp8.descriptor_length(payload) :][:10]
    if header[3:6] != _VP8_START_CODE:
        return UNKNOWN
    width, height = (int.from_bytes(header[at : at + 2], "little") for at in (6, 8))
    return Size(width & _VP8_SIDE, height & _VP8_SIDE)


def _vp9(payload: bytes) -> Size:
    """The descriptor's scalability structure (RFC 9628 §4.2.1), else the frame's header."""
    sizes = vp9.layer_sizes(payload)
    if sizes:
        return Size(*max(sizes))
    return _vp9_frame(BitReader(payload[vp9.descriptor_length(payload) :]))


def _vp9_frame(bits: BitReader) -> Size:
    """VP9 bitstream specification §6.2, of a key frame."""
    marker, profile = bits.take(2), bits.take(1) | bits.take(1) << 1
    if profile == _VP9_RESERVED:
        bits.take(1)
    shows_existing, not_key, _ = bits.take(1), bits.take(1), bits.take(2)
    if marker != _VP9_MARKER or shows_existing or not_key or bits.take(24) != _VP9_SYNC:
        return UNKNOWN
    if profile >= _VP9_DEEP:
        bits.take(1)
    # §6.2.2: color_range, or what comes instead of it.
    is_srgb, is_odd = bits.take(3) == _VP9_SRGB, profile & 1
    bits.take(is_odd if is_srgb else 3 * is_odd + 1)
    return Size(bits.take(16) + 1, bits.take(16) + 1)


def _av1(payload: bytes) -> Size:
    """AV1 bitstream specification §5.5."""
    for obu in _av1_obus(payload):
        if obu[0] >> 3 & 0x0F == _AV1_SEQUENCE_HEADER:
            start = 2 if obu[0] & _AV1_HAS_EXTENSION else 1
            if obu[0] & _AV1_HAS_SIZE:
                _, start = read_leb128(obu, start)
            return _av1_sequence(BitReader(obu[start:]))
    return UNKNOWN


def _av1_obus(payload: bytes) -> Iterator[bytes]:
    """AV1 RTP §4.4: each after its length, but the last where their number is said."""
    count, position, index = payload[0] >> 4 & 3, 1, 0
    while position < len(payload):
        index += 1
        length = len(payload) - position
        if index != count:
            length, position = read_leb128(payload, position)
        if length:
            yield payload[position : position + length]
        position += length


def _av1_sequence(bits: BitReader) -> Size:
    """§5.5.1: as far as the size."""
    bits.take(3 + 1)  # seq_profile, still_picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits, _skip_timing(bits))
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return Size(bits.take(width_bits) + 1, bits.take(height_bits) + 1)


def _skip_timing(bits: BitReader) -> int | None:
    """§5.5.3, §5.5.4: bits of a decoder's delay, where its model is said."""
    if not bits.take(1):
        return None
    bits.take(32 + 32)
    if bits.take(1):
        bits.unsigned()
    if not bits.take(1):
        return None
    delay_bits = bits.take(5) + 1
    bits.take(32 + 5 + 5)
    return delay_bits


def _skip_operating_points(bits: BitReader, delay_bits: int | None) -> None:
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > _AV1_HIGH_LEVEL:
            bits.take(1)
        if delay_bits is not None and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)


_READERS: dict[Codec, Callable[[bytes], Size]] = {
    Codec.H264: _h264,
    Codec.VP8: _vp8,
    Codec.VP9: _vp9,
    Codec.AV1: _av1,
}
