"""AAC in MP4 (ISO/IEC 14496-3 §1.6, ISO/IEC 14496-1 §7.2.6, ISO/IEC 14496-14 §5.6).

Comes in: an AudioSpecificConfig. Goes out: the RFC 6381 string and the `esds` box.
"""

from packager.cmaf.box import full_box, u16, u32
from packager.cmaf.errors import BitstreamError

# ISO/IEC 14496-1 Table 1, descriptor tags.
_ES = 0x03
_DECODER_CONFIG = 0x04
_DECODER_SPECIFIC = 0x05
_SL_CONFIG = 0x06

MPEG4_AUDIO = 0x40
"""objectTypeIndication (Table 5)."""
AUDIO_STREAM = 0x05 << 2 | 1
"""streamType 5 (Table 6), upStream 0, reserved 1."""
BUFFER = 768
"""Bytes a channel: the input buffer that every AAC decoder has (ISO/IEC 14496-3 §4.5.3.1)."""
MP4_SL = 0x02
"""SLConfigDescriptor predefined: "reserved for use in MP4 files" (Table 12)."""
MAX_DESCRIPTOR = 127
"""Bytes of payload that a one-byte length can say (§8.3.3)."""
ESCAPE = 31
"""audioObjectType that says: 6 more bits follow, counted from 32 (ISO/IEC 14496-3 §1.6.2.1)."""


def codecs_string(asc: bytes) -> str:
    """RFC 6381 §3.3: `mp4a.40.` and the audio object type."""
    if len(asc) < 2:  # noqa: PLR2004 - type, rate and channels fill two bytes
        raise BitstreamError("an AudioSpecificConfig has at least 2 bytes")
    kind = asc[0] >> 3
    if kind == ESCAPE:
        kind = 32 + ((asc[0] & 0x07) << 3 | asc[1] >> 5)
    return f"mp4a.40.{kind}"


def elementary_stream(asc: bytes, channels: int, bitrate: int) -> bytes:
    """The `esds` box."""
    decoder = _descriptor(
        _DECODER_CONFIG,
        bytes((MPEG4_AUDIO, AUDIO_STREAM)),
        (BUFFER * channels).to_bytes(3, "big"),
        u32(bitrate, bitrate),
        _descriptor(_DECODER_SPECIFIC, asc),
    )
    # ISO/IEC 14496-14 §3.1.2: ES_ID is 0 in a file; no dependency, no URL, no clock reference.
    stream = _descriptor(_ES, u16(0), b"\x00", decoder, _descriptor(_SL_CONFIG, bytes((MP4_SL,))))
    return full_box(b"esds", 0, 0, stream)


def _descriptor(tag: int, *payload: bytes) -> bytes:
    body = b"".join(payload)
    if len(body) > MAX_DESCRIPTOR:
        raise BitstreamError(f"an AudioSpecificConfig of {len(body)} bytes")
    return bytes((tag, len(body))) + body
