"""Whether a packet begins a key frame, for each codec.

Comes in: the payload of one packet. Goes out: yes or no, for F11 and F12. Knows nothing of the
packets before: an H.264 key frame begins with its sequence parameter set, without which nobody
could decode it.
"""

from collections.abc import Callable

from levelchat.media.codec import Codec
from levelchat.rtc.depacketize.av1 import Av1Depacketizer
from levelchat.rtc.depacketize.vp8 import Vp8Depacketizer
from levelchat.rtc.depacketize.vp9 import Vp9Depacketizer

_TYPE = 0x1F
_SPS = 7
_STAP_A = 24


def _h264(payload: bytes) -> bool:
    """A sequence parameter set alone, or anywhere in a STAP-A (RFC 6184 §5.6, §5.7.1): some
    senders put an access unit delimiter before it.
    """
    kind = payload[0] & _TYPE
    if kind != _STAP_A:
        return kind == _SPS
    position, end = 1, len(payload)
    while position + 2 < end:
        if payload[position + 2] & _TYPE == _SPS:
            return True
        position += 2 + int.from_bytes(payload[position : position + 2], "big")
    return False


_BEGINS: dict[Codec, Callable[[bytes], bool]] = {
    Codec.H264: _h264,
    Codec.VP8: Vp8Depacketizer().starts_key_frame,
    Codec.VP9: Vp9Depacketizer().starts_key_frame,
    Codec.AV1: Av1Depacketizer().starts_key_frame,
}


def begins(codec: Codec, payload: bytes) -> bool:
    """Whether *payload* is the first of a key frame; never for audio."""
    reader = _BEGINS.get(codec)
    return reader is not None and bool(payload) and reader(payload)
