"""VP8 payloads (RFC 7741) to frames.

Comes in: payloads of one frame in order. Goes out: the frame without payload descriptors. Never
looks beyond the frame header.
"""

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

_EXTENDED = 0x80
_START = 0x10
_PARTITION = 0x0F
_PICTURE_ID = 0x80
_TL0PICIDX = 0x40
_TID_OR_KEYIDX = 0x30
_LONG_PICTURE_ID = 0x80

_KEY_HEADER = 10
"""Bytes of a key frame's header (RFC 6386 §9.1)."""
_START_CODE = b"\x9d\x01\x2a"


def descriptor_length(payload: bytes) -> int:
    """Bytes before the frame's (RFC 7741 §4.2); raises `IndexError` where it is cut off."""
    length = 1
    if payload[0] & _EXTENDED:
        fields = payload[1]
        length += 1
        if fields & _PICTURE_ID:
            length += 2 if payload[2] & _LONG_PICTURE_ID else 1
        length += bool(fields & _TL0PICIDX) + bool(fields & _TID_OR_KEYIDX)
    if length >= len(payload):
        raise MalformedPayload("a VP8 payload with nothing behind its descriptor")
    return length


class Vp8Depacketizer:
    __slots__ = ("_chunks",)

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def push(self, payload: bytes) -> None:
        # RFC 7741 §4.2: "The S bit MUST be set to 1 for the first packet of each encoded frame",
        # whose partition index is 0.
        begins = payload[0] & (_START | _PARTITION) == _START
        if begins == bool(self._chunks):
            raise MalformedPayload("a VP8 frame without its beginning, or with two")
        try:
            length = descriptor_length(payload)
        except IndexError:
            raise MalformedPayload("a VP8 payload descriptor that is cut off") from None
        self._chunks.append(payload[length:])

    def finish(self) -> AccessUnit | None:
        chunks, self._chunks = self._chunks, []
        if not chunks:
            return None
        frame = b"".join(chunks)
        key = not frame[0] & 1
        if key and frame[3:6] != _START_CODE:
            raise MalformedPayload("a VP8 key frame without its start code")
        if key and len(frame) < _KEY_HEADER:
            raise MalformedPayload("a VP8 key frame without its size")
        return AccessUnit(frame, key)

    def reset(self) -> None:
        self._chunks = []

    def starts_key_frame(self, payload: bytes) -> bool:
        if payload[0] & (_START | _PARTITION) != _START:
            return False
        try:
            return not payload[descriptor_length(payload)] & 1
        except (IndexError, MalformedPayload):
            return False
