"""VP9 payloads (RFC 9628) to frames.

Comes in: payloads of one picture in order, in flexible or non-flexible mode. Goes out: the frame,
or, where the picture has several spatial layers, their superframe with its index. Never drops a
layer: choosing layers is for whoever forwards.
"""

import struct

from levelchat.rtc.depacketize.seams import AccessUnit, MalformedPayload

_PICTURE_ID = 0x80
_PREDICTED = 0x40
_LAYERS = 0x20
_FLEXIBLE = 0x10
_BEGINS = 0x08
_ENDS = 0x04
_STRUCTURE = 0x02
_LONG_PICTURE_ID = 0x80
_MORE_REFERENCES = 0x01
_MAX_REFERENCES = 3
"""RFC 9628 §4.2: P_DIFF occurs at most three times."""

_STRUCTURE_SIZES = 0x10
_STRUCTURE_PICTURES = 0x08

_MAX_FRAMES = 8
"""Frames in a superframe (VP9 bitstream specification, Annex B): their number has three bits."""
_SUPERFRAME_MARKER = 0xC0


def descriptor_length(payload: bytes) -> int:
    """Bytes before the frame's. Raises `IndexError` where they are cut off, `MalformedPayload`."""
    length = _structure_at(payload)
    if payload[0] & _STRUCTURE:
        length += _structure_length(payload, length)
    if length >= len(payload):
        raise MalformedPayload("a VP9 payload with nothing behind its descriptor")
    return length


def layer_sizes(payload: bytes) -> list[tuple[int, int]]:
    """Width and height of each spatial layer, where the scalability structure says them (RFC 9628
    §4.2.1). Raises as `descriptor_length` does.
    """
    if not payload[0] & _STRUCTURE:
        return []
    start = _structure_at(payload)
    first = payload[start]
    if not first & _STRUCTURE_SIZES:
        return []
    descriptor_length(payload)
    sides = struct.iter_unpack("!HH", payload[start + 1 : start + 1 + 4 * ((first >> 5) + 1)])
    return list(sides)


def _structure_at(payload: bytes) -> int:
    """Where the scalability structure is, or would be (RFC 9628 §4.2)."""
    first = payload[0]
    length = 1
    if first & _PICTURE_ID:
        length += 2 if payload[1] & _LONG_PICTURE_ID else 1
    if first & _LAYERS:
        # RFC 9628 §4.2: TL0PICIDX follows the layer indices in non-flexible mode only.
        length += 1 if first & _FLEXIBLE else 2
    if first & _FLEXIBLE and first & _PREDICTED:
        length += _references_length(payload, length)
    return length


def _references_length(payload: bytes, start: int) -> int:
    for count in range(1, _MAX_REFERENCES + 1):
        if not payload[start + count - 1] & _MORE_REFERENCES:
            return count
    raise MalformedPayload("a VP9 picture with more than three references")


def _structure_length(payload: bytes, start: int) -> int:
    """RFC 9628 §4.2.1."""
    first = payload[start]
    length = 1
    if first & _STRUCTURE_SIZES:
        length += 4 * ((first >> 5) + 1)
    if first & _STRUCTURE_PICTURES:
        pictures = payload[start + length]
        length += 1
        for _ in range(pictures):
            length += 1 + (payload[start + length] >> 2 & 3)
    return length


def _is_key(frame: bytes) -> bool:
    """Reads the uncompressed header (VP9 bitstream specification §6.2).

    The descriptor's P bit does not tell: it is 0 for intra-only frames as well, and some senders
    leave it 0 for all.
    """
    first = frame[0]
    # The fourth profile has a reserved bit between the profile and what follows.
    shift = 1 if first & 0x30 == 0x30 else 0  # noqa: PLR2004 - both profile bits
    shows_existing = first << shift & 0x08
    not_key = first << shift & 0x04
    return first >> 6 == 2 and not shows_existing and not not_key  # noqa: PLR2004 - frame marker


class Vp9Depacketizer:
    __slots__ = ("_chunks", "_frames", "_open")

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._chunks: list[bytes] = []
        self._open = False

    def push(self, payload: bytes) -> None:
        first = payload[0]
        # RFC 9628 §4.2: B "MUST be set to 1 if the first payload octet of the RTP packet is the
        # beginning of a new VP9 frame, and MUST NOT be 1 otherwise"; E likewise for its end.
        if bool(first & _BEGINS) == self._open:
            raise MalformedPayload("a VP9 frame without its beginning, or without its end")
        try:
            length = descriptor_length(payload)
        except IndexError:
            raise MalformedPayload("a VP9 payload descriptor that is cut off") from None
        self._open = not first & _ENDS
        self._chunks.append(payload[length:])
        if not self._open:
            self._frames.append(b"".join(self._chunks))
            self._chunks = []

    def finish(self) -> AccessUnit | None:
        frames, cut_off = self._frames, self._open
        self.reset()
        if cut_off:
            raise MalformedPayload("a VP9 frame without its end")
        if not frames:
            return None
        # A frame without layers stays as it is, its own superframe index included.
        data = frames[0] if len(frames) == 1 else _superframe(frames)
        return AccessUnit(data, _is_key(data))

    def reset(self) -> None:
        self._frames = []
        self._chunks = []
        self._open = False

    def starts_key_frame(self, payload: bytes) -> bool:
        if not payload[0] & _BEGINS:
            return False
        try:
            # Only the lowest spatial layer begins a picture.
            return not _spatial_layer(payload) and _is_key(payload[descriptor_length(payload) :])
        except (IndexError, MalformedPayload):
            return False


def _spatial_layer(payload: bytes) -> int:
    first = payload[0]
    if not first & _LAYERS:
        return 0
    position = 1
    if first & _PICTURE_ID:
        position += 2 if payload[1] & _LONG_PICTURE_ID else 1
    return payload[position] >> 1 & 7


def _superframe(frames: list[bytes]) -> bytes:
    """VP9 bitstream specification, Annex B: the frames, then an index of their sizes."""
    if len(frames) > _MAX_FRAMES:
        raise MalformedPayload(
            f"a VP9 picture of {len(frames)} layers; the limit is {_MAX_FRAMES}"
        )
    size_bytes = (max(map(len, frames)).bit_length() + 7) // 8
    marker = bytes((_SUPERFRAME_MARKER | (size_bytes - 1) << 3 | len(frames) - 1,))
    sizes = [len(frame).to_bytes(size_bytes, "little") for frame in frames]
    return b"".join([*frames, marker, *sizes, marker])
