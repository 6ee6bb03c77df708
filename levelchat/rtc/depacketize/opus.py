"""Opus payloads (RFC 7587 §4.2): each is one Opus packet (RFC 6716 §3), as it is.

Comes in: payloads. Goes out: the same bytes, and how long they sound. Never decodes.
"""

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

_FRAME_TICKS = (
    *(480, 960, 1920, 2880) * 3,  # SILK: 10, 20, 40, 60 ms
    *(480, 960) * 2,  # hybrid: 10, 20 ms
    *(120, 240, 480, 960) * 4,  # CELT: 2.5, 5, 10, 20 ms
)
"""Ticks of 48 kHz by configuration number (RFC 6716 table 2)."""

_MAX_TICKS = 5760
"""120 ms (RFC 6716 §3.2.5)."""
_ARBITRARY = 3
"""Code 3: the number of frames is in the second byte."""


def duration(packet: bytes) -> int:
    """Ticks of 48 kHz that *packet* sounds."""
    frames = (1, 2, 2, 0)[packet[0] & 3]
    if packet[0] & 3 == _ARBITRARY:
        # RFC 6716 §3.4 [R6]: code 3 packets contain at least one frame, [R5] at most 120 ms.
        if len(packet) < 2 or not packet[1] & 0x3F:  # noqa: PLR2004 - the count is the second byte
            raise MalformedPayload("an Opus packet of code 3 without frames")
        frames = packet[1] & 0x3F
    ticks = frames * _FRAME_TICKS[packet[0] >> 3]
    if ticks > _MAX_TICKS:
        raise MalformedPayload(f"an Opus packet of {ticks // 48} ms; the limit is 120 ms")
    return ticks


class OpusDepacketizer:
    __slots__ = ("_packet",)

    def __init__(self) -> None:
        self._packet: bytes | None = None

    def push(self, payload: bytes) -> None:
        # RFC 7587 §4.2: an RTP payload MUST contain exactly one Opus packet.
        if self._packet is not None:
            raise MalformedPayload("two Opus packets with one timestamp")
        duration(payload)
        self._packet = payload

    def finish(self) -> AccessUnit | None:
        packet, self._packet = self._packet, None
        return None if packet is None else AccessUnit(packet, key=True)

    def reset(self) -> None:
        self._packet = None

    def starts_key_frame(self, payload: bytes) -> bool:  # noqa: ARG002 - every packet does
        return True
